"""`POST /drafts/{item}`: keeps what a reviewer types. A plain route, so that a tab that closes can still send.

In: the newest text, comment, reason and accepted phrases, numbered by the browser. Out: 204, or one sentence;
both texts where the item has passed to somebody else (the draft is kept).
Whose draft it is, the request's user decides, never the browser; what another person's page sends is refused.
Knows nothing of verdicts.
"""

from __future__ import annotations

from typing import Annotated

import fastapi
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from app.pages.context import Context
from app.pages.frame import PAGE_ROLES
from app.pages.handling import (
    MAX_ID,
    MAX_NOTE_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    MAX_USER_CHARACTERS,
    require_own_page,
)
from app.pages.holding import conflict_value
from app.text import LANGUAGES, error_text
from backend.errors import TashikaError
from backend.review.queue import drafts
from backend.review.queue.conflicts import ReviewConflict
from backend.review.queue.verdict_details import REASON_CODES

MAX_PHRASES = 20_000

PhraseNumber = Annotated[int, Field(ge=0, lt=MAX_PHRASES)]


class DraftBody(BaseModel):
    """What the page sends."""

    model_config = ConfigDict(extra="forbid", strict=True)

    user: str = Field(max_length=MAX_USER_CHARACTERS)
    text: str = Field(max_length=MAX_TEXT_CHARACTERS)
    note: str = Field(max_length=MAX_NOTE_CHARACTERS)
    reason: str = Field(pattern=f"^({'|'.join(REASON_CODES)})?$")
    accepted: list[PhraseNumber] = Field(max_length=MAX_PHRASES)
    tab: str = Field(pattern="^[0-9a-f]{24}$")
    sequence: int = Field(ge=1, lt=2**31)


def build_draft_route(context: Context) -> fastapi.APIRouter:
    """The route, to be included by the composition root."""
    router = fastapi.APIRouter()

    @router.post("/drafts/{item_id}", response_model=None)
    def save(
        item_id: Annotated[int, fastapi.Path(gt=0, lt=MAX_ID)], body: DraftBody, request: fastapi.Request
    ) -> fastapi.Response:
        try:
            person = context.person(request)
            person.require(PAGE_ROLES["inbox"])
            require_own_page(person, user=body.user)
            typed = body.model_dump(exclude={"user"})
            drafts.save(context.database, item_id=item_id, reviewer=person.name, **typed)
        except ReviewConflict as error:  # it is kept all the same, but somebody else has the item
            language = language_of_page(request)
            return JSONResponse(conflict_value(error.conflict, sentence=error_text(language, error), language=language))
        except TashikaError as error:
            return JSONResponse({"error": error_text(language_of_page(request), error)}, status_code=400)
        return fastapi.Response(status_code=204)

    return router


def language_of_page(request: fastapi.Request) -> str:
    """The language of the page that sent this, by its address."""
    referer = request.headers.get("referer", "")
    return next((name for name in LANGUAGES if f"/{name}/" in referer), LANGUAGES[0])
