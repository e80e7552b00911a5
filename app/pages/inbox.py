"""The page *Inbox*: the summaries that wait for a person, the most doubtful first, and what the person says.

In: a choice from the list, a corrected text, a verdict. Out: the next item, and what has happened in words.
The item's number stands in the address. Every handler takes the user from the request, never from the browser.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import gradio as gr

from app.components.element import build_element
from app.components.highlight import highlight_value
from app.pages.context import Context
from app.pages.frame import address_script, build_frame
from app.pages.handling import (
    LISTENER,
    MAX_NOTE_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    optional_id,
    require_choice,
    require_id,
    require_text,
    seconds_since,
    shows_errors,
)
from app.pages.inbox_list import inbox_value
from app.text import local_time, text
from backend.errors import ReviewError
from backend.review import calibration, inbox, verdicts
from backend.review.views import INBOX_STATES, VERDICT_KINDS, ItemView

PAGE_SIZE = 12
KEYS = (
    (("j", "↓"), "next"), (("k", "↑"), "previous"), (("a",), "approve"), (("e",), "edit"),
    (("Ctrl", "Enter"), "correct"), (("n",), "note"), (("r",), "reject"), (("u",), "undo"),
    (("Esc",), "leave"), (("?",), "help"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Workbench:
    """The components of the page; the hidden ones keep what is open."""

    message: gr.HTML
    undo: gr.Button
    listing: gr.HTML
    column: gr.Column
    highlight: gr.HTML
    corrected: gr.Textbox
    shown: gr.Textbox
    note: gr.Textbox
    actions: gr.Row
    buttons: dict[str, gr.Button]
    item: gr.Number
    version: gr.Number
    opened_at: gr.Number
    page: gr.Number
    state: gr.Textbox
    verdict: gr.Number
    verdict_item: gr.Number

    @property
    def open_views(self) -> list:
        """What opening an item changes, in the order of `_open`."""
        return [
            self.listing, self.column, self.highlight, self.corrected, self.shown, self.note, self.actions,
            self.item, self.version, self.opened_at, self.page, self.state, self.message, self.undo,
            self.verdict, self.verdict_item,
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the inbox a person is, and what has just happened."""

    page: int
    state: str
    message: str = ""
    verdict_id: int | None = None
    verdict_item_id: int | None = None


def build_inbox(language: str, context: Context) -> None:
    """Build the page inside the Blocks under construction."""
    build_frame(language, path="inbox")
    with gr.Row(equal_height=True, elem_id="message-row"):
        message = build_element("sheet", elem_id="message")
        undo = gr.Button(text(language, "inbox.undo"), size="sm", visible=False, elem_id="undo", min_width=120, scale=0)
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=300):
            listing = build_element("listing", elem_id="inbox-list")
        with gr.Column(scale=3, min_width=320, visible=False, elem_id="item") as column:
            highlight = build_element("highlight", elem_id="review")
            corrected = gr.Textbox(
                label=text(language, "inbox.corrected"), info=text(language, "inbox.corrected.info"),
                lines=4, max_lines=14, elem_id="corrected",
            )  # fmt: skip
            shown = gr.Textbox(visible=False)
            note = gr.Textbox(label=text(language, "inbox.note"), lines=1, max_lines=4, elem_id="note")
            with gr.Row(elem_id="verdicts") as actions:
                variants = {"approve": "primary", "correct": "secondary", "reject": "stop"}
                buttons = {
                    kind: gr.Button(
                        text(language, f"inbox.{kind}"), variant=variants[kind], elem_id=kind, min_width=140
                    )
                    for kind in VERDICT_KINDS
                }
            build_element("keyboard", value=_keys_value(language), elem_id="keyboard")
    hidden = [gr.Number(visible=False, precision=0) for _ in range(2)]
    opened_at = gr.Number(visible=False)
    page = gr.Number(1, visible=False, precision=0)
    state = gr.Textbox("pending", visible=False)
    last_verdict = [gr.Number(visible=False, precision=0) for _ in range(2)]
    bench = Workbench(
        message, undo, listing, column, highlight, corrected, shown, note, actions, buttons,
        *hidden, opened_at, page, state, *last_verdict,
    )  # fmt: skip
    _wire_reading(bench, language=language, context=context)
    _wire_verdicts(bench, language=language, context=context)


