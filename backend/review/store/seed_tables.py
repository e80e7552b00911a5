"""The tables of seeded errors: a planted error in a copy of an accepted summary, and how it was answered.

In: nothing. Out: append-only SQLAlchemy tables beside those of `tables`. An answer names no person: it is no verdict,
and no figure of one. Knows nothing of queries.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from backend.review.store.tables import Table, now, refuse_change


class SeededErrorRow(Table):
    """An item whose summary is shown as `text`: that of its row with `planted` at `start_char:end_char`.

    The offsets are those of the summary without the error.
    """

    __tablename__ = "seeded_errors"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    start_char: Mapped[int]
    end_char: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)
    planted: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)


class SeededAnswerRow(Table):
    """What somebody said about it, and whether the error was seen."""

    __tablename__ = "seeded_answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    seeded_error_id: Mapped[int] = mapped_column(ForeignKey("seeded_errors.id"), unique=True)
    said: Mapped[str] = mapped_column(String(20))
    is_caught: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(default=now)


for _table in (SeededErrorRow, SeededAnswerRow):
    event.listen(_table, "before_update", refuse_change)
    event.listen(_table, "before_delete", refuse_change)
