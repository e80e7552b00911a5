"""Delivery: a thread that sends what the outbox holds, tries again later and later, and gives up in the end.

In: a database. Out: HTTP POSTs, each at least once; a receiver tells repetitions by `webhook-id`.
How often a message was tried and when it is due stands in its row, so a restart goes on where it was. A message is
taken by one conditional update, so that two servers on one database do not both send it; a server that dies
while it sends leaves the row due again after `TAKEN_FOR`. No transaction is open while something is sent. An address
rests after a failed try, so that one that is silent does not hold up the others with all that waits for it.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from backend.review.store.database import Database
from backend.review.store.outbox import DeliveryRow, WebhookRow
from backend.review.store.tables import now
from backend.webhooks.signature import sign

_LOGGER = logging.getLogger(__name__)

#: Waits after the first, second, … failure; after the last one the message is dead. Some 35 hours in all.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1_800, 7_200, 21_600, 36_000, 57_600))
REST_SECONDS = 60.0
TAKEN_FOR = timedelta(minutes=2)
POLL_SECONDS = 1.0
TIMEOUT_SECONDS = 15.0
_ERROR_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Message:
    """A message in hand."""

    id: int
    webhook_id: int
    attempt: int
    url: str
    secret: str
    body: bytes


class Deliverer:
    """Sends in a thread of its own between `start()` and `stop()`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stopping = threading.Event()
        self._resting: dict[int, float] = {}
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Send what is due, and keep looking."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the message in hand; it is taken up again if that does not come to an end."""
        self._stopping.set()
        self._thread.join(TIMEOUT_SECONDS)

    def _run(self) -> None:
        with new_client() as client:
            while not self._stopping.is_set():
                try:
                    is_busy = deliver_one(self._database, client, resting=self._resting)
                except SQLAlchemyError:  # the database is away for a moment; the rows are still there
                    _LOGGER.exception("webhooks could not be delivered; trying again")
                    is_busy = False
                if not is_busy:
                    self._stopping.wait(POLL_SECONDS)


def new_client() -> httpx.Client:
    """A client that follows no redirect: only the address that the administrator typed is ever called."""
    return httpx.Client(follow_redirects=False, timeout=TIMEOUT_SECONDS)


def deliver_one(database: Database, client: httpx.Client, *, resting: dict[int, float]) -> bool:
    """Send the message that is due longest, of those whose address does not rest; False when there is none.

    Args:
        database: holds the messages.
        client: of `new_client`.
        resting: until when an address rests (`time.monotonic`), by its number; a failed try adds its own.
    """
    started = time.monotonic()
    message = _take(database, without=[number for number, until in resting.items() if until > started])
    if message is None:
        return False
    error = _send(client, message)
    if error:
        resting[message.webhook_id] = time.monotonic() + REST_SECONDS
    _settle(database, message, error=error)
    return True


def _take(database: Database, *, without: Sequence[int]) -> Message | None:
    """The message that is due longest and not for one of these addresses, marked as taken."""
    due = (
        select(DeliveryRow.id)
        .where(DeliveryRow.state == "waiting", DeliveryRow.due_at <= now(), DeliveryRow.webhook_id.not_in(without))
        .order_by(DeliveryRow.due_at, DeliveryRow.id)
        .limit(1)
    )
    with database.reading() as session:  # mostly there is none, and looking should lock nothing
        if session.scalar(due) is None:
            return None
    with database.session() as session:
        delivery_id = session.scalar(due.with_for_update(skip_locked=True))
        if delivery_id is None:
            return None
        row = session.get_one(DeliveryRow, delivery_id)
        hook = session.get_one(WebhookRow, row.webhook_id)
        row.attempts += 1
        row.due_at = now() + TAKEN_FOR
        taken = Message(row.id, row.webhook_id, row.attempts, hook.url, hook.secret, _body(row))
        session.commit()
        return taken


def _body(row: DeliveryRow) -> bytes:
    content: dict[str, Any] = {"type": row.event, "timestamp": row.created_at.isoformat(), "data": row.payload}
    return json.dumps(content, ensure_ascii=False, sort_keys=True).encode()


def _send(client: httpx.Client, message: Message) -> str:
    """Send once; what went wrong, or an empty text."""
    headers = sign(message.secret, message_id=f"msg_{message.id}", timestamp=int(time.time()), body=message.body)
    headers["content-type"] = "application/json"
    try:
        # Only the status is read: what a receiver answers is its own business, and may be endless.
        with client.stream("POST", message.url, content=message.body, headers=headers) as answer:
            return "" if answer.is_success else f"HTTP {answer.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        return f"{type(error).__name__}: {error}"[:_ERROR_CHARACTERS]


def _settle(database: Database, message: Message, *, error: str) -> None:
    """Write down how it went, unless the message was removed or taken by another meanwhile."""
    values: dict[str, Any] = {"state": "delivered", "last_error": ""}
    if error:
        is_last = message.attempt > len(WAITS)
        due_at = now() if is_last else now() + WAITS[message.attempt - 1]
        values = {"state": "dead" if is_last else "waiting", "due_at": due_at, "last_error": error}
        _LOGGER.warning("webhook message %d, try %d: %s", message.id, message.attempt, error)
    query = update(DeliveryRow).where(
        DeliveryRow.id == message.id, DeliveryRow.state == "waiting", DeliveryRow.attempts == message.attempt
    )
    with database.session() as session:
        session.execute(query.values(**values))
        session.commit()
