"""Seeded errors: a copy of an accepted summary with one planted error, that looks like any confident one.

In: a summary's text and document, or its view and the stored error. Out: the error to plant, or the view with it.
The copy is no second summary: its item stands on the row of the accepted one, and only what a person is shown
differs. So no count of summaries, no score and no figure from verdicts ever sees it. Marks and probabilities stay those
of the original: a check that is highlighted would check nothing. Knows nothing of who looks at it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.review.store.seed_tables import SeededErrorRow
from backend.review.store.tables import ItemRow, SummaryRow
from backend.review.store.views import PhraseView, SummaryView
from backend.uncertainty.swaps import swap_identifiers, swap_numbers, swap_units, swap_verdicts
from backend.uncertainty.tokens import ScoredToken

_SORTS = {"number": swap_numbers, "unit": swap_units, "verdict": swap_verdicts, "lot": swap_identifiers}
SEED_KINDS = tuple(_SORTS)


@dataclass(frozen=True, slots=True)
class Planted:
    """An error of one of `SEED_KINDS`: what comes in place of `start_char:end_char` of the summary."""

    kind: str
    start_char: int
    end_char: int
    text: str


def find_place(summary: str, *, document: str) -> Planted | None:
    """The error for this summary of this document, always the same one; None where there is nothing to swap."""
    seed = hashlib.sha256(f"seeded error|{document}|{summary}".encode()).digest()
    rng = Random(int.from_bytes(seed[:8]))
    found = {kind: list(swaps(summary, document, rng)) for kind, swaps in _SORTS.items()}
    kinds = [kind for kind, swaps in found.items() if swaps]
    if not kinds:
        return None
    kind = rng.choice(kinds)
    return Planted(kind, *rng.choice(found[kind]))


def plant(session: Session, item: ItemRow, planted: Planted, *, summary: str) -> SeededErrorRow:
    """Store the error of a new item."""
    text = summary[: planted.start_char] + planted.text + summary[planted.end_char :]
    row = SeededErrorRow(
        item_id=item.id,
        kind=planted.kind,
        start_char=planted.start_char,
        end_char=planted.end_char,
        planted=planted.text,
        text=text,
    )
    session.add(row)
    session.flush()
    return row


def find(session: Session, item_id: int) -> SeededErrorRow:
    """The error of a seeded item."""
    return session.scalars(select(SeededErrorRow).where(SeededErrorRow.item_id == item_id)).one()


def original_text(session: Session, item: ItemRow) -> str:
    """The summary without the error."""
    return session.get_one(SummaryRow, item.summary_id).text


def shown_text(session: Session, item: ItemRow) -> str:
    """The summary as a person is shown it."""
    return find(session, item.id).text if item.is_seeded else original_text(session, item)


def show(view: SummaryView, error: SeededErrorRow) -> SummaryView:
    """The accepted summary as a confident one that was drawn for a check, with the error in it."""
    to_new = _mapping(error)
    return replace(
        view,
        text=error.text,
        tokens=tuple(_move_token(token, error, to_new) for token in view.tokens),
        phrases=tuple(_move_phrase(phrase, error, to_new) for phrase in view.phrases),
        decision="review",
        reason="audit",
        item_id=error.item_id,
    )


def _mapping(error: SeededErrorRow) -> Callable[[int], int]:
    """From offsets of the summary to those of the text with the error."""
    new_end = error.start_char + len(error.planted)

    def to_new(char: int) -> int:
        if char <= error.start_char:
            return char
        return min(char, new_end) if char < error.end_char else char - error.end_char + new_end

    return to_new


def _is_touched(part: ScoredToken | PhraseView, error: SeededErrorRow) -> bool:
    return part.start_char < error.end_char and error.start_char < part.end_char


def _move_token(token: ScoredToken, error: SeededErrorRow, to_new: Callable[[int], int]) -> ScoredToken:
    start, end = to_new(token.start_char), to_new(token.end_char)
    if not _is_touched(token, error):
        return replace(token, start_char=start, end_char=end)
    # Its alternatives hold what was written there before.
    return replace(token, start_char=start, end_char=end, text=error.text[start:end], alternatives=())


def _move_phrase(phrase: PhraseView, error: SeededErrorRow, to_new: Callable[[int], int]) -> PhraseView:
    start, end = to_new(phrase.start_char), to_new(phrase.end_char)
    moved = replace(phrase, start_char=start, end_char=end, text=error.text[start:end])
    # A reason would quote the original.
    return replace(moved, reasons=()) if _is_touched(phrase, error) else moved
