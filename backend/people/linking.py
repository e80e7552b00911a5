"""Accounts at an identity provider that an administrator ties to users who are here already.

In: a database, the name of a user, the issuer and the subject of an account, and who does it (`by`). Out: rows, and an
entry of the record for each change. Never done by name or address: those pass to others, and say nothing of who it is.
Knows nothing of how a person logs in.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.errors import AccessError
from backend.people import users
from backend.people.identities import find_identity
from backend.people.person import LOCAL_NAME
from backend.people.tables import IdentityRow, UserRow
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.storable import clean_typed

MAX_ISSUER_CHARACTERS = 500
MAX_SUBJECT_CHARACTERS = 255


@dataclass(frozen=True, slots=True)
class Link:
    """An account and whose it is; `before` is whose it was."""

    user: str
    issuer: str
    subject: str
    before: str = ""


def link(database: Database, *, name: str, issuer: str, subject: str, by: str = LOCAL_NAME) -> Link:
    """Let an account log in as this user.

    An account that has come in before, as a user made for it, is moved: that user stays in the records and is logged
    out. A temporary password ends, for nobody will change it; another one stays valid beside the account.

    Raises:
        AccessError: there is no such user, no issuer or subject, or nobody else could administer users.
    """
    issuer, subject = _check(issuer, subject)
    with database.session() as session:
        row = users.require_user(session, name)
        identity = find_identity(session, issuer=issuer, subject=subject)
        before = session.get_one(UserRow, identity.user_id) if identity is not None else None
        if before is row:  # nothing changes
            return Link(row.name, issuer, subject, row.name)
        if identity is None:
            session.add(IdentityRow(issuer=issuer, subject=subject, user_id=row.id))
        else:
            identity.user_id = row.id
            session.flush()
            _end(session, before)
        if row.is_temporary:
            row.password_hash, row.is_temporary = "", False
        users.end_sessions(session, row)
        made = Link(row.name, issuer, subject, before.name if before is not None else "")
        _record(session, "user_linked", row, made, by=by)
        session.commit()
    return made


def unlink(database: Database, *, name: str, issuer: str, subject: str, by: str = LOCAL_NAME) -> None:
    """Let an account no longer log in as this user, who is logged out.

    Raises:
        AccessError: the account is not this user's, or nobody else could administer users.
    """
    issuer, subject = _check(issuer, subject)
    with database.session() as session:
        row = users.require_user(session, name)
        identity = find_identity(session, issuer=issuer, subject=subject)
        if identity is None or identity.user_id != row.id:
            raise AccessError("users.not_linked", "The user {name} has no account {subject} at {issuer}.",
                              name=row.name, subject=subject, issuer=issuer)  # fmt: skip
        session.delete(identity)
        session.flush()
        _end(session, row)
        _record(session, "user_unlinked", row, Link(row.name, issuer, subject), by=by)
        session.commit()


def list_links(database: Database) -> tuple[Link, ...]:
    """All accounts by the names of their users."""
    query = select(UserRow.name, IdentityRow.issuer, IdentityRow.subject).join(
        UserRow, UserRow.id == IdentityRow.user_id
    )
    with database.reading() as session:
        return tuple(Link(*row) for row in session.execute(query.order_by(UserRow.name, IdentityRow.id)))


def _end(session: Session, row: UserRow) -> None:
    """Log a user out who has lost an account; one administrator who can come in remains."""
    has_other = session.scalar(select(IdentityRow.id).where(IdentityRow.user_id == row.id).limit(1)) is not None
    if not (row.password_hash or has_other):
        users.keep_an_admin(session, row)
    users.end_sessions(session, row)


def _record(session: Session, kind: str, row: UserRow, made: Link, *, by: str) -> None:
    facts = {"user": row.name, "role": row.role, "issuer": made.issuer, "subject": made.subject, "before": made.before}
    events.append(session, kind, actor=by, facts=facts)


def _check(issuer: str, subject: str) -> tuple[str, str]:
    cleaned = clean_typed(issuer).strip(), clean_typed(subject).strip()
    limits = MAX_ISSUER_CHARACTERS, MAX_SUBJECT_CHARACTERS
    if not all(0 < len(value) <= limit for value, limit in zip(cleaned, limits, strict=True)):
        raise AccessError(
            "users.account",
            "Name the account by its issuer and subject, as the identity provider shows them; neither may be empty.",
        )
    return cleaned