def _keys_value(language: str) -> dict:
    return {
        "title": text(language, "keys.title"),
        "close": text(language, "keys.close"),
        "rows": [[list(keys), text(language, f"keys.{name}")] for keys, name in KEYS],
    }


def _wire_reading(bench: Workbench, *, language: str, context: Context) -> None:
    show = partial(_open, language=language, context=context)
    guarded = shows_errors(language)

    def open_page(request: gr.Request) -> tuple:
        item_id = optional_id(request.query_params.get("item"))
        chosen = item_id if item_id is not None else inbox.next_pending(context.database, after=None)
        return show(chosen, place=Place(1, "pending"), user=context.current_user(request.request))

    def choose(open_item: float | None, page: float, state: str, request: gr.Request, event: gr.EventData) -> tuple:
        item_id = require_id(event._data.get("id"))
        if optional_id(open_item) == item_id:  # opening it once more would empty the note that is being typed
            return (gr.skip(),) * len(bench.open_views)
        return show(item_id, place=_place(page, state), user=context.current_user(request.request))

    def filter_by(item_id: float | None, event: gr.EventData) -> tuple:
        place = _place(1, event._data.get("state"))
        return _list(place, open_item=optional_id(item_id), language=language, context=context)

    def turn(item_id: float | None, state: str, event: gr.EventData) -> tuple:
        place = _place(event._data.get("page"), state)
        return _list(place, open_item=optional_id(item_id), language=language, context=context)

    address = address_script("item")
    load = gr.context.Context.root_block.load(guarded(open_page), None, bench.open_views, **LISTENER)
    load.then(None, bench.item, None, js=address)
    chosen = bench.listing.choose(guarded(choose), [bench.item, bench.page, bench.state], bench.open_views, **LISTENER)
    chosen.then(None, bench.item, None, js=address)
    places = [bench.listing, bench.page, bench.state]
    bench.listing.filter(guarded(filter_by), bench.item, places, **LISTENER)
    bench.listing.turn(guarded(turn), [bench.item, bench.state], places, **LISTENER)


def _wire_verdicts(bench: Workbench, *, language: str, context: Context) -> None:
    show = partial(_open, language=language, context=context)
    guarded = shows_errors(language)
    inputs = [bench.item, bench.version, bench.opened_at, bench.corrected, bench.note, bench.page, bench.state]

    def decide(kind: str) -> Callable[..., tuple]:
        def give(
            item_id: float, version: float, opened_at: float, corrected: str, note: str,
            page: float, state: str, request: gr.Request,
        ) -> tuple:  # fmt: skip
            user = context.current_user(request.request)
            checked_id = require_id(item_id)
            verdict_id = _give(
                context, checked_id, kind=kind, version=require_id(version), corrected=corrected, note=note,
                reviewer=user, seconds_spent=seconds_since(opened_at, now=time.time()),
            )  # fmt: skip
            place = _place(page, state)
            message = text(language, f"inbox.done.{kind}", item=checked_id)
            next_id = inbox.next_pending(context.database, after=checked_id)
            done = replace(place, message=message, verdict_id=verdict_id, verdict_item_id=checked_id)
            return show(next_id, place=done, user=user)

        return give

    def undo(verdict_id: float, item_id: float, page: float, state: str, request: gr.Request) -> tuple:
        user = context.current_user(request.request)
        checked_id = require_id(item_id)
        verdicts.undo(context.database, require_id(verdict_id), undone_by=user)
        message = text(language, "inbox.undone", item=checked_id)
        return show(checked_id, place=replace(_place(page, state), message=message), user=user)

    def keep_draft(item_id: float | None, corrected: str, shown: str, request: gr.Request) -> None:
        checked, checked_id = require_text(corrected, limit=MAX_TEXT_CHARACTERS), optional_id(item_id)
        user = context.current_user(request.request)
        if checked_id is None:
            return
        # Opening an item changes the text, too; somebody who goes back to the original has a draft to change.
        if corrected != shown or verdicts.draft(context.database, item_id=checked_id, reviewer=user) is not None:
            verdicts.save_draft(context.database, item_id=checked_id, reviewer=user, text=checked)

    address = address_script("item")
    for kind, button in bench.buttons.items():
        given = button.click(guarded(decide(kind)), inputs, bench.open_views, **LISTENER)
        given.then(None, bench.item, None, js=address)
    undo_inputs = [bench.verdict, bench.verdict_item, bench.page, bench.state]
    undone = bench.undo.click(guarded(undo), undo_inputs, bench.open_views, **LISTENER)
    undone.then(None, bench.item, None, js=address)
    # Not `input`: Gradio sends that for keys only, not for a paste.
    draft_inputs = [bench.item, bench.corrected, bench.shown]
    bench.corrected.change(guarded(keep_draft), draft_inputs, None, trigger_mode="always_last", **LISTENER)


