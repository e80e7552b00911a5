"""The addresses around logging in: the form, the check, a new password, logging out, and "who am I".

In: forms. Out: a cookie that scripts cannot read and other sites cannot send with a change; redirects within this site.
Knows nothing of the pages behind the gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from app.login.gate import person_of
from app.login.page import login_page, password_page
from app.text import LANGUAGES, error_text
from backend.errors import AccessError
from backend.people import sessions, users
from backend.people.sessions import SESSION_LENGTH
from backend.review.database import Database

MAX_FIELD_CHARACTERS = 2_000
Field = Annotated[str, Form(max_length=MAX_FIELD_CHARACTERS)]
OWN_PAGES = ("login", "logout", "password")  # a login leads on, not back
NO_STORE = {"Cache-Control": "no-store"}


def cookie_name(port: int) -> str:
    """Cookies know no ports: two installations on one machine must not take each other's."""
    return f"tashika_session_{port}"


def add_routes(app: FastAPI, *, database: Database, cookie: str) -> None:
    """Add the addresses, before Gradio takes everything below its language."""
    for language in LANGUAGES:
        pages = LoginPages(language, database, cookie)
        app.add_api_route(f"/{language}/login", pages.show_login, response_model=None)
        app.add_api_route(f"/{language}/login", pages.log_in, methods=["POST"], response_model=None)
        app.add_api_route(f"/{language}/password", pages.show_password, response_model=None)
        app.add_api_route(f"/{language}/password", pages.change_password, methods=["POST"], response_model=None)
        app.add_api_route(f"/{language}/logout", pages.log_out, methods=["POST"], response_model=None)
    app.add_api_route("/me", tell_who, response_model=None)


@dataclass(frozen=True)
class LoginPages:
    """The pages in one language."""

    language: str
    database: Database
    cookie: str

    def show_login(self, request: Request) -> Response:
        """The form; nobody needs it as long as there are no users."""
        target = local_target(request.query_params.get("next", ""), language=self.language)
        if not users.exist(self.database):
            return RedirectResponse(f"/{self.language}/", 303)
        return HTMLResponse(login_page(self.language, target=target), headers=NO_STORE)

    def log_in(self, request: Request, name: Field = "", password: Field = "", next: Field = "") -> Response:
        """Check name and password; the session that the browser had before ends."""
        target = local_target(next, language=self.language)
        try:
            token = sessions.log_in(self.database, name=name, password=password, address=_address(request))
        except AccessError as error:
            page = login_page(self.language, target=target, name=name, error=error_text(self.language, error))
            return HTMLResponse(page, _status(error), headers=NO_STORE)
        if (old := request.cookies.get(self.cookie)) is not None:
            sessions.log_out(self.database, old)
        return self._enter(request, target=target, token=token)

    def show_password(self, request: Request) -> Response:
        """The form for a new password; the local person has none."""
        person = person_of(request)
        if person.is_local:
            return RedirectResponse(f"/{self.language}/", 303)
        return HTMLResponse(password_page(self.language, person=person), headers=NO_STORE)

    def change_password(self, request: Request, old: Field = "", new: Field = "") -> Response:
        """Replace the password; every other browser of this person is logged out."""
        person = person_of(request)
        try:
            token = sessions.change_password(
                self.database, name=person.name, old=old, new=new, address=_address(request)
            )
        except AccessError as error:
            page = password_page(self.language, person=person, error=error_text(self.language, error))
            return HTMLResponse(page, _status(error), headers=NO_STORE)
        return self._enter(request, target=f"/{self.language}/", token=token)

    def log_out(self, request: Request) -> Response:
        """End the session of this browser."""
        sessions.log_out(self.database, request.cookies.get(self.cookie, ""))
        answer = RedirectResponse(f"/{self.language}/login", 303)
        answer.delete_cookie(self.cookie, httponly=True, samesite="lax")
        return answer

    def _enter(self, request: Request, *, target: str, token: str) -> Response:
        answer = RedirectResponse(target, 303)
        answer.set_cookie(
            self.cookie,
            token,
            max_age=int(SESSION_LENGTH.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return answer


def tell_who(request: Request) -> JSONResponse:
    """Who is logged in, for the head of the page."""
    person = person_of(request)
    content = {"name": person.name, "role": person.role, "is_local": person.is_local}
    return JSONResponse(content, headers=NO_STORE)


def local_target(target: str, *, language: str) -> str:
    """A path of this site in the language of the page; anything else leads to the first page."""
    start = f"/{language}/"
    is_path = target.startswith("/") and not target.startswith("//") and target.isprintable() and "\\" not in target
    if not is_path:
        return start
    parts = urlsplit(target)
    prefix, _, rest = parts.path.lstrip("/").partition("/")
    if prefix not in LANGUAGES or parts.netloc or rest.strip("/") in OWN_PAGES:
        return start
    return f"{start}{rest.lstrip('/')}{f'?{parts.query}' if parts.query else ''}"


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _status(error: AccessError) -> int:
    return 429 if error.code == "login.locked" else 401
