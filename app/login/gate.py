"""The gate: every request is somebody's, or goes no further.

In: ASGI requests. Out: the same with the person in their scope; a way to the login page, 401 or 403 for the others.
On this machine's own address and without users there is one local person; from the first user on everybody logs in.
Programs show a token instead: `/api/` passes and checks it itself (`app.api`); on the pages' own addresses a token with
the scope `submit` acts as a submitter, whatever its owner may do. Knows nothing of pages but their paths.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.login.page import refusal_page
from app.text import LANGUAGES, preferred_language
from backend.errors import AccessError
from backend.people import sessions, tokens, users
from backend.people.person import LOCAL_PERSON, Person
from backend.review.store.database import Database

PERSON = "tashika.person"  # its place in the scope of a request
CALLBACK_PATH = "/login/oidc/callback"  # where an identity provider sends the browser back to
LOGIN_PATHS = tuple(f"/{language}/{name}" for language in LANGUAGES for name in ("login", "login/oidc"))
OPEN_PATHS = ("/healthz", "/favicon.ico", CALLBACK_PATH, *LOGIN_PATHS)
API_PREFIX = "/api/"
#: What a person whose password somebody else made may open before choosing an own one.
NEW_PASSWORD_PATHS = tuple(f"/{language}/{name}" for language in LANGUAGES for name in ("password", "logout"))


class Gate:
    """Finds out who sends a request, and lets nobody else in."""

    def __init__(
        self, app: ASGIApp, *, database: Database, cookie: str, allows_local: bool, page_roles: Mapping[str, str]
    ) -> None:
        self.app = app
        self.database = database
        self.cookie = cookie
        self.allows_local = allows_local
        self.page_roles = page_roles

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a known person's request on, answer every other."""
        if scope["type"] not in ("http", "websocket") or is_open(scope["path"]):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        bearer = bearer_of(connection.headers)
        if bearer is not None:
            person = await run_in_threadpool(find_program, self.database, bearer)
        else:
            person = await run_in_threadpool(self._find, connection.cookies.get(self.cookie))
        refusal = self._refusal(scope, person)
        if refusal is None:
            scope[PERSON] = person
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await refusal(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _find(self, token: str | None) -> Person | None:
        if token is not None and (person := sessions.find_person(self.database, token)) is not None:
            return person
        return LOCAL_PERSON if self.allows_local and not users.exist(self.database) else None

    def _refusal(self, scope: Scope, person: Person | None) -> Response | None:
        """The answer to a request that goes no further."""
        headers, path = Headers(scope=scope), scope["path"]
        wants_page = scope.get("method") in ("GET", "HEAD") and "text/html" in headers.get("accept", "")
        language = language_of(path, headers)
        if person is None:
            return _to_login(scope, language=language) if wants_page else _refuse(_login_needed(), status=401)
        if person.must_change_password and path not in NEW_PASSWORD_PATHS:
            target = f"/{language}/password"
            return RedirectResponse(target, 303) if wants_page else _refuse(_password_needed(), status=403)
        role = self.page_roles.get(path.strip("/").partition("/")[2])
        if scope.get("method") in ("GET", "HEAD") and role is not None and not person.may(role):
            return HTMLResponse(refusal_page(language, person=person), 403)
        return None


def bearer_of(headers: Headers) -> str | None:
    """The token that a program shows; what a proxy in front adds for itself is none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip().startswith(tokens.MARK) else None


def find_program(database: Database, token: str) -> Person | None:
    """Whom a token acts for on the pages: its owner, as a submitter; nobody without the scope for that."""
    found = tokens.identify(database, token)
    if found is None or "submit" not in found[1]:
        return None
    return replace(found[0], role="submitter")


def is_open(path: str) -> bool:
    """Whether a path is for everybody, or checks for itself who asks."""
    return path in OPEN_PATHS or path.startswith(API_PREFIX)


def person_of(request: Request | None) -> Person:
    """Who sends a request that has come through the gate.

    Raises:
        AccessError: it has not.
    """
    person = request.scope.get(PERSON) if request is not None else None
    if person is None:
        raise _login_needed()
    return person


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def require_users(database: Database, *, host: str, public_hosts: Sequence[str] = ()) -> None:
    """Refuse to serve other machines as long as anybody there would be let in.

    Raises:
        AccessError: the address is not this machine's own, or a proxy serves it under another name, and there are no
            users.
    """
    if public_hosts and not users.exist(database):
        raise AccessError(
            "server.public_needs_users",
            "Everybody who reaches {host} could use this program: add a user first "
            "(tashika users add NAME --role admin), or unset TASHIKA_PUBLIC_HOSTS.",
            host=public_hosts[0],
        )
    if not is_loopback(host) and not users.exist(database):
        raise AccessError(
            "server.needs_users",
            "Everybody who reaches the address {host} could use this program: add a user first "
            "(tashika users add NAME --role admin), or serve on 127.0.0.1.",
            host=host,
        )


def language_of(path: str, headers: Headers) -> str:
    """The language of an address, or the one that the browser asks for."""
    prefix = path.lstrip("/").partition("/")[0]
    return prefix if prefix in LANGUAGES else preferred_language(headers.get("accept-language", ""))


def _to_login(scope: Scope, *, language: str) -> Response:
    query = scope["query_string"].decode("latin-1")
    target = scope["path"] + (f"?{query}" if query else "")
    return RedirectResponse(f"/{language}/login?next={quote(target, safe='/')}", 303)


def _refuse(error: AccessError, *, status: int) -> Response:
    return JSONResponse({"code": error.code, "message": str(error)}, status)


def _login_needed() -> AccessError:
    return AccessError("login.needed", "You are not logged in, or no longer; log in and try again.")


def _password_needed() -> AccessError:
    return AccessError("login.new_password", "Choose a password of your own first.")
