"""How often somebody may try to log in: a number of tries a name and an address in a span of time.

In: a session, the name that was typed, where the request came from. Out: a note of the try, or a refusal.
A try is noted before the password is looked at, so that many at once count, too; a success forgets those of its name.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from backend.errors import AccessError
from backend.people.tables import LoginAttemptRow
from backend.review.store.tables import now

WINDOW = timedelta(minutes=15)
MAX_TRIES_OF_NAME = 5
MAX_TRIES_OF_ADDRESS = 30


def note_try(session: Session, *, name: str, address: str) -> None:
    """Write down a try; what is older than the window is forgotten.

    Raises:
        AccessError: there were too many.
    """
    since = now() - WINDOW
    session.execute(delete(LoginAttemptRow).where(LoginAttemptRow.created_at < since))
    _refuse_more(session, LoginAttemptRow.name == name, limit=MAX_TRIES_OF_NAME)
    _refuse_more(session, LoginAttemptRow.address == address, limit=MAX_TRIES_OF_ADDRESS)
    session.add(LoginAttemptRow(name=name, address=address))


def forget_tries(session: Session, *, name: str) -> None:
    """A success: the name may be mistyped again."""
    session.execute(delete(LoginAttemptRow).where(LoginAttemptRow.name == name))


def _refuse_more(session: Session, condition: ColumnElement[bool], *, limit: int) -> None:
    newest_first = select(LoginAttemptRow.created_at).where(condition).order_by(LoginAttemptRow.created_at.desc())
    # The window ends when the oldest of the last `limit` tries leaves it.
    oldest: datetime | None = session.scalar(newest_first.offset(limit - 1).limit(1))
    if oldest is None:
        return
    minutes = max(1, math.ceil((oldest + WINDOW - now()) / timedelta(minutes=1)))
    raise AccessError(
        "login.locked", "There were too many attempts; wait {minutes} minutes and try again.", minutes=minutes
    )
