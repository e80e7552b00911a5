"""Finds every checkable fact of a text: numbers, identifiers, dates, verdicts, negations, names.

In: any text. Out: ordered facts that do not overlap, the same for a document and a summary.
Knows nothing of which text is which, and compares nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend.uncertainty.dates import Moment, find_moments
from backend.uncertainty.folding import fold, lower_case
from backend.uncertainty.identifiers import find_identifiers
from backend.uncertainty.numbers import Quantity, find_number_words, find_quantities, join_quantities
from backend.uncertainty.wording import Wording, find_names, find_negations, find_verdicts

#: A comma beside something that is no digit, without a space: the line has cells.
_CELL = re.compile(r"[^\d ],\S|,[^\d\s]")


@dataclass(frozen=True, slots=True)
class Fact:
    """A checkable range of a text.

    Attributes:
        start_char: first code point.
        end_char: one past the last code point.
        kind: a phrase kind other than "words".
        quantities: for a number, its parts (nominal and tolerance, both ends of a range).
        moment: for a date, its readings.
        meaning: canonical identifier, verdict class, negated word, or the name.
    """

    start_char: int
    end_char: int
    kind: str
    quantities: tuple[Quantity, ...] = ()
    moment: Moment | None = None
    meaning: str = ""


def find_facts(text: str) -> list[Fact]:
    """Every fact of the text, in order.

    Where two claim a place, the earlier kind of this list has it: dates, numbers with a unit,
    identifiers, other numbers, verdicts, negations, number words, names.
    """
    folded = fold(text)
    lower, folded = lower_case(folded), _separate_cells(folded)
    taken = bytearray(len(text))
    facts = list(_claim(_dates(lower, folded), taken))
    quantities = [q for q in find_quantities(_mask(folded, facts)) if not _is_inside(folded, q)]
    measured = [q for q in quantities if q.unit is not None]
    _mark(taken, measured)
    identifiers = (Fact(i.start_char, i.end_char, "identifier", meaning=i.canonical) for i in find_identifiers(folded))
    facts += _claim(identifiers, taken)
    plain = [q for q in quantities if q.unit is None and _is_free(taken, q)]
    _mark(taken, plain)
    facts += _numbers(sorted(measured + plain, key=lambda q: q.start_char), folded)
    facts += _claim(_worded("verdict", find_verdicts(lower)), taken)
    facts += _claim(_worded("negation", find_negations(lower)), taken)
    facts += _claim((Fact(q.start_char, q.end_char, "number", (q,)) for q in find_number_words(lower)), taken)
    facts += _claim(_worded("name", find_names(folded)), taken)
    return sorted(facts, key=lambda fact: fact.start_char)


def _worded(kind: str, wordings: Iterator[Wording]) -> Iterator[Fact]:
    for found in wordings:
        yield Fact(found.start_char, found.end_char, kind, meaning=found.meaning)


def _separate_cells(folded: str) -> str:
    """In a line of comma-separated values a comma ends a cell and is no part of a number: 530,551,cP."""
    if "," not in folded:
        return folded
    return "\n".join(
        line.replace(",", ";") if line.count(",") - line.count(", ") >= 2 and _CELL.search(line) else line
        for line in folded.split("\n")
    )


def _mask(folded: str, facts: list[Fact]) -> str:
    """The text with the ordered facts made unreadable, so that no number reaches into them."""
    parts, position = [], 0
    for fact in facts:
        parts += [folded[position : fact.start_char], "_" * (fact.end_char - fact.start_char)]
        position = fact.end_char
    return "".join([*parts, folded[position:]])


def _dates(lower: str, folded: str) -> Iterator[Fact]:
    for moment in find_moments(lower, folded):
        yield Fact(moment.start_char, moment.end_char, "date", moment=moment)


def _numbers(quantities: list[Quantity], folded: str) -> Iterator[Fact]:
    for group in join_quantities(quantities, folded):
        yield Fact(group[0].start_char, group[-1].end_char, "number", tuple(group))


def _claim(facts: Iterator[Fact] | list[Fact], taken: bytearray) -> Iterator[Fact]:
    """The facts whose place is still free, which they then take."""
    for fact in facts:
        if _is_free(taken, fact):
            _mark(taken, [fact])
            yield fact


def _is_free(taken: bytearray, span: Fact | Quantity) -> bool:
    return taken.find(1, span.start_char, span.end_char) < 0


def _mark(taken: bytearray, spans: list[Fact] | list[Quantity]) -> None:
    for span in spans:
        taken[span.start_char : span.end_char] = b"\x01" * (span.end_char - span.start_char)


def _is_inside(folded: str, quantity: Quantity) -> bool:
    """Whether the digits are a part of a word that begins before them (A12, Ra1.6)."""
    before = folded[quantity.start_char - 1 : quantity.start_char]
    if before.isascii() and (before.isalpha() or before == "_"):
        return True
    return (
        before == "-"
        and folded[max(0, quantity.start_char - 2) : quantity.start_char - 1].isascii()
        and (folded[max(0, quantity.start_char - 2) : quantity.start_char - 1].isalpha())
    )
