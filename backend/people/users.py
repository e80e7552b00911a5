"""Users: add one, list them, change a role or a password, disable one.

In: a database, what an administrator types, and who does it (`by`). Out: views, a temporary password where one was
made, and an entry of the record for each change. A changed password or a disabled user ends that user's sessions at
once; one administrator always remains. Knows nothing of HTTP.
"""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.errors import AccessError
from backend.people.passwords import hash_password, make_password
from backend.people.person import LOCAL_NAME, ROLES, Person, UserView
from backend.people.tables import LoginSessionRow, UserRow
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.storable import clean_typed

MAX_NAME_CHARACTERS = 64
_NAME = re.compile(r"[\w.@+-]+")


def exist(database: Database) -> bool:
    """Whether there are users: from the first one on, everybody has to log in."""
    with database.reading() as session:
        return session.scalar(select(UserRow.id).limit(1)) is not None


def add(database: Database, *, name: str, role: str, password: str | None = None, by: str = LOCAL_NAME) -> str | None:
    """Add a user; without a password a temporary one is made and returned.

    Raises:
        AccessError: the name is taken or not one, the role does not exist, or the password is too short.
    """
    made = make_password() if password is None else None
    row = UserRow(
        name=_check_name(name),
        role=_check_role(role),
        password_hash=hash_password(made if password is None else password),
        is_temporary=password is None,
        is_disabled=False,
    )
    with database.session() as session:
        session.add(row)
        try:
            record_change(session, "user_added", row, by=by)
            session.commit()
        except IntegrityError as error:
            raise AccessError(
                "users.taken", "There is a user {name} already; choose another name.", name=clean_name(name)
            ) from error
    return made


def list_users(database: Database) -> tuple[UserView, ...]:
    """All users by name."""
    with database.reading() as session:
        rows = session.scalars(select(UserRow).order_by(UserRow.name)).all()
        return tuple(
            UserView(
                id=row.id,
                name=row.name,
                role=row.role,
                is_disabled=row.is_disabled,
                is_temporary=row.is_temporary,
                is_provided=not row.password_hash,
                created_at=row.created_at,
            )
            for row in rows
        )


def set_role(database: Database, *, name: str, role: str, by: str = LOCAL_NAME) -> None:
    """Give a user another role; it holds from the next request on.

    Raises:
        AccessError: there is no such user or role, or nobody else could administer users.
    """
    checked = _check_role(role)
    with database.session() as session:
        row = require_user(session, name)
        if checked == row.role:
            return
        if checked != "admin":
            keep_an_admin(session, row)
        row.role = checked
        record_change(session, "user_role", row, by=by)
        session.commit()


def set_disabled(database: Database, *, name: str, is_disabled: bool, by: str = LOCAL_NAME) -> None:
    """Lock a user out, or let one in again.

    Raises:
        AccessError: there is no such user, or nobody else could administer users.
    """
    with database.session() as session:
        row = require_user(session, name)
        if is_disabled == row.is_disabled:
            return
        if is_disabled:
            keep_an_admin(session, row)
        row.is_disabled = is_disabled
        end_sessions(session, row)
        record_change(session, "user_disabled" if is_disabled else "user_enabled", row, by=by)
        session.commit()


def set_password(database: Database, *, name: str, password: str | None = None, by: str = LOCAL_NAME) -> str | None:
    """Replace a password; without a new one a temporary one is made and returned.

    Raises:
        AccessError: there is no such user, or the password is too short.
    """
    made = make_password() if password is None else None
    hashed = hash_password(made if password is None else password)
    with database.session() as session:
        row = require_user(session, name)
        row.password_hash, row.is_temporary = hashed, password is None
        end_sessions(session, row)
        record_change(session, "user_password", row, by=by)
        session.commit()
    return made


def name_owner(database: Database, name: str | None) -> str:
    """Whom something is done for: the named user, or the local person as long as there are no users.

    Raises:
        AccessError: there are users and none was named, or not this one.
    """
    if name is not None:
        with database.reading() as session:
            return require_user(session, name).name
    if exist(database):
        raise AccessError("users.owner", "There are users here; name the one that this is done for: --user NAME.")
    return LOCAL_NAME


def name_reviewer(database: Database, name: str) -> str:
    """Whom an item is given to, spelt as that person's own name is; any name as long as there are no users.

    Raises:
        AccessError: there are users, and none of this name who may review.
    """
    cleaned = clean_name(name)
    with database.reading() as session:
        row = session.scalars(select(UserRow).where(UserRow.name == cleaned)).first()
        is_free = row is None and session.scalar(select(UserRow.id).limit(1)) is None
    may_review = row is not None and not row.is_disabled and Person(row.name, row.role).may("reviewer")
    if not is_free and not may_review:
        raise AccessError(
            "users.no_reviewer",
            "There is no user {name} who may review; give the name of one who may, or choose a role.",
            name=cleaned,
        )
    return cleaned


def clean_name(name: str) -> str:
    """One spelling of a name, however it was typed."""
    return unicodedata.normalize("NFKC", clean_typed(name)).strip().casefold()


def require_user(session: Session, name: str) -> UserRow:
    """The row of a user.

    Raises:
        AccessError: there is no such user.
    """
    row = session.scalars(select(UserRow).where(UserRow.name == clean_name(name))).first()
    if row is None:
        raise AccessError("users.not_found", "There is no user {name}.", name=clean_name(name))
    return row


def record_change(session: Session, kind: str, row: UserRow, *, by: str) -> None:
    """Put a change of a user on record; call it last in a transaction."""
    events.append(session, kind, actor=by, facts={"user": row.name, "role": row.role})


def is_last_admin(session: Session, row: UserRow) -> bool:
    """Whether nobody else could administer users; holds the administrators' rows until the commit."""
    query = select(UserRow.id).where(UserRow.role == "admin", UserRow.is_disabled.is_(False)).with_for_update()
    return list(session.scalars(query)) == [row.id]


def keep_an_admin(session: Session, row: UserRow) -> None:
    """Refuse to take the last administrator away.

    Raises:
        AccessError: nobody else could administer users.
    """
    if is_last_admin(session, row):
        raise AccessError(
            "users.last_admin",
            "{name} is the only administrator who may log in; make somebody else administrator first.",
            name=row.name,
        )


def _check_name(name: str) -> str:
    cleaned = clean_name(name)
    if not _NAME.fullmatch(cleaned) or len(cleaned) > MAX_NAME_CHARACTERS or cleaned == LOCAL_NAME:
        raise AccessError(
            "users.name",
            "The name {name} cannot be used; write up to {limit} letters, digits and . @ + - _ without spaces.",
            name=name,
            limit=MAX_NAME_CHARACTERS,
        )
    return cleaned


def _check_role(role: str) -> str:
    if role not in ROLES:
        raise AccessError(
            "users.role", "There is no role {role}; choose one of: {roles}.", role=role, roles=", ".join(ROLES)
        )
    return role


def end_sessions(session: Session, row: UserRow) -> None:
    """Log a user out of every browser."""
    session.execute(delete(LoginSessionRow).where(LoginSessionRow.user_id == row.id))
