"""Who calls the API: the person behind a token, if its scopes and the person's role allow the call.

In: the `Authorization` header. Out: a `Person`, or 401 or 403. A cookie counts for nothing here, so that no page of
another site can make a browser call the API.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from backend.errors import AccessError
from backend.people import tokens
from backend.people.person import Person
from backend.review.store.database import Database

BEARER = HTTPBearer(auto_error=False, description="A token of `tashika tokens create`.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]


def open_database_of(request: Request) -> Database:
    """The database of the application."""
    return request.app.state.database


OpenDatabase = Annotated[Database, Depends(open_database_of)]


def caller(scope: str, *, role: str) -> Callable[..., Person]:
    """A dependency: the person behind the token, which must have this scope and act for this role.

    A token that may submit and not review reads what its owner submitted, and nobody else's, whatever its owner may do.

    Raises:
        AccessError: no token, not a valid one, not this scope, or not this role.
    """

    def find_caller(credentials: Credentials, database: OpenDatabase) -> Person:
        if credentials is None:
            raise AccessError("token.missing", "Send a token: Authorization: Bearer …")
        found = tokens.identify(database, credentials.credentials)
        if found is None:
            raise AccessError("token.invalid", "This token is not valid, or no longer.")
        person, scopes = found
        if scope not in scopes:
            raise AccessError("token.scope", "This token lacks the scope {scope}.", scope=scope)
        person.require(role)
        return replace(person, role="submitter") if scope == "submit" and "review" not in scopes else person

    return find_caller
