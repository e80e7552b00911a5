"""Two adapters side by side on reviewed documents that neither was trained on.

In: a summarizer of each, held-out rows (document, the text that a person let stand), a file of finished figures.
Out: per document ROUGE-L, token NLL of the person's text, and phrases that a grounding check complains about; then
means and paired differences with bootstrap intervals over documents, and whether the new one is worse.

It is worse when it finds the people's texts less likely than the present one does (that mean hardly varies), or when
ROUGE-L falls or complaints rise by more than chance explains. The last two are asked of generated documents as well,
to see what a new adapter has forgotten. Knows nothing of the database or who promotes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from backend.datasets import Row
from backend.documents.document import Document
from backend.evaluation.bootstrap import Interval, bootstrap_difference, bootstrap_mean
from backend.evaluation.json_lines import append_lines, drop_torn_line, read_lines
from backend.evaluation.summary_metrics import score_text
from backend.language.pieces import decode
from backend.language.prompts import encode_text
from backend.pipeline import Summarizer

FIGURES = ("rouge_l", "nll_nats", "complaints")
COMPLAINTS = ("is_ungrounded", "is_contradicted", "is_of_other_unit", "is_of_other_item", "is_negation_dropped")
_SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class Figures:
    """What one adapter does with one document.

    Attributes:
        rouge_l: F-measure of its own summary against the person's text.
        nll_nats: mean over the tokens of the person's text, under the posterior predictive.
        complaints: phrases of its own summary that a grounding check finds wrong.
    """

    rouge_l: float
    nll_nats: float
    complaints: float


def measure(
    summarizer: Summarizer,
    rows: Sequence[Row],
    *,
    samples: int,
    kept: Path,
    on_document: Callable[[int, int], None] = lambda done, total: None,
) -> list[Figures]:
    """Figures of every row, in order; those in the file `kept` are not computed again."""
    name = f"{summarizer.language.adapter_id} {summarizer.posterior_id} {samples}"
    known = _read_kept(kept, name)
    found = []
    for done, row in enumerate(rows, start=1):
        if row.id not in known:
            known[row.id] = _measure_one(summarizer, row, samples=samples)
            append_lines(kept, [{"model": name, "id": row.id, **asdict(known[row.id])}])
        found.append(known[row.id])
        on_document(done, len(rows))
    return found


def compare(
    before: Sequence[Figures],
    after: Sequence[Figures],
    *,
    generated: tuple[Sequence[Figures], Sequence[Figures]] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Both sides and their difference (new minus present) as [low, mid, high] by figure, and the verdict.

    Args:
        generated: figures of both on generated documents, reported apart: what was forgotten.
    """
    report = _put_side_by_side(before, after, judge=find_worse, seed=seed)
    if generated is not None:
        report["generated"] = _put_side_by_side(*generated, judge=find_forgotten, seed=seed)
    report["is_not_worse"] = not (report["worse_in"] or report.get("generated", {}).get("worse_in"))
    return report


def _put_side_by_side(
    before: Sequence[Figures], after: Sequence[Figures], *, judge: Callable[[dict[str, Interval]], list[str]], seed: int
) -> dict[str, Any]:
    report: dict[str, Any] = {"documents": len(before), "figures": {}}
    differences = {}
    for name in FIGURES:
        old = [getattr(one, name) for one in before]
        new = [getattr(one, name) for one in after]
        differences[name] = bootstrap_difference(new, others=old, seed=seed)
        report["figures"][name] = {
            "before": bootstrap_mean(old, seed=seed).to_json(),
            "after": bootstrap_mean(new, seed=seed).to_json(),
            "difference": differences[name].to_json(),
        }
    report["worse_in"] = judge(differences)
    return report


def find_worse(differences: dict[str, Interval]) -> list[str]:
    """The figures in which the new adapter is worse."""
    worse = {
        "rouge_l": differences["rouge_l"].high < 0,
        "nll_nats": differences["nll_nats"].mid > 0,
        "complaints": differences["complaints"].low > 0,
    }
    return [name for name in FIGURES if worse[name]]


def find_forgotten(differences: dict[str, Interval]) -> list[str]:
    """The figures on generated documents that are worse by more than chance; their wording may get less likely."""
    return [name for name in find_worse(differences) if name != "nll_nats"]


def _measure_one(summarizer: Summarizer, row: Row, *, samples: int) -> Figures:
    document = Document(
        title="", text=row.document, kind=row.kind, language=row.language, source_name="", notes=()
    )  # fmt: skip
    reading = summarizer.read(document)
    prompt_ids, tokenizer = reading.prompt.ids, summarizer.language.tokenizer
    target = [*encode_text(tokenizer, row.reference.strip()), summarizer.language.end_ids[0]]
    scores = summarizer.score_ids(prompt_ids, target, samples=samples)
    nll = -sum(math.log(max(score.probability, _SMALLEST)) for score in scores) / len(scores)
    ids = summarizer.write_ids(prompt_ids, samples=samples)
    written = decode(tokenizer, ids).strip()
    if not written:
        return Figures(rouge_l=0.0, nll_nats=nll, complaints=0.0)
    scored = summarizer.score_written(document, reading, ids, samples=samples)
    complaints = sum(any(phrase.features[name] > 0 for name in COMPLAINTS) for phrase in scored.analysis.phrases)
    return Figures(score_text(written, row=row)["rougeL"], nll, float(complaints))


def _read_kept(path: Path, name: str) -> dict[str, Figures]:
    """Finished figures of this model; a line that is none is passed over, one that a kill cut off is removed."""
    found = {}
    if path.is_file():
        drop_torn_line(path)
    for _, line in read_lines(path) if path.is_file() else ():
        try:
            record = json.loads(line)
            if record["model"] == name:
                found[record["id"]] = Figures(*(float(record[figure]) for figure in FIGURES))
        except (ValueError, KeyError, TypeError):
            continue
    return found
