"""Sessions: log in, recognize the person of a request, change one's own password, log out.

In: a database, a name and a password, or the token of a cookie. Out: a token (given away once), or a `Person`.
Only the SHA-256 of a token is stored: it is random, so a plain hash cannot be guessed backwards.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.errors import AccessError
from backend.people import users
from backend.people.lockout import forget_tries, note_try
from backend.people.passwords import fits
from backend.people.person import Person
from backend.people.tables import LoginSessionRow, UserRow
from backend.review.store.database import Database
from backend.review.store.tables import now

SESSION_LENGTH = timedelta(hours=12)
_TOKEN_BYTES = 32
_ADDRESS_CHARACTERS = 64


def log_in(database: Database, *, name: str, password: str, address: str) -> str:
    """Check a password and begin a session; return its token.

    Raises:
        AccessError: wrong name or password, or too many tries.
    """
    row = _check_password(database, name=name, password=password, address=address)
    with database.session() as session:
        forget_tries(session, name=row.name)
        token = begin(session, user_id=row.id)
        session.commit()
    return token


def begin(session: Session, *, user_id: int) -> str:
    """Begin a session of a user who has shown who it is; sessions that are over are forgotten."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.execute(delete(LoginSessionRow).where(LoginSessionRow.expires_at <= now()))
    expires_at = now() + SESSION_LENGTH
    session.add(LoginSessionRow(token_hash=hash_token(token), user_id=user_id, expires_at=expires_at))
    return token


def find_person(database: Database, token: str) -> Person | None:
    """Whose session this is; None when it is over, or never was one."""
    query = (
        select(UserRow)
        .join(LoginSessionRow, LoginSessionRow.user_id == UserRow.id)
        .where(LoginSessionRow.token_hash == hash_token(token), LoginSessionRow.expires_at > now())
        .where(UserRow.is_disabled.is_(False))
    )
    with database.reading() as session:
        row = session.scalars(query).first()
        if row is None:
            return None
        return Person(row.name, row.role, must_change_password=row.is_temporary, is_provided=not row.password_hash)


def change_password(database: Database, *, name: str, old: str, new: str, address: str) -> str:
    """Replace one's own password; every other session of the person ends, and a new one begins.

    Raises:
        AccessError: the old password is wrong, or the new one is the old one, or too short; or too many tries.
    """
    row = _check_password(database, name=name, password=old, address=address)
    with database.session() as session:
        forget_tries(session, name=row.name)
        session.commit()
    if old == new:
        raise AccessError("password.same", "The new password is the old one; choose another.")
    users.set_password(database, name=name, password=new, by=name)
    with database.session() as session:
        token = begin(session, user_id=row.id)
        session.commit()
    return token


def log_out(database: Database, token: str) -> None:
    """End a session; one that is over already stays so."""
    with database.session() as session:
        session.execute(delete(LoginSessionRow).where(LoginSessionRow.token_hash == hash_token(token)))
        session.commit()


def hash_token(token: str) -> str:
    """What is stored of a random token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _check_password(database: Database, *, name: str, password: str, address: str) -> UserRow:
    cleaned = users.clean_name(name)[: users.MAX_NAME_CHARACTERS]
    with database.session() as session:
        note_try(session, name=cleaned, address=address[:_ADDRESS_CHARACTERS])
        session.commit()
    with database.reading() as session:
        row = session.scalars(select(UserRow).where(UserRow.name == cleaned)).first()
        # Who came by an identity provider has no password (""), and is as good as absent here.
        stored = row.password_hash or None if row is not None and not row.is_disabled else None
        session.expunge_all()
    if not fits(password, stored):  # slow on purpose, so outside of any transaction
        raise AccessError("login.wrong", "The name or the password is wrong.")
    return row
