"""The tables of the record and of what people keep for themselves: events, saved views.

In: nothing. Out: SQLAlchemy tables. Knows nothing of what the facts of an event mean.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column

from backend.review.store.tables import Table, now, refuse_change


class EventRow(Table):
    """Who did what, when. Append-only, and the database itself refuses a change.

    `facts` is the canonical JSON that was hashed, kept as text: no database may write it in its own way.
    `item_id` is no foreign key: the record outlives what it speaks of.
    """

    __tablename__ = "events"
    __table_args__ = (Index(None, "item_id", "id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(40))
    item_id: Mapped[int | None]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    facts: Mapped[str] = mapped_column(Text)


class SavedViewRow(Table):
    """A filter of the inbox under a person's own name for it."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("owner", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    sort: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(default=now)
    filters: Mapped[dict[str, Any]]


event.listen(EventRow, "before_update", refuse_change)
event.listen(EventRow, "before_delete", refuse_change)
