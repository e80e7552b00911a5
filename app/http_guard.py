"""What every HTTP answer and request passes: security headers, the Origin check, the language of the address.

In: ASGI requests. Out: the same with headers added; 403 for a change asked for by another site; a redirect to the
page in the reader's language. Knows nothing of pages or documents.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.text import LANGUAGES, preferred_language

#: Gradio needs inline and evaluated scripts; everything else comes from this server alone.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")


class SecurityHeaders:
    """Adds the headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add headers to what comes back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers)


class SameOrigin:
    """Refuses a change that another site's page asks for; `own` are names of this one behind a proxy."""

    def __init__(self, app: ASGIApp, *, own: tuple[str, ...] = ()) -> None:
        self.app = app
        self.own = own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 to a foreign origin, pass everything else on."""
        if scope["type"] == "http" and is_foreign(scope["method"], Headers(scope=scope), own=self.own):
            refusal = PlainTextResponse("This request comes from another site and was refused.\n", status_code=403)
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)


def is_foreign(method: str, headers: Headers, *, own: tuple[str, ...] = ()) -> bool:
    """Whether a request that may change something was made by a page of another origin."""
    if method in SAFE_METHODS:
        return False
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc not in (headers.get("host", ""), *own)


def without_port(host: str) -> str:
    """`plant.example` of `plant.example:8443`; an IPv6 address keeps its brackets."""
    return re.sub(r":[0-9]+$", "", host)


class LanguageOfAddress:
    """Sends `/inbox` to `/ja/inbox` or `/en/inbox`, and `/en/inbox?lang=ja` to `/ja/inbox`."""

    def __init__(self, app: ASGIApp, *, pages: tuple[str, ...]) -> None:
        self.app = app
        self.pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect where the language of the address is missing or another one is asked for."""
        target = self._target(scope) if scope["type"] == "http" else None
        if target is None:
            await self.app(scope, receive, send)
            return
        await RedirectResponse(target, headers={"Vary": "Accept-Language"})(scope, receive, send)

    def _target(self, scope: Scope) -> str | None:
        prefix, _, rest = scope["path"].lstrip("/").partition("/")
        has_language = prefix in LANGUAGES
        page = (rest if has_language else scope["path"]).strip("/")
        if scope["method"] not in ("GET", "HEAD") or page not in self.pages:
            return None
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        asked = query.pop("lang", None)
        wanted = asked if asked in LANGUAGES else None
        if has_language and (asked is None or wanted is None):
            return None
        language = wanted or preferred_language(Headers(scope=scope).get("accept-language", ""))
        return f"/{language}/{page}{'?' if query else ''}{urlencode(query)}"
