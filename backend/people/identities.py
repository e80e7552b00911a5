"""People who come by an identity provider: which user an account there is, and what it may do here.

In: a database, what the provider vouches for (`Account`), and who is let in as what (`Rules`). Out: the token of a
session like any other. An account is recognized by issuer and subject alone: names and addresses pass to others.
Knows nothing of HTTP or of how the provider was asked.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.errors import AccessError
from backend.people import sessions, users
from backend.people.person import LOCAL_NAME, ROLES
from backend.people.tables import IdentityRow, UserRow
from backend.review.store.database import Database
from backend.review.store.storable import clean_typed

_NOT_IN_NAMES = re.compile(r"[^\w.@+-]+")
_SUFFIX_CHARACTERS = 6


@dataclass(frozen=True, slots=True)
class Account:
    """What an identity provider vouches for.

    Attributes:
        issuer: the provider.
        subject: the account there, for ever.
        name: what the person is called there; "" where it is not told.
        email: an address; "" where none is told.
        is_email_verified: whether the provider has checked the address.
        groups: what the claim of roles says.
    """

    issuer: str
    subject: str
    name: str = ""
    email: str = ""
    is_email_verified: bool = False
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """Who is let in as what.

    Attributes:
        default_role: of a new user whom `roles` says nothing of; "" lets nobody in that way.
        roles: role by group. Where there are any, the provider decides at every login; else an administrator here.
        domains: of the verified addresses that may come in; empty: all accounts of the provider.
    """

    default_role: str
    roles: Mapping[str, str]
    domains: tuple[str, ...] = ()


def enter(database: Database, account: Account, *, rules: Rules) -> str:
    """Find or add the user of an account and begin a session; return its token.

    Raises:
        AccessError: the account may not come in, has no role here, or its user is disabled.
    """
    _check_domain(account, rules)
    try:
        return _enter(database, account, rules=rules)
    except IntegrityError:  # the same account, or the same name, from another browser at this moment: it is there now
        return _enter(database, account, rules=rules)


def _enter(database: Database, account: Account, *, rules: Rules) -> str:
    with database.session() as session:
        row = _find_user(session, account)
        if row is not None and row.is_disabled:
            raise AccessError(
                "oidc.disabled", "The user {name} is locked out here; ask an administrator.", name=row.name
            )
        role = _choose_role(account, rules, present=row.role if row is not None else None)
        change = None
        if row is None:
            row, change = _add_user(session, account, role=role), "user_added"
        elif role != row.role and not users.is_last_admin(session, row):
            row.role, change = role, "user_role"
        token = sessions.begin(session, user_id=row.id)
        if change is not None:
            users.record_change(session, change, row, by=row.name)
        session.commit()
        return token


def find_identity(session: Session, *, issuer: str, subject: str) -> IdentityRow | None:
    """The row of an account; a provider is the same one with and without a slash at the end of its address."""
    bare = issuer.rstrip("/")
    query = select(IdentityRow).where(IdentityRow.issuer.in_((bare, f"{bare}/")), IdentityRow.subject == subject)
    return session.scalars(query).first()


def _find_user(session: Session, account: Account) -> UserRow | None:
    identity = find_identity(session, issuer=account.issuer, subject=account.subject)
    return session.get_one(UserRow, identity.user_id) if identity is not None else None


def _add_user(session: Session, account: Account, *, role: str) -> UserRow:
    row = UserRow(name=_free_name(session, account), role=role, password_hash="", is_temporary=False, is_disabled=False)
    session.add(row)
    session.flush()
    session.add(IdentityRow(issuer=account.issuer, subject=account.subject, user_id=row.id))
    return row


def _free_name(session: Session, account: Account) -> str:
    """A name that nobody has: a user who was here before is never taken over because of a name."""
    told = clean_typed(account.name or account.email or account.subject)
    wanted = _NOT_IN_NAMES.sub("-", users.clean_name(told)).strip("-")[: users.MAX_NAME_CHARACTERS - _SUFFIX_CHARACTERS]
    wanted = wanted or "user"
    taken = {LOCAL_NAME, *session.scalars(select(UserRow.name).where(UserRow.name.startswith(wanted, autoescape=True)))}
    numbered = (f"{wanted}-{number}" for number in itertools.count(2))
    return next(name for name in itertools.chain((wanted,), numbered) if name not in taken)


def _check_domain(account: Account, rules: Rules) -> None:
    if not rules.domains:
        return
    domain = account.email.rpartition("@")[2].casefold()
    if not account.is_email_verified or domain not in rules.domains:
        raise AccessError(
            "oidc.domain",
            "Only accounts with a verified address of these domains may log in here: {domains}.",
            domains=", ".join(rules.domains),
        )


def _choose_role(account: Account, rules: Rules, *, present: str | None) -> str:
    """The highest role of the account's groups; without a mapping what an administrator here has set."""
    if not rules.roles and present is not None:
        return present
    found = [rules.roles[group] for group in account.groups if group in rules.roles]
    role = max(found, key=ROLES.index, default=rules.default_role)
    if not role:
        raise AccessError("oidc.role", "Your account has no role in this program; ask an administrator.")
    return role
