"""The list of the inbox: filters, saved views, one page of rows, counts and progress, as plain values for `listing.js`.

In: what a person asks for (`ListQuery`), checked here whatever a browser sent. Out: what to draw, and the query again.
Knows nothing of the item that is open, but its number.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime

from app.pages.context import Context
from app.pages.handling import require_choice, require_number, require_text
from app.pages.inbox_rows import row_value
from app.text import has_text, local_time, text
from backend.review.queue import inbox, saved_views
from backend.review.store.inbox_views import INBOX_SORTS, INBOX_STATES, InboxCounts, InboxFilter

PAGE_SIZE = 12
KINDS = ("inspection_log", "specification", "report")
LANGUAGES_OF_DOCUMENTS = ("en", "ja")
REASONS = ("low_confidence", "audit")
MAX_WORDS = 200
MAX_HOURS = 24 * 3650
_NUMBERS = {"risk_low": 1.0, "risk_high": 1.0, "min_age_hours": float(MAX_HOURS)}


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a person asks the list for."""

    where: InboxFilter
    sort: str


def read_query(sent: object) -> ListQuery:
    """The query that a browser sends back: JSON, a state alone, or nothing for what is pending.

    Raises:
        RequestError: it asks for what the page does not offer.
    """
    values = _parse(sent)
    state = require_choice(values.get("state", "pending"), choices=INBOX_STATES)
    where = InboxFilter(state=state)
    for field in fields(InboxFilter):
        if field.name == "state" or values.get(field.name) in (None, ""):
            continue
        if field.name in _NUMBERS:
            value: object = require_number(values[field.name], low=0.0, high=_NUMBERS[field.name])
        else:
            value = require_text(values[field.name], limit=MAX_WORDS)
        where = replace(where, **{field.name: value})
    return ListQuery(where, require_choice(values.get("sort", "risk"), choices=INBOX_SORTS))


def write_query(query: ListQuery) -> str:
    """The query as a browser keeps it: only what differs from the list as it first opens."""
    usual = asdict(InboxFilter())
    told = {name: value for name, value in asdict(query.where).items() if value != usual[name] or name == "state"}
    return json.dumps({**told, "sort": query.sort}, ensure_ascii=False)


def read_list(
    context: Context, query: ListQuery, *, page: int, open_item: int | None, user: str, language: str
) -> tuple[dict, int, str]:
    """What `listing.js` draws, the page that it is, and the query."""
    found = inbox.page(context.database, page=page, page_size=PAGE_SIZE, where=query.where, sort=query.sort)
    counts = inbox.counts(context.database)
    value = {
        "label": text(language, "inbox.label"),
        "filter_label": text(language, "inbox.filter"),
        "filters": _states(counts, state=query.where.state, language=language),
        "bar": _bar(context, query, user=user, language=language),
        "status": _status(context, counts, user=user, language=language),
        "rows": [row_value(row, open_item=open_item, user=user, language=language) for row in found.rows],
        "bulk": _bulk(language),
        "pager": {
            "page": found.page,
            "pages": found.pages,
            "text": text(language, "inbox.page", page=f"{found.page:,}", pages=f"{found.pages:,}"),
            "back": text(language, "inbox.back"),
            "next": text(language, "inbox.next"),
        },
    }
    if not found.rows:
        value["empty"] = _empty(query, language=language)
    return value, found.page, write_query(query)


def _parse(sent: object) -> dict[str, object]:
    if isinstance(sent, dict):
        return sent
    if sent in INBOX_STATES:
        return {"state": sent}
    try:
        values = json.loads(require_text(sent, limit=20 * MAX_WORDS) or "{}")
    except json.JSONDecodeError:
        values = None
    return values if isinstance(values, dict) else {"state": values}


def _states(counts: InboxCounts, *, state: str, language: str) -> list[dict]:
    total = counts.pending + counts.postponed + counts.decided
    numbers = {"pending": counts.pending, "postponed": counts.postponed, "escalated": counts.escalated}
    numbers |= {"overdue": counts.overdue, "decided": counts.decided, "all": total}
    return [
        {
            "key": name,
            "name": text(language, f"inbox.state.{name}"),
            "count": f"{numbers[name]:,}",
            "is_on": name == state,
        }
        for name in INBOX_STATES
    ]


