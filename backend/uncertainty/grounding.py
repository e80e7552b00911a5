"""Compares each phrase of a summary with the document: is it there, where, and what speaks against it.

In: pieces of the summary and their context. Out: one `Check` a piece.
Knows nothing of tokens and scores.
"""

from __future__ import annotations

from dataclasses import replace

from backend.uncertainty.check_numbers import check_date, check_number
from backend.uncertainty.check_relations import check_relations
from backend.uncertainty.check_verdicts import check_verdict
from backend.uncertainty.check_wording import (
    check_identifier,
    check_item,
    check_name,
    check_negation,
    check_words,
)
from backend.uncertainty.context import Check, Context
from backend.uncertainty.split import Piece

_CHECKS = {
    "number": check_number,
    "date": check_date,
    "identifier": check_identifier,
    "verdict": check_verdict,
    "negation": check_negation,
    "name": check_name,
}


def check(context: Context, piece: Piece) -> Check:
    """What the document says about one piece of the summary."""
    if piece.fact is None:
        return check_relations(context, piece, check_words(context, piece.core_start_char, piece.core_end_char))
    found = _CHECKS[piece.kind](context, piece.fact)
    if found.is_grounded:
        other_item = check_item(context, piece.fact, found.lines)
        found = replace(found, reasons=(*other_item, *found.reasons))
    return check_relations(context, piece, found)
