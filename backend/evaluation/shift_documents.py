"""Documents that the summarizer is for, and documents from outside: other topics, damaged, foreign, without content.

In: a count and a seed, and files of texts on other topics. Out: `ShiftDocument`s, each with the name of its set.
The damaged ones are made from the same generated documents that stand inside, so that each has its healthy twin.
Knows nothing of models or decisions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from backend.corpus import generate
from backend.datasets import hash_document
from backend.errors import DataError

INSIDE = "in_domain"
OCR_SHARE = 0.12  # of the characters that a scan misreads here
KEPT_SHARE = (0.15, 0.4)  # of the text that a truncated document still has
_CONFUSED = {
    "0": "O", "1": "l", "2": "Z", "5": "S", "6": "b", "8": "B", "O": "0", "l": "1", "S": "5", "B": "8", "e": "c",
    "m": "rn", "n": "ri", "t": "f", "a": "o", ".": ",", ",": ".", "-": "", ":": ";", "±": "+", "µ": "p",
    "不": "下", "格": "恪", "ロ": "口", "ッ": "ツ", "日": "曰", "検": "険",
}  # fmt: skip
OTHER_TOPICS = (
    "Whisk three eggs with the sugar until pale. Fold in the flour and the melted butter. Bake for 25 minutes at 180 "
    "degrees and let the cake cool on a rack before you cut it. It keeps for three days in a tin.",
    "The visitors scored twice in the last ten minutes and took the cup for the first time since 1987. Their captain "
    "called it the best evening of his life. The home side had led from the fourth minute.",
    "The old lighthouse keeper had not spoken to anybody for eleven winters. When the boat came he stood on the rock "
    "with his hat in his hands, and the gulls were silent, as if they too had waited for her.",
    "The tenant shall pay the rent by the third working day of each month. Either party may end this agreement in "
    "writing with three months' notice. Pets are allowed with the landlord's consent only.",
    "Hi Anna, the train leaves at 7:40 from platform 6, so let us meet at the kiosk at half past. I have the tickets "
    "and the sandwiches. Bring a warm coat, they say it may snow on the pass. See you, Ben",
    "The central bank left its rate unchanged on Thursday and said that inflation would return to two percent next "
    "year. Shares rose a little in the afternoon; the currency hardly moved.",
    "Patients who took the drug slept 34 minutes longer than those who took the placebo. Two of 120 reported a "
    "headache. The authors ask for a larger trial that lasts longer than eight weeks.",
    "In 1648 the peace was signed in two towns, since the parties would not sit at one table. It ended a war that had "
    "emptied whole valleys, and it drew borders that some of their descendants still dispute.",
    "To reset your password open the settings, choose Account and then Security. We send a code to your telephone. "
    "The code is valid for ten minutes. If it does not arrive, look into the folder for unwanted mail.",
    "The comet was seen low in the west after sunset all week. Its tail reached over four degrees on long exposures. "
    "Observers south of the equator will have a better view from the middle of the month on.",
)
OTHER_LANGUAGES = (
    "Prüfprotokoll Los 4711-A. Bohrung 3: 12,61 mm, Grenze 12,40 ±0,05 mm, nicht in Ordnung. Das Los bleibt gesperrt, "
    "bis der Kunde entschieden hat. Rauheit Ra 1,2 µm, in Ordnung.",
    "Rapport de contrôle, lot B-220. Diamètre mesuré 18,04 mm pour une limite de 18,00 ±0,03 mm : non conforme. Trois "
    "pièces sur cinquante sont rebutées. Le lot est refusé et renvoyé au fournisseur.",
    "Informe de inspección del lote 90-117. Dureza 58 HRC, dentro de los límites. Se encontraron rayas en dos de "
    "treinta piezas. El lote queda retenido hasta el 14 de marzo.",
    "Rapporto di controllo, lotto 33C. Coppia di serraggio 12,4 N·m, limite minimo 12 N·m, conforme. Manca la misura "
    "della planarità. Il lotto è accettato con riserva.",
    "Relatório de inspeção, lote 5521. Espessura 2,08 mm, limite máximo 2,05 mm, reprovado. Foram medidas 20 peças. "
    "Aguarda decisão do cliente.",
    "检验记录，批号 A-4711。孔径 12.61 毫米，公差 12.40±0.05 毫米，不合格。该批次暂停放行，等待客户答复。外观无裂纹。",
    "검사 기록 로트 A-4711. 구멍 지름 12.61 mm, 한계 12.40±0.05 mm, 불합격. 고객의 답변이 올 때까지 로트를 보류함.",
    "Протокол контроля, партия 4711. Диаметр 12,61 мм, допуск 12,40 ±0,05 мм, брак. Партия задержана до решения "
    "заказчика. Трещин не обнаружено.",
)
WITHOUT_CONTENT = (
    "INSPECTION LOG\n\nLot:\nPart:\nDate:\nInspector:\n\nItem | Limit | Reading | Verdict\n---- | ---- | ---- | ----\n",
    "n/a\nn/a\nn/a\n-\n-\n-\nsee attachment\nsee attachment\n",
    "Page 1 of 7\nConfidential\nPage 2 of 7\nConfidential\nPage 3 of 7\nConfidential\n",
    "asdf asdf test test 123 test\nlorem ipsum dolor sit amet\ntest\n",
    "検査記録\n\nロット：\n品番：\n日付：\n検査員：\n\n項目　規格　測定値　判定\n以下余白\n",
    "This page is intentionally left blank.",
    "Dear all,\n\nplease find the log attached.\n\nKind regards\nM.\n",
    "=====\n*****\n=====\n.....\n=====\n",
)


@dataclass(frozen=True, slots=True)
class ShiftDocument:
    """A text, the set that it belongs to, and the group of texts that were made from one (resampled together)."""

    name: str
    group: str
    text: str


def all_documents(count: int, *, seed: int, files: Sequence[Path], limit: int) -> list[ShiftDocument]:
    """`count` documents from inside, their damaged twins, the built-in foreign ones, and those of the files.

    Raises:
        DataError: a file that holds no documents.
    """
    inside = list(generate(count, seed=seed))
    documents = [ShiftDocument(INSIDE, one.id, one.document) for one in inside]
    for name, damage in DAMAGES.items():
        for number, one in enumerate(inside):
            documents.append(ShiftDocument(name, one.id, damage(one.document, Random(f"{seed}|{name}|{number}"))))
    for name, texts in FOREIGN.items():
        documents += [ShiftDocument(name, f"{name}-{number}", text) for number, text in enumerate(texts)]
    for file in files:
        documents += list(_read_texts(file, limit=limit))
    return documents


def misread(text: str, rng: Random) -> str:
    """The text as a poor scan reads it: look-alikes, lost characters and spaces."""
    read = []
    for character in text:
        if character == "\n" or rng.random() >= OCR_SHARE:
            read.append(character)
        elif character in _CONFUSED:
            read.append(_CONFUSED[character])
        elif rng.random() < 0.5:
            read.append(rng.choice(("", "'", "~", "|")))
        else:
            read.append(character)
    return "".join(read)


def shuffle_lines(text: str, rng: Random) -> str:
    """The lines in another order; a text of one line is shuffled by its words."""
    separator = "\n" if text.strip().count("\n") > 1 else " "
    parts = [part for part in text.split(separator) if part.strip()]
    rng.shuffle(parts)
    return separator.join(parts)


def truncate(text: str, rng: Random) -> str:
    """The first part of the text, cut anywhere."""
    return text[: max(20, int(len(text) * rng.uniform(*KEPT_SHARE)))]


DAMAGES: dict[str, Callable[[str, Random], str]] = {
    "ocr_noise": misread,
    "shuffled_lines": shuffle_lines,
    "truncated": truncate,
}
FOREIGN = {"other_topics": OTHER_TOPICS, "other_languages": OTHER_LANGUAGES, "without_content": WITHOUT_CONTENT}


def _read_texts(path: Path, *, limit: int) -> Iterator[ShiftDocument]:
    """The distinct documents of a JSONL file, at most `limit` (0: all), in the order of their hash."""
    texts: dict[str, str] = {}
    try:
        lines = path.read_text("utf-8-sig").split("\n")
        for line in filter(str.strip, lines):
            row = json.loads(line)
            text = row.get("document") or row.get("doc")
            if isinstance(text, str) and text.strip():
                texts[hash_document(text)] = text
    except (OSError, UnicodeDecodeError, ValueError, AttributeError) as error:
        raise _bad_file(path) from error
    if not texts:
        raise _bad_file(path)
    for key in sorted(texts)[: limit or None]:
        yield ShiftDocument(path.stem, key[:16], texts[key])


def _bad_file(path: Path) -> DataError:
    return DataError(
        "evaluation.no_documents",
        "The file {name} cannot be used: it must be JSONL in UTF-8 whose objects have a document.",
        name=str(path),
    )
