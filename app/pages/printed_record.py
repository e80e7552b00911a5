"""The review record of one item as a page to print: summary, marks, verdicts, history.

In: an `ItemView`, its entries in the record, a language. Out: an HTML page without scripts, every text escaped.
Knows nothing of the database but through `add_record_route`, which serves it.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

import fastapi
from fastapi.responses import HTMLResponse

from app.components.highlight import reason_text
from app.components.policy_text import check_sentence
from app.pages.context import Context
from app.pages.frame import PAGE_ROLES
from app.pages.handling import MAX_ID
from app.text import LANGUAGES, error_text, has_text, local_time, percent, text
from backend.errors import AccessError, ReviewError
from backend.review.queue import inbox
from backend.review.store import events
from backend.review.store.inbox_views import EventView, VerdictView
from backend.review.store.views import ItemView, PhraseView

PATH = "/{language}/items/{item_id}/record"
_STYLE = """
body { font: 11pt/1.5 "Segoe UI", "Yu Gothic", Meiryo, "Noto Sans JP", sans-serif; margin: 2em auto; max-width: 48em; }
h1 { font-size: 15pt; } h2 { font-size: 12pt; border-bottom: 1px solid #999; margin-top: 1.6em; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; } dt { font-weight: 600; } dd { margin: 0 0 .4em; }
mark { background: none; color: inherit; border-bottom: 2px solid; } mark.doubtful { border-bottom: 3px double; }
mark sup { font-size: 8pt; font-weight: 600; } table { border-collapse: collapse; width: 100%; }
td, th { text-align: start; vertical-align: top; border-bottom: 1px solid #ccc; padding: .2em .6em .2em 0; }
section { break-inside: avoid; } code { overflow-wrap: anywhere; font-size: 8pt; }
"""


def add_record_route(app: fastapi.FastAPI, context: Context) -> None:
    """Serve the record of an item to whoever may see pages."""

    def serve(
        language: str, item_id: Annotated[int, fastapi.Path(gt=0, lt=MAX_ID)], request: fastapi.Request
    ) -> HTMLResponse:
        shown = language if language in LANGUAGES else LANGUAGES[0]
        try:
            person = context.person(request)
            person.require(PAGE_ROLES["inbox"])
            item = inbox.item(context.database, item_id, viewer=person.name)
        except AccessError as error:
            return HTMLResponse(html.escape(error_text(shown, error)), status_code=403)
        except ReviewError as error:
            return HTMLResponse(html.escape(error_text(shown, error)), status_code=404)
        return HTMLResponse(record_html(item, history=events.of_item(context.database, item_id), language=shown))

    app.add_api_route(PATH, serve, include_in_schema=False, response_class=HTMLResponse)


def record_html(item: ItemView, *, history: Sequence[EventView], language: str) -> str:
    """The whole page."""
    title = text(language, "record.title", item=item.id)
    parts = (
        f"<h1>{_safe(title)}</h1>",
        _facts(item, language=language),
        _section("record.summary", f"<pre>{_marked(item)}</pre>", language=language),
        _section("record.marks", _marks(item, language=language), language=language),
        _section("record.verdicts", _verdicts(item, language=language), language=language),
        _section("record.document", f"<pre>{_safe(item.summary.document.text)}</pre>", language=language),
        _section("record.history", _history(_without_names(item, history), language=language), language=language),
    )
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{_safe(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _safe(value: object) -> str:
    return html.escape(str(value))


def _section(key: str, body: str, *, language: str) -> str:
    return f"<section><h2>{_safe(text(language, key))}</h2>{body}</section>"


def _facts(item: ItemView, *, language: str) -> str:
    summary = item.summary
    facts = {
        "record.document": summary.document.title,
        "inbox.field.kind": text(language, f"kind.{summary.document.kind}"),
        "inbox.field.submitter": item.submitted_by or "–",
        "record.created": local_time(language, summary.created_at),
        "record.risk": f"{percent(summary.risk)} ({text(language, f'inbox.reason.{summary.reason}')})",
        "record.model": f"{summary.base} / {summary.adapter} / {summary.posterior}, K = {summary.samples}",
        "record.versions": f"{summary.calibration} / {summary.policy}",
        "record.state": text(language, f"inbox.state.{item.state}"),
    }
    if item.check is not None:
        facts["check.title"] = check_sentence(language, item.check, item_id=item.id)
    rows = (f"<dt>{_safe(text(language, key))}</dt><dd>{_safe(value)}</dd>" for key, value in facts.items())
    return f"<dl>{''.join(rows)}</dl>"


def _marked(item: ItemView) -> str:
    """The summary with its doubtful phrases underlined and numbered."""
    summary, shown, done = item.summary.text, [], 0
    for number, phrase in enumerate(_doubtful(item), 1):
        shown.append(_safe(summary[done : phrase.start_char]))
        words = _safe(summary[phrase.start_char : phrase.end_char])
        shown.append(f'<mark class="{phrase.band}">{words}<sup>{number}</sup></mark>')
        done = phrase.end_char
    return "".join(shown) + _safe(summary[done:])


def _doubtful(item: ItemView) -> list[PhraseView]:
    ordered = sorted(item.summary.phrases, key=lambda phrase: phrase.start_char)
    return [phrase for phrase in ordered if phrase.band in ("check", "doubtful")]


def _marks(item: ItemView, *, language: str) -> str:
    rows = []
    for number, phrase in enumerate(_doubtful(item), 1):
        reasons = " ".join(reason_text(language, reason) for reason in phrase.reasons)
        band = text(language, f"band.{phrase.band}")
        rows.append((number, phrase.text, f"{band}, {percent(phrase.edit_probability)}", reasons))
    for omission in item.summary.omissions:
        rows.append(("–", omission.text, text(language, f"omission.{omission.kind}"), text(language, "record.omitted")))
    return _table(rows) if rows else f"<p>{_safe(text(language, 'record.no_marks'))}</p>"


def _verdicts(item: ItemView, *, language: str) -> str:
    rows = [_verdict_row(verdict, language=language) for verdict in item.history]
    shown = _table(rows) if rows else f"<p>{_safe(text(language, 'record.no_verdicts'))}</p>"
    if item.verdict is not None and item.verdict.text is not None:
        shown += f"<h3>{_safe(text(language, 'record.corrected'))}</h3><pre>{_safe(item.verdict.text)}</pre>"
    return shown


def _verdict_row(verdict: VerdictView, *, language: str) -> tuple[object, ...]:
    said = text(language, f"verdict.{verdict.kind}")
    if verdict.is_undone:
        said = text(language, "record.undone", verdict=said, person=verdict.undone_by or "–")
    return local_time(language, verdict.created_at), verdict.reviewer, said, verdict.note


def _without_names(item: ItemView, history: Sequence[EventView]) -> Sequence[EventView]:
    """Of an answered check nobody is to read who found the error; an open one looks like any other item."""
    if item.check is None:
        return history
    nameless = ({name: fact for name, fact in event.facts.items() if name != "person"} for event in history)
    return [replace(event, actor="", facts=facts) for event, facts in zip(history, nameless, strict=True)]


def _history(history: Sequence[EventView], *, language: str) -> str:
    rows = [
        (event.id, local_time(language, event.at), event.actor or "–", _event(event, language)) for event in history
    ]
    head = history[-1].hash if history else ""
    return f"{_table(rows)}<p>SHA-256: <code>{_safe(head)}</code></p>"


def _event(event: EventView, language: str) -> str:
    key = f"event.{event.kind}"
    shown = text(language, key) if has_text(language, key) else event.kind
    names = ("person", "role", "until", "note")
    details = [_detail(name, str(event.facts[name]), language=language) for name in names if event.facts.get(name)]
    return f"{shown}: {' · '.join(details)}" if details else shown


def _detail(name: str, fact: str, *, language: str) -> str:
    """A fact of the record as people of this language write it; the record itself keeps one form for all."""
    if name == "until":
        return local_time(language, datetime.fromisoformat(fact))
    return text(language, f"role.{fact}") if name == "role" else fact


def _table(rows: Sequence[tuple[object, ...]]) -> str:
    lines = ("".join(f"<td>{_safe(cell)}</td>" for cell in row) for row in rows)
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
