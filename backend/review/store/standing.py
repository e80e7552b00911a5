"""Which verdicts count: conditions on a verdict's row.

In: nothing. Out: SQL conditions on `VerdictRow`. Knows nothing of who gave a verdict or of what is made of it.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from backend.review.store.tables import VerdictRow, VerdictUndoRow


def stands() -> ColumnElement[bool]:
    """Condition on a verdict: it decides its item, and nobody has undone it."""
    return VerdictRow.is_final & is_not_undone()


def is_not_undone() -> ColumnElement[bool]:
    """Condition on a verdict, final or one of two: nobody has undone it."""
    return ~select(VerdictUndoRow.id).where(VerdictUndoRow.verdict_id == VerdictRow.id).exists()
