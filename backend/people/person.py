"""A person as the rest of the program sees one: a name, a role, and what the role may do.

In: nothing. Out: frozen values. Knows nothing of passwords, tables or requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backend.errors import AccessError

#: Each may do what the ones before may. submitter: own summaries; reviewer: inbox and verdicts;
#: lead: settings, recalibration, insights, exports; admin: users, tokens, webhooks.
ROLES = ("submitter", "reviewer", "lead", "admin")
#: What a token may be used for; its owner's role bounds it, too.
SCOPES = ("submit", "review", "export", "policy")
LOCAL_NAME = "local"


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks for something.

    Attributes:
        name: as it stands in records.
        role: one of `ROLES`.
        is_local: the one person of an installation without users.
        must_change_password: logged in with a password that someone else made.
        is_provided: an identity provider says who it is; there is no password to change.
    """

    name: str
    role: str
    is_local: bool = False
    must_change_password: bool = False
    is_provided: bool = False

    def may(self, role: str) -> bool:
        """Whether this person may do what `role` may."""
        return ROLES.index(self.role) >= ROLES.index(role)

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role that this person acts for."""
        return ROLES[: ROLES.index(self.role) + 1]

    def require(self, role: str) -> None:
        """Refuse a person who may not do what `role` may.

        Raises:
            AccessError: the person's role does not allow it.
        """
        if not self.may(role):
            raise AccessError(
                "access.role",
                "Your role ({role}) does not allow this; ask a person who administers this program.",
                role=self.role,
            )


#: The one person of an installation that has no users and listens on this machine only.
LOCAL_PERSON = Person(LOCAL_NAME, "admin", is_local=True)


@dataclass(frozen=True, slots=True)
class UserView:
    """A user as listed; `is_provided` where an identity provider, not a password, says who it is."""

    id: int
    name: str
    role: str
    is_disabled: bool
    is_temporary: bool
    is_provided: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token as listed: never the token itself. `owner` is a user, or the local person."""

    id: int
    name: str
    prefix: str
    scopes: tuple[str, ...]
    owner: str
    created_at: datetime
    is_revoked: bool
