"""What is known of a document, arranged for asking: numbers by role and subject, dates, verdicts.

In: facts and the document's text. Out: `Knowledge`. Knows nothing of summaries.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from backend.corpus.claims import Claim, extract_claims, fold, read_number
from backend.corpus.facts import Fact
from backend.corpus.quality import OPEN_ITEMS, SPECIFICATION_OPEN_ITEMS
from backend.corpus.vocabulary import CHARACTERISTICS

# The number of a step, a clause or a table row: it says nothing about the product.
_NUMBERING = re.compile(r"^\s*(?:\|\s*)?\d{1,2}(?:\.\d{1,2})?\.?(?=\s)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Band:
    """A limit: bounds as decimal text, "" on an open side."""

    low: str
    high: str
    unit: str
    subject: str
    is_former: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A measured number."""

    value: str
    unit: str
    subject: str


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A document's truth; `other_*` stand in the text without being facts, `numbering` counts its clauses or rows."""

    facts: tuple[Fact, ...]
    folded_text: str
    bands: tuple[Band, ...]
    readings: tuple[Reading, ...]
    counts: dict[str, str]
    other_numbers: frozenset[tuple[str, str]]
    other_claims: tuple[Claim, ...]
    verdicts: dict[str, str]
    subjects: frozenset[str]
    names: tuple[str, ...]
    numbering: frozenset[str]

    def values(self, *kinds: str) -> tuple[str, ...]:
        """Return the values of all facts of some kinds."""
        return tuple(fact.value for fact in self.facts if fact.kind in kinds)


def read_bounds(fact: Fact) -> Band:
    """Read the value of a limit fact."""
    bounds, _, unit = fact.value.partition(" ")
    low, _, high = bounds.partition("..")
    return Band(
        read_number(low) if low else "",
        read_number(high) if high else "",
        unit,
        fact.subject,
        fact.kind == "former_limit",
    )


def _words_with_digits() -> tuple[str, ...]:
    """Names that would stick to a number beside them ("Ra1.6", "8D report", "Shore A")."""
    phrases = [
        phrase
        for table in (OPEN_ITEMS, SPECIFICATION_OPEN_ITEMS)
        for side in table.values()
        for group in side
        for phrase in group
        if re.search(r"\d", phrase)
    ]
    names = [
        name
        for characteristic in CHARACTERISTICS.values()
        for name in (*characteristic.en, *characteristic.ja)
        if re.search("[A-Za-z]$", name)
    ]
    return (*phrases, *names, "100% sorting", "100% sort", "1回目", "2回目")


def learn(facts: Sequence[Fact], text: str) -> Knowledge:
    """Arrange the facts of a document."""
    names = tuple(_words_with_digits())
    rest = text
    for fact in sorted(facts, key=lambda fact: -len(fact.text)):
        if fact.kind in ("limit", "former_limit"):
            rest = rest.replace(fact.text, " " * len(fact.text))
        elif re.search(r"\d", fact.text):
            rest = rest[: fact.source_start_char] + " " * len(fact.text) + rest[fact.source_end_char :]
    numbering = frozenset(read_number(re.sub(r"[\s|]|\.$", "", label)) for label in _NUMBERING.findall(rest))
    rest = _NUMBERING.sub(lambda match: " " * len(match.group(0)), rest)
    others = extract_claims(rest, names=names)
    readings = [
        Reading(read_number(fact.value.split(" ")[0]), fact.value.partition(" ")[2], fact.subject)
        for fact in facts
        if fact.kind == "measurement"
    ]
    bands = tuple(read_bounds(fact) for fact in facts if fact.kind in ("limit", "former_limit"))
    return Knowledge(
        facts=tuple(facts),
        folded_text=fold(text),
        bands=bands,
        readings=tuple(readings),
        counts={fact.subject: fact.value for fact in facts if fact.kind == "count"},
        other_numbers=frozenset((part, claim.unit) for claim in others for part in _numbers_of(claim)),
        other_claims=others,
        verdicts=_learn_verdicts(facts, bands, readings),
        subjects=frozenset(fact.subject for fact in facts if fact.subject in CHARACTERISTICS),
        names=names,
        numbering=numbering,
    )


def _learn_verdicts(facts: Sequence[Fact], bands: Sequence[Band], readings: Sequence[Reading]) -> dict[str, str]:
    """Return the verdicts of the lot and its characteristics; an unwritten one follows from the reading."""
    verdicts: dict[str, str] = {}
    for band in bands:
        values = [Decimal(reading.value) for reading in readings if reading.subject == band.subject]
        if len(values) == 1 and not band.is_former:
            is_inside = (not band.low or values[0] >= Decimal(band.low)) and (
                not band.high or values[0] <= Decimal(band.high)
            )
            verdicts[band.subject] = "ok" if is_inside else "ng"
        elif readings and not band.is_former:
            verdicts[band.subject] = "hold"
    return verdicts | {fact.subject: fact.value for fact in facts if fact.kind in ("verdict", "hold")}


def _numbers_of(claim: Claim) -> list[str]:
    if claim.kind == "number":
        return [claim.value]
    if claim.kind in ("limit", "share"):
        return [part for part in re.split(r"\.\.|/", claim.value) if part]
    return []
