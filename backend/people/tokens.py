"""Tokens of programs: make one, list them, revoke one, recognize one.

In: a database, a name, scopes and an owner. Out: the token, once; later only its beginning is known.
A token may do what its scopes say and its owner's role allows, and nothing once the owner is disabled.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import select

from backend.errors import AccessError
from backend.people import users
from backend.people.person import LOCAL_NAME, LOCAL_PERSON, SCOPES, Person, TokenView
from backend.people.sessions import hash_token
from backend.people.tables import TokenRow, UserRow
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.storable import clean_typed
from backend.review.store.tables import now

MARK = "tk_"  # lets a scanner for leaked secrets find one
_TOKEN_BYTES = 32
_PREFIX_CHARACTERS = len(MARK) + 6
_MAX_NAME_CHARACTERS = 64


def create(database: Database, *, name: str, scopes: Sequence[str], owner: str | None, by: str = LOCAL_NAME) -> str:
    """Make a token for a user, or for the local person of an installation without users (None).

    Raises:
        AccessError: a scope does not exist, there is no such user, or users exist and none was named.
    """
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise AccessError(
            "tokens.scope",
            "There is no scope {scope}; choose from: {scopes}.",
            scope=unknown[0] if unknown else "''",
            scopes=", ".join(SCOPES),
        )
    users.name_owner(database, owner)
    token = f"{MARK}{secrets.token_urlsafe(_TOKEN_BYTES)}"
    with database.session() as session:
        row = TokenRow(
            name=clean_typed(name)[:_MAX_NAME_CHARACTERS],
            prefix=token[:_PREFIX_CHARACTERS],
            token_hash=hash_token(token),
            scopes=sorted(set(scopes)),
            user_id=users.require_user(session, owner).id if owner is not None else None,
        )
        session.add(row)
        facts = {"prefix": row.prefix, "scopes": ",".join(row.scopes), "owner": owner or LOCAL_NAME}
        events.append(session, "token_created", actor=by, facts=facts)
        session.commit()
    return token


def list_tokens(database: Database) -> tuple[TokenView, ...]:
    """All tokens, the newest first, revoked ones included."""
    query = select(TokenRow, UserRow.name).outerjoin(UserRow, UserRow.id == TokenRow.user_id)
    with database.reading() as session:
        rows = session.execute(query.order_by(TokenRow.id.desc())).all()
        return tuple(
            TokenView(
                id=row.id,
                name=row.name,
                prefix=row.prefix,
                scopes=tuple(row.scopes),
                owner=owner or LOCAL_NAME,
                created_at=row.created_at,
                is_revoked=row.revoked_at is not None,
            )
            for row, owner in rows
        )


def revoke(database: Database, token_id: int, *, by: str = LOCAL_NAME) -> None:
    """End a token.

    Raises:
        AccessError: there is no such token.
    """
    with database.session() as session:
        row = session.get(TokenRow, token_id)
        if row is None:
            raise AccessError("tokens.not_found", "There is no token {token}.", token=token_id)
        if row.revoked_at is None:
            row.revoked_at = now()
            events.append(session, "token_revoked", actor=by, facts={"prefix": row.prefix})
        session.commit()


def identify(database: Database, token: str) -> tuple[Person, frozenset[str]] | None:
    """The person that a token acts for and its scopes; None when it is not valid (any more)."""
    query = (
        select(TokenRow, UserRow)
        .outerjoin(UserRow, UserRow.id == TokenRow.user_id)
        .where(TokenRow.token_hash == hash_token(token), TokenRow.revoked_at.is_(None))
    )
    with database.reading() as session:
        found = session.execute(query).first()
    if found is None:
        return None
    row, user = found
    if user is None:  # made before there were users: the local person is gone once there are
        return None if users.exist(database) else (LOCAL_PERSON, frozenset(row.scopes))
    if user.is_disabled:
        return None
    return Person(user.name, user.role), frozenset(row.scopes)
