"""The page *Inbox*: the summaries that wait for a person, the most doubtful first, and what the person says.

In: a choice from the list, a verdict with what was typed. Out: the next item, and what has happened in words.
The item's number stands in the address. Every handler takes the user from the request, never from the browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import gradio as gr

from app.components.element import build_element
from app.components.policy_text import check_sentence
from app.components.review import review_value
from app.pages.context import Context
from app.pages.frame import PAGE_ROLES, address_script, build_frame
from app.pages.handling import (
    LISTENER,
    MAX_TEXT_CHARACTERS,
    authorizes,
    optional_id,
    owner_of_page,
    person_of_page,
    require_id,
    require_text,
)
from app.pages.holding import holding_value, leave_item, next_item, open_item
from app.pages.inbox_list import read_list, read_query, write_query
from app.pages.inbox_wiring import ListParts, wire_list
from app.pages.passing_on import (
    build_escalate,
    build_postpone,
    build_reopen,
    build_skip,
    build_wake,
    passing_on_value,
)
from app.pages.scoring import score_again
from app.pages.verdict_form import VerdictForm, read_verdict
from app.text import local_time, text
from backend.errors import ReviewError
from backend.people.person import Person
from backend.review.learning import calibration
from backend.review.queue import drafts, inbox, verdict_details, verdicts, vigilance
from backend.review.queue.verdict_details import VerdictDetails
from backend.review.queue.vigilance import Given
from backend.review.store.views import ItemView

KEYS = (
    (("j", "↓"), "next"), (("k", "↑"), "previous"), (("f",), "next_phrase"), (("d",), "previous_phrase"),
    (("1", "9"), "alternative"), (("y",), "accept_phrase"), (("c",), "correct_phrase"), (("o",), "omission"),
    (("i",), "insert"), (("e",), "edit"), (("w",), "reason"), (("n",), "note"), (("s",), "score"),
    (("a",), "approve"), (("Ctrl", "Enter"), "correct"), (("r",), "reject"), (("x",), "skip"), (("u",), "undo"),
    (("Esc",), "leave"), (("?",), "help"),
)  # fmt: skip

#: The message says why; this gives the button back.
SCORING_FAILED = "() => document.dispatchEvent(new CustomEvent('tk-scored', { detail: { state: 'failed' } }))"


@dataclass(frozen=True, slots=True)
class Workbench:
    """The components of the page; the hidden ones keep where in the inbox a person is."""

    message: gr.HTML
    undo: gr.Button
    listing: gr.HTML
    review: gr.HTML
    scoring: gr.HTML
    item: gr.Number
    version: gr.Number
    page: gr.Number
    state: gr.Textbox
    verdict: gr.Number
    verdict_item: gr.Number
    owner: gr.Textbox

    @property
    def open_views(self) -> list:
        """What opening an item changes, in the order of `_open`."""
        return [
            self.listing, self.review, self.item, self.version, self.page, self.state, self.message, self.undo,
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
    with gr.Row(equal_height=False, elem_id="bench"):
        with gr.Column(scale=1, min_width=260, elem_id="queue"):
            listing = build_element("listing", elem_id="inbox-list")
            build_element("keyboard", value=_keys_value(language), elem_id="keyboard")
        with gr.Column(scale=4, min_width=320, elem_id="item"):
            review = build_element("review", elem_id="review")
    scoring = build_element("scoring")
    item, version = (gr.Number(visible=False, precision=0) for _ in range(2))
    page = gr.Number(1, visible=False, precision=0)
    state = gr.Textbox("pending", visible=False)
    last_verdict = [gr.Number(visible=False, precision=0) for _ in range(2)]
    owner = gr.Textbox(visible=False)  # who opened the page: another person may log in beside it
    bench = Workbench(message, undo, listing, review, scoring, item, version, page, state, *last_verdict, owner)
    _wire_reading(bench, language=language, context=context)
    _wire_verdicts(bench, language=language, context=context)
    _wire_passing_on(bench, language=language, context=context)


def _keys_value(language: str) -> dict:
    return {
        "title": text(language, "keys.title"),
        "close": text(language, "keys.close"),
        "rows": [[list(keys), text(language, f"keys.{name}")] for keys, name in KEYS],
    }


def _wire_reading(bench: Workbench, *, language: str, context: Context) -> None:
    show = partial(_open, language=language, context=context)
    guarded = authorizes(language, context=context, role=PAGE_ROLES["inbox"])

    def open_page(request: gr.Request) -> tuple:
        item_id = optional_id(request.query_params.get("item"))
        person = context.person(request.request)
        chosen = item_id if item_id is not None else next_item(context, person)
        return *show(chosen, place=Place(1, "pending"), person=person), person.name

    def choose(
        open_item: float | None,
        version: float | None,
        page: float,
        state: str,
        request: gr.Request,
        event: gr.EventData,
    ) -> tuple:
        item_id = require_id(event._data.get("id"))
        # Opening it once more would close what is being typed; one that has changed takes no verdict until it is.
        if optional_id(open_item) == item_id and inbox.item(context.database, item_id).version == optional_id(version):
            return (gr.skip(),) * len(bench.open_views)
        person = context.person(request.request)
        leave_item(context, optional_id(open_item), user=person.name)
        return show(item_id, place=_place(page, state), person=person)

    address = address_script("item")
    load = gr.context.Context.root_block.load(guarded(open_page), None, [*bench.open_views, bench.owner], **LISTENER)
    load.then(None, bench.item, None, js=address)
    shown = [bench.item, bench.version, bench.page, bench.state]
    chosen = bench.listing.choose(guarded(choose), shown, bench.open_views, **LISTENER)
    chosen.then(None, bench.item, None, js=address)
    parts = ListParts(bench.listing, bench.item, bench.page, bench.state, bench.owner)
    wire_list(parts, language=language, context=context)


def _wire_passing_on(bench: Workbench, *, language: str, context: Context) -> None:
    guarded = authorizes(language, context=context, role=PAGE_ROLES["inbox"])

    def show(item_id: int | None, page: float, state: str, message: str, *, person: Person) -> tuple:
        place = replace(_place(page, state), message=message)
        return _open(item_id, place=place, person=person, language=language, context=context)

    builders = {
        "skip": build_skip, "postpone": build_postpone, "escalate": build_escalate, "wake": build_wake,
        "reopen": build_reopen,
    }  # fmt: skip
    for name, build in builders.items():
        handler = guarded(build(show, language=language, context=context))
        passed = getattr(bench.review, name)(handler, [bench.page, bench.state], bench.open_views, **LISTENER)
        passed.then(None, bench.item, None, js=address_script("item"))


def _wire_verdicts(bench: Workbench, *, language: str, context: Context) -> None:
    show = partial(_open, language=language, context=context)
    guarded = authorizes(language, context=context, role=PAGE_ROLES["inbox"])

    def decide(page: float, state: str, request: gr.Request, event: gr.EventData) -> tuple:
        person = person_of_page(context, request, event)
        form = read_verdict(event._data)
        given = _give(context, form, person=person)
        next_id = next_item(context, person, after=form.item_id)
        place = _place(page, state)
        if given.check is not None:
            told = check_sentence(language, given.check, item_id=form.item_id)
            return show(next_id, place=replace(place, message=told), person=person)
        message = text(language, f"inbox.done.{form.kind}", item=form.item_id)
        done = replace(place, message=message, verdict_id=given.verdict, verdict_item_id=form.item_id)
        return show(next_id, place=done, person=person)

    def undo(
        verdict_id: float, item_id: float, open_item: float | None, page: float, state: str, owner: str,
        request: gr.Request,
    ) -> tuple:  # fmt: skip
        person = owner_of_page(context, request, owner)
        checked_id = require_id(item_id)
        verdicts.undo(context.database, require_id(verdict_id), undone_by=person.name, roles=person.roles)
        leave_item(context, optional_id(open_item), user=person.name)
        message = text(language, "inbox.undone", item=checked_id)
        return show(checked_id, place=replace(_place(page, state), message=message), person=person)

    def rescore(event: gr.EventData) -> Iterator[dict]:
        item_id = require_id(event._data.get("item"))
        edited = require_text(event._data.get("text"), limit=MAX_TEXT_CHARACTERS)
        run = require_id(event._data.get("run"))
        for value in score_again(item_id, edited, language=language, context=context):
            yield {**value, "run": run}

    address = address_script("item")
    given = bench.review.decide(guarded(decide), [bench.page, bench.state], bench.open_views, **LISTENER)
    given.then(None, bench.item, None, js=address)
    undo_inputs = [bench.verdict, bench.verdict_item, bench.item, bench.page, bench.state, bench.owner]
    undone = bench.undo.click(guarded(undo), undo_inputs, bench.open_views, **LISTENER)
    undone.then(None, bench.item, None, js=address)
    # By default Gradio drops the scoring of a second item while the first one is under way.
    always = {**LISTENER, "trigger_mode": "multiple"}
    scored = bench.review.rescore(guarded(rescore), None, bench.scoring, **always)
    scored.failure(None, None, None, js=SCORING_FAILED)


def _place(page: object, state: object) -> Place:
    return Place(require_id(page), write_query(read_query(state)))


def _give(context: Context, form: VerdictForm, *, person: Person) -> Given:
    if form.kind == "approve":
        _refuse_lost_edit(context, form.item_id, typed=form.text)
    return vigilance.give(
        context.database,
        item_id=form.item_id,
        kind=form.kind,
        text=form.text if form.kind == "correct" else None,
        note=form.note,
        reviewer=person.name,
        roles=person.roles,
        team=context.team(),
        expected_version=form.version,
        seconds_spent=form.seconds_spent,
        details=VerdictDetails(reason=form.reason, accepted=form.accepted),
    )


def _refuse_lost_edit(context: Context, item_id: int, *, typed: str) -> None:
    """Approving would throw away what a person has typed: ask which of the two is meant."""
    if typed.strip() not in ("", inbox.item(context.database, item_id).summary.text.strip()):
        raise ReviewError(
            "review.approve_edited",
            "You changed the text of item {item}: save the correction, or put the original text back and approve.",
            item=item_id,
        )


def _open(item_id: int | None, *, place: Place, person: Person, language: str, context: Context) -> tuple:
    """The list, and one item beside it (or none), in the order of `Workbench.open_views`."""
    item = open_item(context, item_id, person=person) if item_id is not None else None
    listing, page, state = read_list(
        context, read_query(place.state), page=place.page, open_item=item_id, user=person.name, language=language
    )
    message = _message_value(place.message)
    undo = gr.Button(visible=place.verdict_id is not None)
    last = (place.verdict_id, place.verdict_item_id)
    if item is None:
        return listing, {}, None, None, page, state, message, undo, *last
    if item.check is not None and not place.message:
        message = _message_value(check_sentence(language, item.check, item_id=item.id))
    if item.verdict is not None:
        if not place.message:
            message = _message_value(_verdict_line(item, language=language))
        undo, last = gr.Button(visible=True), (item.verdict.id, item.id)
    return (
        listing, _review_value(item, person=person, language=language, context=context), item.id, item.version,
        page, state, message, undo, *last,
    )  # fmt: skip


def _review_value(item: ItemView, *, person: Person, language: str, context: Context) -> dict:
    versions = calibration.versions(context.database)
    return review_value(
        item,
        draft=drafts.find(context.database, item_id=item.id, reviewer=person.name) if item.verdict is None else None,
        details=verdict_details.find(context.database, item.verdict.id) if item.verdict is not None else None,
        holding=holding_value(item, person=person, team=context.team(), language=language),
        passing_on=passing_on_value(item, language=language),
        user=person.name,
        language=language,
        is_cold_start=any(one.is_cold_start for one in versions if one.version == item.summary.calibration),
    )


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
