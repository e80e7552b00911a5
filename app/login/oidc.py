"""The addresses of logging in by an identity provider: the way there, and the way back.

In: requests, and what the installation was told about its provider (`build_way`). Out: a redirect to the provider; from
there a session like any other, or the login page with one sentence. What must fit on the way back (state, nonce, PKCE
verifier) is kept by a cookie of ten minutes that only the callback gets to see. Knows nothing of the protocol.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from dataclasses import asdict, dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import Headers

from app.login.entering import NO_STORE, enter, local_target
from app.login.gate import CALLBACK_PATH, language_of
from app.login.page import login_page
from app.text import LANGUAGES, error_text
from backend.config import Settings
from backend.errors import AccessError
from backend.people import identities
from backend.people.identities import Rules
from backend.people.oidc import Begun, Client, Provider
from backend.people.person import ROLES
from backend.review.store.database import Database

MAX_WAY_SECONDS = 600
MAX_TARGET_CHARACTERS = 1_000  # a cookie holds 4,096
_REASON = re.compile(r"[a-z_]{1,60}")


@dataclass(frozen=True)
class Way:
    """The provider of an installation, who is let in as what, and where the provider sends browsers back to."""

    provider: Provider
    rules: Rules
    redirect_url: str

    def callback_of(self, request: Request) -> str:
        """The callback as it was registered; without one, under the address that the browser uses."""
        return self.redirect_url or f"{request.url.scheme}://{request.url.netloc}{CALLBACK_PATH}"


def build_way(settings: Settings) -> Way | None:
    """What `TASHIKA_OIDC_…` say; None where they name no provider.

    Raises:
        AccessError: they do not fit together.
    """
    if not settings.oidc_issuer:
        return None
    for role in (*settings.oidc_roles.values(), settings.oidc_default_role or ROLES[0]):
        if role not in ROLES:
            raise AccessError(
                "users.role", "There is no role {role}; choose one of: {roles}.", role=role, roles=", ".join(ROLES)
            )
    client = Client(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        role_claim=settings.oidc_role_claim,
    )
    domains = tuple(one.strip().casefold() for one in settings.oidc_domains.split(",") if one.strip())
    rules = Rules(default_role=settings.oidc_default_role, roles=settings.oidc_roles, domains=domains)
    return Way(Provider(client), rules, settings.oidc_redirect_url)


@dataclass(frozen=True)
class ProviderPages:
    """The two addresses, in one language; where there is no provider they lead to the login page."""

    language: str
    database: Database
    cookie: str
    way: Way | None

    def begin(self, request: Request) -> Response:
        """Send the browser to the provider."""
        target = local_target(request.query_params.get("next", "")[:MAX_TARGET_CHARACTERS], language=self.language)
        if self.way is None:
            return RedirectResponse(f"/{self.language}/login", 303)
        try:
            address, begun = self.way.provider.begin(redirect_uri=self.way.callback_of(request))
        except AccessError as error:
            return self._refuse(error, language=self.language, target=target)
        answer = RedirectResponse(address, 303, headers=NO_STORE)
        answer.set_cookie(
            self._cookie,
            _pack({**asdict(begun), "language": self.language, "target": target}),
            max_age=MAX_WAY_SECONDS,
            path=CALLBACK_PATH,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return answer

    def finish(self, request: Request) -> Response:
        """The browser is back: let it in, or say why not."""
        kept = _unpack(request.cookies.get(self._cookie, ""))
        language = kept["language"] if kept["language"] in LANGUAGES else language_of("", Headers(scope=request.scope))
        target = local_target(kept["target"], language=language)
        try:
            token = self._enter(request, Begun(kept["state"], kept["nonce"], kept["verifier"]))
            answer = enter(request, database=self.database, cookie=self.cookie, target=target, token=token)
        except AccessError as error:
            answer = self._refuse(error, language=language, target=target)
        answer.delete_cookie(self._cookie, path=CALLBACK_PATH, httponly=True, samesite="lax")
        return answer

    def _enter(self, request: Request, begun: Begun) -> str:
        asked = request.query_params
        is_known = bool(begun.state) and secrets.compare_digest(asked.get("state", "").encode(), begun.state.encode())
        if self.way is None or not is_known:
            raise AccessError(
                "oidc.state", "This login was begun in another browser, or too long ago; begin it again here."
            )
        if "code" not in asked:
            reason = asked.get("error", "")
            raise AccessError(
                "oidc.refused",
                "The identity provider did not let you in ({reason}); try again, or ask an administrator.",
                reason=reason if _REASON.fullmatch(reason) else "?",
            )
        redirect_uri = self.way.callback_of(request)
        account = self.way.provider.finish(code=asked["code"], begun=begun, redirect_uri=redirect_uri)
        return identities.enter(self.database, account, rules=self.way.rules)

    def _refuse(self, error: AccessError, *, language: str, target: str) -> Response:
        page = login_page(language, target=target, error=error_text(language, error), has_provider=self.way is not None)
        return HTMLResponse(page, 401, headers=NO_STORE)

    @property
    def _cookie(self) -> str:
        return f"{self.cookie}_oidc"


def _pack(kept: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(kept).encode()).decode().rstrip("=")


def _unpack(value: str) -> dict[str, str]:
    """What the cookie kept; empty strings where it is not there, or not as this program wrote it."""
    empty = {name: "" for name in ("state", "nonce", "verifier", "language", "target")}
    try:
        kept = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    except ValueError:
        return empty
    if not isinstance(kept, dict):
        return empty
    return {name: kept[name] if isinstance(kept.get(name), str) else "" for name in empty}
