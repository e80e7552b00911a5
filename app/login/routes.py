"""The addresses around logging in: the form, the check, a new password, logging out, and "who am I".

In: forms. Out: a cookie that scripts cannot read and other sites cannot send with a change; redirects within this site.
Knows nothing of the pages behind the gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from app.login.entering import NO_STORE, enter, local_target
from app.login.gate import CALLBACK_PATH, person_of
from app.login.oidc import ProviderPages, Way
from app.login.page import login_page, password_page
from app.text import LANGUAGES, error_text
from backend.errors import AccessError
from backend.people import sessions, users
from backend.review.store.database import Database

MAX_FIELD_CHARACTERS = 2_000
Field = Annotated[str, Form(max_length=MAX_FIELD_CHARACTERS)]


def cookie_name(port: int) -> str:
    """Cookies know no ports: two installations on one machine must not take each other's."""
    return f"tashika_session_{port}"


def add_routes(app: FastAPI, *, database: Database, cookie: str, way: Way | None = None) -> None:
    """Add the addresses, before Gradio takes everything below its language."""
    app.add_api_route(CALLBACK_PATH, ProviderPages(LANGUAGES[0], database, cookie, way).finish, response_model=None)
    for language in LANGUAGES:
        pages = LoginPages(language, database, cookie, has_provider=way is not None)
        provided = ProviderPages(language, database, cookie, way)
        app.add_api_route(f"/{language}/login/oidc", provided.begin, response_model=None)
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
    has_provider: bool

    def show_login(self, request: Request) -> Response:
        """The form; nobody needs it as long as there are no users."""
        target = local_target(request.query_params.get("next", ""), language=self.language)
        if not self.has_provider and not users.exist(self.database):
            return RedirectResponse(f"/{self.language}/", 303)
        page = login_page(self.language, target=target, has_provider=self.has_provider)
        return HTMLResponse(page, headers=NO_STORE)

    def log_in(self, request: Request, name: Field = "", password: Field = "", next: Field = "") -> Response:
        """Check name and password."""
        target = local_target(next, language=self.language)
        try:
            token = sessions.log_in(self.database, name=name, password=password, address=_address(request))
        except AccessError as error:
            said = error_text(self.language, error)
            page = login_page(self.language, target=target, name=name, error=said, has_provider=self.has_provider)
            return HTMLResponse(page, _status(error), headers=NO_STORE)
        return self._enter(request, target=target, token=token)

    def show_password(self, request: Request) -> Response:
        """The form for a new password; the local person has none, nor has who came by an identity provider."""
        person = person_of(request)
        if person.is_local or person.is_provided:
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
        return enter(request, database=self.database, cookie=self.cookie, target=target, token=token)


def tell_who(request: Request) -> JSONResponse:
    """Who is logged in, for the head of the page."""
    person = person_of(request)
    content = {
        "name": person.name,
        "role": person.role,
        "is_local": person.is_local,
        "has_password": not (person.is_local or person.is_provided),
    }
    return JSONResponse(content, headers=NO_STORE)


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _status(error: AccessError) -> int:
    return 429 if error.code == "login.locked" else 401
