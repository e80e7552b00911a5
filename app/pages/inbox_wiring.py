"""What happens when a person works with the list of the inbox: filter, turn, keep a view, assign.

In: the list's events. Out: the list again. Every handler takes the user from the request, never from the browser.
Knows nothing of the item that is open, but its number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import gradio as gr

from app.pages.context import Context
from app.pages.frame import PAGE_ROLES
from app.pages.handling import (
    LISTENER,
    MAX_NOTE_CHARACTERS,
    RequestError,
    authorizes,
    optional_id,
    owner_of_page,
    require_id,
    require_text,
)
from app.pages.inbox_list import PAGE_SIZE, read_list, read_query
from backend.people import users
from backend.review.queue import dispatch, saved_views


@dataclass(frozen=True, slots=True)
class ListParts:
    """The list itself, and hidden components for the open item, the page, the query and the page's owner."""

    listing: gr.HTML
    item: gr.Number
    page: gr.Number
    query: gr.Textbox
    owner: gr.Textbox

    @property
    def views(self) -> list:
        """What every handler here changes."""
        return [self.listing, self.page, self.query]


def wire_list(parts: ListParts, *, language: str, context: Context) -> None:
    """Attach the handlers of the list."""
    guarded = authorizes(language, context=context, role=PAGE_ROLES["inbox"])
    show = partial(_show, language=language, context=context)

    def filter_by(item: float | None, request: gr.Request, event: gr.EventData) -> tuple:
        return show(item, 1, event._data.get("query"), user=context.current_user(request.request))

    def turn(item: float | None, query: str, request: gr.Request, event: gr.EventData) -> tuple:
        return show(item, event._data.get("page"), query, user=context.current_user(request.request))

    def keep(
        item: float | None, page: float, query: str, owner: str, request: gr.Request, event: gr.EventData
    ) -> tuple:
        user, query = owner_of_page(context, request, owner).name, event._data.get("query", query)
        asked = read_query(query)  # what is on the page now, which the answer to the last change may not have brought
        name = require_text(event._data.get("name"), limit=MAX_NOTE_CHARACTERS)
        saved_views.save(context.database, owner=user, name=name, where=asked.where, sort=asked.sort)
        return show(item, page, query, user=user)

    def forget(
        item: float | None, page: float, query: str, owner: str, request: gr.Request, event: gr.EventData
    ) -> tuple:
        user = owner_of_page(context, request, owner).name
        saved_views.remove(context.database, owner=user, view_id=require_id(event._data.get("id")))
        return show(item, page, query, user=user)

    def assign(
        item: float | None, page: float, query: str, owner: str, request: gr.Request, event: gr.EventData
    ) -> tuple:
        user = owner_of_page(context, request, owner).name
        typed = require_text(event._data.get("person"), limit=MAX_NOTE_CHARACTERS).strip()
        person = users.name_reviewer(context.database, typed) if typed else None
        ids = _require_ids(event._data.get("ids"))
        dispatch.assign(context.database, item_ids=ids, assignee=person, assigned_by=user)
        listing, *rest = show(item, page, query, user=user)
        return {**listing, "assigned": ids}, *rest

    place = [parts.item, parts.page, parts.query, parts.owner]
    # By default Gradio drops a second click while the first one waits for its answer.
    always = {**LISTENER, "trigger_mode": "multiple"}
    parts.listing.filter(guarded(filter_by), parts.item, parts.views, **always)
    parts.listing.turn(guarded(turn), [parts.item, parts.query], parts.views, **always)
    parts.listing.keep(guarded(keep), place, parts.views, **LISTENER)
    parts.listing.forget(guarded(forget), place, parts.views, **LISTENER)
    parts.listing.assign(guarded(assign), place, parts.views, **LISTENER)


def _show(item: float | None, page: object, query: object, *, user: str, language: str, context: Context) -> tuple:
    return read_list(
        context, read_query(query), page=require_id(page), open_item=optional_id(item), user=user, language=language
    )


def _require_ids(sent: object) -> list[int]:
    if not isinstance(sent, list) or len(sent) > PAGE_SIZE:
        raise RequestError("request.number", "This page sent no valid number. Reload the page and try again.")
    if not sent:
        raise RequestError("request.none_selected", "Nothing is selected; tick the items that you want to assign.")
    return [require_id(one) for one in sent]
