"""The outbox: what other programs are told about, written in the transaction of the event itself.

In: the session of a use case that is about to commit. Out: one row a webhook that wants to know; nothing is sent here.
A message holds numbers and names of things, never a text of a document: the receiver asks for that with its own token.
Knows nothing of HTTP; `backend.webhooks` delivers.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.review.store.tables import ItemRow, Table, VerdictRow, now

REVIEW_NEEDED = "review.needed"
VERDICT_GIVEN = "verdict.given"
EVENTS = (REVIEW_NEEDED, VERDICT_GIVEN)


class WebhookRow(Table):
    """An address that is told of events. Its secret signs, so it is kept as it is."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[list[Any]]
    secret: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]


class DeliveryRow(Table):
    """A message to one webhook: "waiting", "delivered" or "dead"; `attempts` counts the tries so far."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (Index(None, "state", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id"), index=True)
    event: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(default=now)
    last_error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


def announce_item(session: Session, item: ItemRow) -> None:
    """A summary waits for a person."""
    payload = {
        "item": item.id,
        "summary": item.summary_id,
        "kind": item.kind,
        "language": item.language,
        "risk": item.risk,
        "reason": item.reason,
    }
    _announce(session, REVIEW_NEEDED, payload)


def announce_verdict(session: Session, verdict: VerdictRow) -> None:
    """A person has said something about a summary."""
    payload = {
        "verdict": verdict.id,
        "item": verdict.item_id,
        "kind": verdict.kind,
        "reviewer": verdict.reviewer,
        "is_wrong": verdict.is_wrong,
    }
    _announce(session, VERDICT_GIVEN, payload)


def _announce(session: Session, event: str, payload: dict[str, Any]) -> None:
    hooks = session.scalars(select(WebhookRow).where(WebhookRow.removed_at.is_(None))).all()
    for hook in hooks:
        if event in hook.events:
            session.add(DeliveryRow(webhook_id=hook.id, event=event, payload=payload))