def _bar(context: Context, query: ListQuery, *, user: str, language: str) -> dict:
    """The filter bar: fields with their labels and values, orders, and this person's views."""
    where = query.where
    known = inbox.choices(context.database)
    languages = [*LANGUAGES_OF_DOCUMENTS, *(one for one in known["language"] if one not in LANGUAGES_OF_DOCUMENTS)]
    people = sorted({*known["assignee"], *known["role"], user})
    chosen = {
        "kind": [(kind, text(language, f"kind.{kind}")) for kind in KINDS],
        "language": [(name, _named("language", name, language=language)) for name in languages],
        "reason": [(reason, text(language, f"inbox.reason.{reason}")) for reason in REASONS],
        "submitter": [(name, name) for name in known["submitter"]],
        "assignee": [(name, _named("role", name, language=language)) for name in people],
        "model": [(name, name) for name in known["model"]],
    }
    asked = sum(value != getattr(InboxFilter(state=where.state), name) for name, value in asdict(where).items())
    return {
        "query": json.loads(write_query(query)),
        "search": text(language, "inbox.search"),
        "more": text(language, "inbox.more", count=asked),
        "is_open": asked > bool(where.text),
        "clear": text(language, "inbox.clear"),
        "any": text(language, "inbox.any"),
        "choices": [
            {
                "name": name,
                "label": text(language, f"inbox.field.{name}"),
                "value": getattr(where, name),
                "options": [{"value": value, "text": shown} for value, shown in options],
            }
            for name, options in chosen.items()
        ],
        "numbers": [
            {"name": "risk_low", "label": text(language, "inbox.field.risk_low"), "factor": 100, "most": 100},
            {"name": "risk_high", "label": text(language, "inbox.field.risk_high"), "factor": 100, "most": 100},
            {"name": "min_age_hours", "label": text(language, "inbox.field.age"), "factor": 1 / 24, "most": 3650},
        ],
        "sort": {
            "label": text(language, "inbox.sort"),
            "value": query.sort,
            "options": [{"value": name, "text": text(language, f"inbox.sort.{name}")} for name in INBOX_SORTS],
        },
        "views": _views(context, user=user, language=language),
    }


def _named(kind: str, code: str, *, language: str) -> str:
    """A role or a language in words; what is neither, as the name of a person, stays as it is."""
    key = f"{kind}.{code}"
    return text(language, key) if has_text(language, key) else code


def _views(context: Context, *, user: str, language: str) -> dict:
    return {
        "label": text(language, "inbox.views"),
        "name": text(language, "inbox.views.name"),
        "keep": text(language, "inbox.views.keep"),
        "forget": text(language, "inbox.views.forget"),
        "entries": [
            {"id": view.id, "name": view.name, "query": json.loads(write_query(ListQuery(view.where, view.sort)))}
            for view in saved_views.of_person(context.database, user)
        ],
    }


def _status(context: Context, counts: InboxCounts, *, user: str, language: str) -> dict:
    """The day's progress, and the oldest item, which a click opens."""
    midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    done = inbox.progress(context.database, since=midnight, reviewer=user)
    value: dict[str, object] = {"today": text(language, "inbox.today", team=f"{done.team:,}", own=f"{done.own:,}")}
    if counts.oldest_pending_at is not None:
        since = local_time(language, counts.oldest_pending_at)
        value["oldest"] = {"id": counts.oldest_item_id, "text": text(language, "inbox.oldest", since=since)}
    return value


def _bulk(language: str) -> dict[str, str]:
    return {
        "person": text(language, "inbox.assign.person"),
        "assign": text(language, "inbox.assign"),
    }


def _empty(query: ListQuery, *, language: str) -> dict[str, str]:
    is_filtered = query.where != InboxFilter(state=query.where.state)
    key = "filtered" if is_filtered else query.where.state
    return {"title": text(language, f"inbox.empty.{key}"), "hint": text(language, f"inbox.empty.{key}.hint")}
