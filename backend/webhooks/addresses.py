"""The addresses that are told of events: add one, list them, remove one; messages that were given up.

In: a database and what an administrator types. Out: views, and the secret of a new address, once.
An administrator may name any http(s) address, inner ones too: that is what it is for. Nobody else can name one.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.errors import AccessError
from backend.review.store.database import Database
from backend.review.store.events import append
from backend.review.store.outbox import EVENTS, DeliveryRow, WebhookRow
from backend.review.store.tables import now

SECRET_MARK = "whsec_"
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class WebhookView:
    """An address as listed; its secret is shown only when it is made."""

    id: int
    url: str
    events: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up after its last try."""

    id: int
    url: str
    event: str
    attempts: int
    last_error: str
    created_at: datetime


def add(database: Database, *, url: str, events: Sequence[str] = EVENTS, by: str = "") -> tuple[int, str]:
    """Tell this address of these events from now on; its number and the secret that signs.

    Args:
        by: who adds it, for the record.

    Raises:
        AccessError: it is no http(s) address, or an event does not exist.
    """
    checked = _check_url(url)
    unknown = [event for event in events if event not in EVENTS]
    if unknown or not events:
        raise AccessError(
            "webhook.event",
            "There is no event {event}; choose from: {events}.",
            event=unknown[0] if unknown else "''",
            events=", ".join(EVENTS),
        )
    secret = SECRET_MARK + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    with database.session() as session:
        row = WebhookRow(url=checked, events=sorted(set(events)), secret=secret)
        session.add(row)
        session.flush()
        _record(session, "webhook_added", row, by=by)
        session.commit()
        return row.id, secret


def list_webhooks(database: Database) -> tuple[WebhookView, ...]:
    """The addresses in use."""
    query = select(WebhookRow).where(WebhookRow.removed_at.is_(None)).order_by(WebhookRow.id)
    with database.reading() as session:
        rows = session.scalars(query).all()
        return tuple(WebhookView(row.id, row.url, tuple(row.events), row.created_at) for row in rows)


def remove(database: Database, webhook_id: int, *, by: str = "") -> None:
    """Tell this address nothing more, not even what still waits; `by` names who removes it, for the record.

    Raises:
        AccessError: there is no such address.
    """
    with database.session() as session:
        row = session.get(WebhookRow, webhook_id)
        if row is None or row.removed_at is not None:
            raise AccessError("webhook.not_found", "There is no webhook {webhook}.", webhook=webhook_id)
        row.removed_at = now()
        row.secret = ""
        waiting = update(DeliveryRow).where(DeliveryRow.webhook_id == webhook_id, DeliveryRow.state == "waiting")
        session.execute(waiting.values(state="dead", last_error="removed"))
        _record(session, "webhook_removed", row, by=by)
        session.commit()


def dead_letters(database: Database, *, limit: int = 200) -> tuple[DeadLetter, ...]:
    """Messages that were given up, the newest first."""
    query = (
        select(DeliveryRow, WebhookRow.url)
        .join(WebhookRow, WebhookRow.id == DeliveryRow.webhook_id)
        .where(DeliveryRow.state == "dead")
        .order_by(DeliveryRow.id.desc())
        .limit(limit)
    )
    with database.reading() as session:
        rows = session.execute(query).all()
        return tuple(DeadLetter(row.id, url, row.event, row.attempts, row.last_error, row.created_at)
                     for row, url in rows)  # fmt: skip


def retry(database: Database, *, delivery_id: int | None = None) -> int:
    """Try one message that was given up once more, or all of them (None); how many wait again."""
    in_use = select(WebhookRow.id).where(WebhookRow.removed_at.is_(None))
    query = update(DeliveryRow).where(DeliveryRow.state == "dead", DeliveryRow.webhook_id.in_(in_use))
    if delivery_id is not None:
        query = query.where(DeliveryRow.id == delivery_id)
    with database.session() as session:
        count = session.execute(query.values(state="waiting", attempts=0, due_at=now())).rowcount
        session.commit()
    return count


def _record(session: Session, kind: str, row: WebhookRow, *, by: str) -> None:
    # The host alone: what follows it may be a secret of the receiver, and the record keeps everything for ever.
    facts = {"webhook": row.id, "host": urlsplit(row.url).netloc, "events": ",".join(row.events)}
    append(session, kind, actor=by, facts=facts)


def _check_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    # A password in the address would stand in lists and logs.
    if not is_address or "@" in parts.netloc or any(character.isspace() for character in url):
        raise AccessError(
            "webhook.url",
            "The address {url} cannot be used; write http://host/path or https://host/path, without a password.",
            url=url,
        )
    return url
