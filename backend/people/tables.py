"""The tables of people: users, their sessions, attempts to log in, tokens of programs.

In: nothing. Out: SQLAlchemy tables. No password and no token is stored, only what it can be checked with.
Knows nothing of queries or use cases.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.review.store.tables import Table, now


class UserRow(Table):
    """A person who may log in. Never deleted: records keep the name. `password_hash` is "" where there is none."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(Text)
    is_temporary: Mapped[bool]
    is_disabled: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(default=now)


class LoginSessionRow(Table):
    """A browser that a person is logged in with; `token_hash` is the SHA-256 of its cookie."""

    __tablename__ = "login_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class IdentityRow(Table):
    """Whom an identity provider knows as whom; never an e-mail address, which can pass to somebody else."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class LoginAttemptRow(Table):
    """A try to log in that has not succeeded; a success deletes those of its name."""

    __tablename__ = "login_attempts"
    __table_args__ = (Index(None, "name", "created_at"), Index(None, "address", "created_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)


class TokenRow(Table):
    """What a program shows instead of a password; `user_id` is None for the one local person's."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    prefix: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[Any]]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]
