"""Finds the lines of a document whose measured values the summary does not carry.

In: the document's text and the summary. Out: spans of lines, in order.
A summary is meant to leave most of these out: they are offered for insertion, and weigh nothing in any score.
Knows nothing of verdicts on a line (`omissions`) or of dates and identifiers.
"""

from __future__ import annotations

from backend.uncertainty.folding import fold
from backend.uncertainty.numbers import Quantity, find_quantities
from backend.uncertainty.phrases import SourceSpan
from backend.uncertainty.source import split_lines, value_key

#: More than this is a list nobody reads.
MAX_LINES = 30
#: A longer line is prose; inserting it whole helps nobody.
MAX_LINE_CHARACTERS = 200


def find_missing_measures(document: str, summary: str) -> tuple[SourceSpan, ...]:
    """Lines with a number and its unit, of which the summary says none of the numbers."""
    carried = {key for quantity in find_quantities(fold(summary)) for key in _keys(quantity)}
    folded = fold(document)
    missing = []
    for start_char, end_char in split_lines(document):
        found = [one for one in find_quantities(folded[start_char:end_char]) if one.unit is not None or one.decimals]
        is_carried = any(carried & _keys(one) for one in found)
        is_measured = any(one.unit is not None for one in found)
        if is_measured and not is_carried and end_char - start_char <= MAX_LINE_CHARACTERS:
            missing.append(SourceSpan(start_char, end_char))
        if len(missing) == MAX_LINES:
            break
    return tuple(missing)


def _keys(quantity: Quantity) -> set[float]:
    return {value_key(value) for value in quantity.values}
