"""Words that claim something: a characteristic, a defect, a disposition, an open item, a status.

In: a summary and what is known of the document. Out: the places of such words, and which of them are wrong.
Knows nothing of numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from backend.corpus.claims import fold
from backend.corpus.facts import Fact
from backend.corpus.knowledge import Knowledge
from backend.corpus.quality import DEFECTS, DISPOSITIONS, MISSING, OPEN_ITEMS, SPECIFICATION_OPEN_ITEMS
from backend.corpus.vocabulary import CHARACTERISTICS

_TABLES = {
    "defect": DEFECTS,
    "disposition": DISPOSITIONS,
    "open_item": {**OPEN_ITEMS, **SPECIFICATION_OPEN_ITEMS},
}
_STATUS = {
    "draft": r"(?<![a-z])draft(?![a-z])|草案",
    "in_review": r"in review|under review|審査中",
    "approved": r"(?<!not )(?<![a-z])approved(?![a-z])|承認済み",
}
_NOTHING_OPEN = re.compile(r"no open (?:items|points|issues)|nothing (?:is )?open|残件なし|未決なし")


@dataclass(frozen=True, slots=True)
class Mention:
    """A characteristic's name in a summary; `key` is one of the document's where the name fits several."""

    start_char: int
    end_char: int
    key: str


def phrases_of(fact: Fact) -> tuple[str, ...]:
    """Return every usual wording of a fact whose value is a vocabulary key."""
    if fact.kind == "status":
        return ()
    sides = _TABLES.get(fact.kind, {}).get(fact.value, ((), ()))
    return (*sides[0], *sides[1])


def find_words(summary: str, subjects: Iterable[str]) -> tuple[Mention, ...]:
    """Find names of characteristics, the longest first."""
    owners: dict[str, list[str]] = {}
    for key, characteristic in CHARACTERISTICS.items():
        for name in (*characteristic.en, *characteristic.ja):
            owners.setdefault(fold(name), []).append(key)
    folded, known, mentions = fold(summary), set(subjects), []
    for name in sorted(owners, key=len, reverse=True):
        for match in re.finditer(_bounded(name), folded):
            fitting = [
                key
                for longer, keys in owners.items()
                if re.search(_bounded(name), longer)
                for key in keys
                if key in known
            ]
            mentions.append(Mention(match.start(), match.end(), (fitting or owners[name])[0]))
        folded = re.sub(_bounded(name), lambda match: "\x00" * len(match.group(0)), folded)
    return tuple(sorted(mentions, key=lambda mention: mention.start_char))


def _bounded(word: str) -> str:
    """Latin words end at their letters; Japanese ones may touch anything."""
    before = "(?<![a-z])" if word[0].isascii() else ""
    after = "(?![a-z])" if word[-1].isascii() else ""
    return f"{before}{re.escape(word)}{after}"


def find_terms(summary: str, knowledge: Knowledge, mentions: Iterable[Mention]) -> list[tuple[int, int, str]]:
    """Return (start_char, end_char, kind of error or "") of every word that claims something."""
    folded = fold(summary)
    found = [
        (
            mention.start_char,
            mention.end_char,
            ""
            if _is_known(mention.key, folded[mention.start_char : mention.end_char], knowledge)
            else "characteristic",
        )
        for mention in mentions
    ]
    covered = [(start, end) for start, end, _ in found]
    for kind, table in _TABLES.items():
        found += _find_table(folded, kind, table, knowledge, covered)
    for match in _NOTHING_OPEN.finditer(folded):
        found.append((match.start(), match.end(), "open_item" if knowledge.values("open_item") else ""))
    return found + list(_find_missing(folded, knowledge)) + list(_find_status(folded, knowledge))


def _is_known(key: str, name: str, knowledge: Knowledge) -> bool:
    return key in knowledge.subjects or name in knowledge.folded_text


def _find_table(
    folded: str, kind: str, table: dict, knowledge: Knowledge, covered: list[tuple[int, int]]
) -> Iterator[tuple[int, int, str]]:
    true_keys, taken = knowledge.values(kind), list(covered)
    words = sorted(
        ((fold(phrase), key) for key, sides in table.items() for side in sides for phrase in side),
        key=lambda pair: -len(pair[0]),
    )
    for word, key in words:
        for match in re.finditer(_bounded(word), folded):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            taken.append(match.span())
            is_right = (
                any(other in true_keys for phrase, other in words if phrase == word) or word in knowledge.folded_text
            )
            is_denied = re.search(r"(?:no|without) (?:\w+ )?$", folded[: match.start()]) and key not in true_keys
            yield (*match.span(), "" if is_right or is_denied else kind)


def _find_missing(folded: str, knowledge: Knowledge) -> Iterator[tuple[int, int, str]]:
    for phrase in (phrase for side in MISSING for phrase in side):
        for match in re.finditer(re.escape(fold(phrase)), folded):
            is_right = bool(knowledge.values("missing")) or fold(phrase) in knowledge.folded_text
            yield (*match.span(), "" if is_right else "missing")


def _find_status(folded: str, knowledge: Knowledge) -> Iterator[tuple[int, int, str]]:
    true_status = knowledge.values("status")
    if not true_status:
        return
    for status, pattern in _STATUS.items():
        for match in re.finditer(pattern, folded):
            yield (*match.span(), "" if status in true_status else "status")
