"""`/api/v1` as an application of its own, mounted below the parent, with a documentation page that needs no network.

In: an open database. Out: a FastAPI application. Every refusal is JSON: `{"code": …, "message": …}`.
"""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException

from app.api import inbox, policy, submissions
from app.api.body_limit import BodyLimit
from app.api.forms import ErrorAnswer
from backend.errors import AccessError, ModelError, TashikaError
from backend.review.store.database import Database

LOGGER = logging.getLogger(__name__)

DESCRIPTION = (
    "Summaries that show where they are unsure, for programs. Make a token with `tashika tokens create` and send it as "
    "`Authorization: Bearer …`. Offsets are half-open code points; entropies are in nats."
)
#: Codes that mean "not now" rather than "not like this".
CONFLICTS = (
    "job.unfinished", "job.failed", "review.changed", "review.already_decided", "review.already_undone",
    "review.lease_passed", "review.own_second", "review.check_answered", "review.is_check", "submission.key_reused",
    "policy.changed",
)  # fmt: skip
UNKNOWN_CALLER = ("token.missing", "token.invalid")


def build_api(database: Database) -> FastAPI:
    """Put the API together."""
    answers = {code: {"model": ErrorAnswer} for code in (401, 403, 404, 409, 413, 422)}
    api = FastAPIOffline(
        redoc_url=None,
        title="Tashika",
        version="1",
        description=DESCRIPTION,
        responses=answers,
        favicon_url="/favicon.ico",
        swagger_ui_oauth2_redirect_url="/docs/oauth2-redirect",
    )
    api.state.database = database
    for part in (submissions, inbox, policy):
        api.include_router(part.router)
    api.add_middleware(BodyLimit)
    api.add_exception_handler(TashikaError, _refuse)
    api.add_exception_handler(RequestValidationError, _refuse_form)
    api.add_exception_handler(HTTPException, _refuse_path)
    api.add_exception_handler(Exception, _fail)
    return api


def status_of(error: TashikaError) -> int:
    """The HTTP status that says the same as an error."""
    if error.code in UNKNOWN_CALLER:
        return 401
    if error.code in CONFLICTS:
        return 409
    if error.code.endswith("not_found"):
        return 404
    if isinstance(error, AccessError):
        return 403
    return 503 if isinstance(error, ModelError) else 422


def _refuse(request: Request, error: TashikaError) -> JSONResponse:
    status = status_of(error)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return _answer(status, code=error.code, message=str(error), headers=headers)


def _refuse_form(request: Request, error: RequestValidationError) -> JSONResponse:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return _answer(422, code="request.invalid", message=f"{place}: {first['msg']}")


def _refuse_path(request: Request, error: HTTPException) -> JSONResponse:
    code = {404: "request.not_found", 405: "request.method"}.get(error.status_code, "request.refused")
    return _answer(error.status_code, code=code, message=str(error.detail), headers=error.headers)


def _fail(request: Request, error: Exception) -> JSONResponse:
    # The server's log has it in full; a stack trace is nobody else's business.
    return _answer(500, code="server.unexpected", message="Something went wrong; the log of the program says what.")


def _answer(status: int, *, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    storable = message.encode("utf-8", "replace").decode("utf-8")  # it may quote half a character
    return JSONResponse({"code": code, "message": storable}, status, headers=headers)
