"""`POST /leases/{item}`: keeps an item while somebody works on it, or gives it back.

A plain route, so that a tab that closes can still send.
In: whether the item is still worked on, and the version that is shown. Out: who holds it now; that it has changed; or
both texts where it has passed to somebody else.
Whose lease it is, the request's user decides, never the browser; what another person's page sends is refused.
Knows nothing of verdicts.
"""

from __future__ import annotations

from typing import Annotated

import fastapi
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from app.pages.context import Context
from app.pages.draft_route import language_of_page
from app.pages.frame import PAGE_ROLES
from app.pages.handling import MAX_ID, MAX_USER_CHARACTERS, require_own_page
from app.pages.holding import conflict_value, lease_value
from app.text import error_text
from backend.errors import TashikaError
from backend.review.queue import leases
from backend.review.queue.conflicts import ReviewConflict


class LeaseBody(BaseModel):
    """What the page sends."""

    model_config = ConfigDict(extra="forbid", strict=True)

    user: str = Field(max_length=MAX_USER_CHARACTERS)
    is_held: bool
    version: int | None = Field(default=None, ge=1, lt=MAX_ID)


def build_lease_route(context: Context) -> fastapi.APIRouter:
    """The route, to be included by the composition root."""
    router = fastapi.APIRouter()

    @router.post("/leases/{item_id}", response_model=None)
    def keep(
        item_id: Annotated[int, fastapi.Path(gt=0, lt=MAX_ID)], body: LeaseBody, request: fastapi.Request
    ) -> fastapi.Response:
        language = language_of_page(request)
        try:
            person = context.person(request)
            person.require(PAGE_ROLES["inbox"])
            require_own_page(person, user=body.user)
            if not body.is_held:
                leases.release(context.database, item_id=item_id, reviewer=person.name)
                return fastapi.Response(status_code=204)
            lease = leases.claim(
                context.database,
                item_id=item_id,
                reviewer=person.name,
                roles=person.roles,
                team=context.team(),
                expected_version=body.version,
            )
        except ReviewConflict as error:  # an answer, not a failure of the page
            return JSONResponse(conflict_value(error.conflict, sentence=error_text(language, error), language=language))
        except TashikaError as error:
            return JSONResponse({"error": error_text(language, error)}, status_code=400)
        return JSONResponse(lease_value(lease, user=person.name, language=language))

    return router
