"""Once it is known who somebody is: the cookie of the session, and the way to the page that was asked for.

In: a token of a session, an address that the browser brought along. Out: a redirect within this site, with a cookie
that scripts cannot read and other sites cannot send with a change. Knows nothing of passwords or providers.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from app.text import LANGUAGES
from backend.people import sessions
from backend.people.sessions import SESSION_LENGTH
from backend.review.store.database import Database

OWN_PAGES = ("login", "logout", "password")  # a login leads on, not back
NO_STORE = {"Cache-Control": "no-store"}


def enter(request: Request, *, database: Database, cookie: str, target: str, token: str) -> Response:
    """Lead on with a new session; the one that the browser had before ends."""
    if (old := request.cookies.get(cookie)) is not None:
        sessions.log_out(database, old)
    answer = RedirectResponse(target, 303)
    answer.set_cookie(
        cookie,
        token,
        max_age=int(SESSION_LENGTH.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer


def local_target(target: str, *, language: str) -> str:
    """A path of this site in the language of the page; anything else leads to the first page."""
    start = f"/{language}/"
    is_path = target.startswith("/") and not target.startswith("//") and target.isprintable() and "\\" not in target
    if not is_path:
        return start
    parts = urlsplit(target)
    prefix, _, rest = parts.path.lstrip("/").partition("/")
    if prefix not in LANGUAGES or parts.netloc or rest.strip("/").partition("/")[0] in OWN_PAGES:
        return start
    return f"{start}{rest.lstrip('/')}{f'?{parts.query}' if parts.query else ''}"
