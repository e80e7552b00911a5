"""An item is left for later or for somebody else, or comes back: skip, postpone, pass on; take back, reopen.

In: the review's events. Out: the next item, or this one again. Every handler takes the person from the request, never
from the browser. Knows nothing of how a verdict is given.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import gradio as gr

from app.pages.context import Context
from app.pages.handling import (
    MAX_NOTE_CHARACTERS,
    person_of_page,
    require_choice,
    require_id,
    require_number,
    require_text,
)
from app.pages.holding import next_item
from app.text import local_time, text
from backend.people import users
from backend.people.person import ROLES
from backend.review.queue import dispatch, verdicts
from backend.review.queue.conflicts import ReviewConflict
from backend.review.store.tables import now
from backend.review.store.views import ItemView

#: What the page offers; a browser may ask for anything up to a year.
HOURS = (1, 4, 24, 168)
MAX_HOURS = 24.0 * 366
#: Roles that review.
REVIEWING_ROLES = ROLES[1:]
MAX_NAME_CHARACTERS = 200

Show = Callable[..., tuple]


def build_skip(show: Show, *, language: str, context: Context) -> Callable[..., tuple]:
    """The handler of *Skip*: another person's item is passed over without a trace."""

    def skip(page: float, state: str, request: gr.Request, event: gr.EventData) -> tuple:
        person, item_id = person_of_page(context, request, event), require_id(event._data.get("item"))
        next_id = next_item(context, person, after=item_id)
        if next_id is None:
            return show(item_id, page, state, text(language, "inbox.last"), person=person)
        with suppress(ReviewConflict):
            dispatch.skip(context.database, item_id=item_id, reviewer=person.name)
        return show(next_id, page, state, "", person=person)

    return skip


def build_postpone(show: Show, *, language: str, context: Context) -> Callable[..., tuple]:
    """The handler of *Postpone*."""

    def postpone(page: float, state: str, request: gr.Request, event: gr.EventData) -> tuple:
        person, item_id = person_of_page(context, request, event), require_id(event._data.get("item"))
        hours = require_number(event._data.get("hours"), low=0.1, high=MAX_HOURS)
        until = now() + timedelta(hours=hours)
        note = require_text(event._data.get("note"), limit=MAX_NOTE_CHARACTERS)
        dispatch.postpone(
            context.database, item_id=item_id, reviewer=person.name, roles=person.roles, until=until, note=note
        )
        said = text(language, "inbox.done.postponed", item=item_id, until=local_time(language, until))
        return show(next_item(context, person, after=item_id), page, state, said, person=person)

    return postpone


def build_escalate(show: Show, *, language: str, context: Context) -> Callable[..., tuple]:
    """The handler of *Pass on*."""

    def escalate(page: float, state: str, request: gr.Request, event: gr.EventData) -> tuple:
        person, item_id = person_of_page(context, request, event), require_id(event._data.get("item"))
        typed = require_text(event._data.get("person"), limit=MAX_NAME_CHARACTERS).strip()
        to_person = users.name_reviewer(context.database, typed) if typed else ""
        to_role = require_choice(event._data.get("role"), choices=("", *REVIEWING_ROLES))
        dispatch.escalate(
            context.database,
            item_id=item_id,
            reviewer=person.name,
            roles=person.roles,
            to_person=to_person,
            to_role=to_role,
            note=require_text(event._data.get("note"), limit=MAX_NOTE_CHARACTERS),
            wants_second=event._data.get("second") is True,
        )
        whom = to_person or text(language, f"role.{to_role}")
        said = text(language, "inbox.done.escalated", item=item_id, whom=whom)
        return show(next_item(context, person, after=item_id), page, state, said, person=person)

    return escalate


def build_wake(show: Show, *, language: str, context: Context) -> Callable[..., tuple]:
    """The handler of *Take back now*: an item that was put off waits at once."""

    def wake(page: float, state: str, request: gr.Request, event: gr.EventData) -> tuple:
        person, item_id = person_of_page(context, request, event), require_id(event._data.get("item"))
        dispatch.wake(context.database, item_id=item_id, reviewer=person.name, roles=person.roles)
        return show(item_id, page, state, text(language, "inbox.done.woken", item=item_id), person=person)

    return wake


def build_reopen(show: Show, *, language: str, context: Context) -> Callable[..., tuple]:
    """The handler of *Reopen*: a decided item waits again, with the reason on record."""

    def reopen(page: float, state: str, request: gr.Request, event: gr.EventData) -> tuple:
        person, item_id = person_of_page(context, request, event), require_id(event._data.get("item"))
        note = require_text(event._data.get("note"), limit=MAX_NOTE_CHARACTERS)
        verdicts.reopen(context.database, item_id=item_id, reopened_by=person.name, roles=person.roles, note=note)
        return show(item_id, page, state, text(language, "inbox.done.reopened", item=item_id), person=person)

    return reopen


def passing_on_value(item: ItemView, *, language: str) -> dict:
    """Names and choices of what `review.js` offers below the verdicts."""
    return {
        "reopen": _reopen(language) if item.verdict is not None else None,
        "wake": _wake(item, language=language),
        "title": text(language, "review.later"),
        "hours": [(hours, text(language, f"review.later.{hours}")) for hours in HOURS],
        "when": text(language, "review.later.when"),
        "postpone": text(language, "review.postpone"),
        "person": text(language, "review.pass.person"),
        "role": text(language, "review.pass.role"),
        "roles": [("", text(language, "review.pass.nobody")), *_roles(language)],
        "note": text(language, "review.pass.note"),
        "second": text(language, "review.pass.second"),
        "escalate": text(language, "review.pass"),
        "record": {"text": text(language, "review.record"), "href": f"/{language}/items/{item.id}/record"},
    }


def _reopen(language: str) -> dict[str, str]:
    return {"text": text(language, "review.reopen"), "reason": text(language, "review.reopen.reason")}


def _wake(item: ItemView, *, language: str) -> dict[str, str] | None:
    if item.state != "pending" or item.postponed_until is None or item.postponed_until <= now():
        return None
    until = text(language, "inbox.chip.postponed", until=local_time(language, item.postponed_until))
    return {"text": text(language, "review.wake"), "until": until}


def _roles(language: str) -> list[tuple[str, str]]:
    return [(role, text(language, f"role.{role}")) for role in REVIEWING_ROLES]