def _place(page: object, state: object) -> Place:
    return Place(require_id(page), require_choice(state, choices=INBOX_STATES))


def _give(
    context: Context, item_id: int, *, kind: str, version: int, corrected: str, note: str, reviewer: str,
    seconds_spent: float | None,
) -> int:  # fmt: skip
    typed = require_text(corrected, limit=MAX_TEXT_CHARACTERS)
    if kind == "approve":
        _refuse_lost_edit(context, item_id, typed=typed)
    return verdicts.give(
        context.database,
        item_id=item_id,
        kind=kind,
        text=typed if kind == "correct" else None,
        note=require_text(note, limit=MAX_NOTE_CHARACTERS),
        reviewer=reviewer,
        expected_version=version,
        seconds_spent=seconds_spent,
    )


def _refuse_lost_edit(context: Context, item_id: int, *, typed: str) -> None:
    """Approving would throw away what a person has typed: ask which of the two is meant."""
    if typed.strip() not in ("", inbox.item(context.database, item_id).summary.text.strip()):
        raise ReviewError(
            "review.approve_edited",
            "You changed the text of item {item}: save the correction, or put the original text back and approve.",
            item=item_id,
        )


def _list(place: Place, *, open_item: int | None, language: str, context: Context) -> tuple:
    page = inbox.page(context.database, page=place.page, page_size=PAGE_SIZE, state=place.state)
    counts = inbox.counts(context.database)
    value = inbox_value(page, counts=counts, state=place.state, open_item=open_item, language=language)
    return value, page.page, place.state


def _open(item_id: int | None, *, place: Place, user: str, language: str, context: Context) -> tuple:
    """The list, and one item beside it (or none), in the order of `Workbench.open_views`."""
    listing, page, state = _list(place, open_item=item_id, language=language, context=context)
    message = _message_value(place.message)
    undo = gr.Button(visible=place.verdict_id is not None)
    after = (page, state, message, undo, place.verdict_id, place.verdict_item_id)
    if item_id is None:
        return listing, gr.Column(visible=False), {}, "", "", "", gr.Row(visible=False), None, None, None, *after
    item = inbox.item(context.database, item_id)
    draft = verdicts.draft(context.database, item_id=item_id, reviewer=user)
    is_open = item.verdict is None
    shown = draft.text if draft is not None and is_open else _shown_text(item)
    return (
        listing, gr.Column(visible=True), _highlight_value(item, language=language, context=context),
        gr.Textbox(shown, interactive=is_open), shown,
        gr.Textbox(item.verdict.note if item.verdict is not None else "", interactive=is_open),
        gr.Row(visible=is_open), item.id, item.version, time.time(), page, state,
        message if place.message or is_open else _message_value(_verdict_line(item, language=language)),
        undo if is_open else gr.Button(visible=True),
        place.verdict_id if is_open else item.verdict.id,
        place.verdict_item_id if is_open else item.id,
    )  # fmt: skip


def _shown_text(item: ItemView) -> str:
    return item.verdict.text if item.verdict is not None and item.verdict.text else item.summary.text


def _highlight_value(item: ItemView, *, language: str, context: Context) -> dict:
    versions = calibration.versions(context.database)
    is_cold_start = any(one.is_cold_start for one in versions if one.version == item.summary.calibration)
    return highlight_value(item.summary, language=language, is_cold_start=is_cold_start)


def _verdict_line(item: ItemView, *, language: str) -> str:
    return text(
        language,
        "inbox.decided",
        item=item.id,
        verdict=text(language, f"verdict.{item.verdict.kind}"),
        reviewer=item.verdict.reviewer,
        when=local_time(language, item.verdict.created_at),
    )


def _message_value(message: str) -> dict:
    return {"blocks": [{"type": "note", "tone": "good", "lines": [message]}]} if message else {}
