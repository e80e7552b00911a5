"""One page of the review inbox, as plain values for `listing.js`.

In: an `InboxPage`, the counts, what is open. Out: filters, rows and a pager. Knows nothing of the database.
"""

from __future__ import annotations

from app.text import local_time, percent, text
from backend.review.views import INBOX_STATES, InboxCounts, InboxPage, InboxRow

HIGH_RISK = 0.5


def inbox_value(page: InboxPage, *, counts: InboxCounts, state: str, open_item: int | None, language: str) -> dict:
    """What `listing.js` draws."""
    numbers = {"pending": counts.pending, "decided": counts.decided, "all": counts.pending + counts.decided}
    value = {
        "label": text(language, "inbox.label"),
        "filter_label": text(language, "inbox.filter"),
        "filters": [
            {
                "key": name,
                "name": text(language, f"inbox.state.{name}"),
                "count": f"{numbers[name]:,}",
                "is_on": name == state,
            }
            for name in INBOX_STATES
        ],
        "rows": [_row(row, open_item=open_item, language=language) for row in page.rows],
        "pager": {
            "page": page.page,
            "pages": page.pages,
            "text": text(language, "inbox.page", page=page.page, pages=page.pages),
            "back": text(language, "inbox.back"),
            "next": text(language, "inbox.next"),
        },
    }
    if page.rows:
        return value
    empty = {
        "title": text(language, f"inbox.empty.{state}"),
        "hint": text(language, f"inbox.empty.{state}.hint"),
    }
    return {**value, "empty": empty}


def _row(row: InboxRow, *, open_item: int | None, language: str) -> dict:
    kind = text(language, f"kind.{row.kind}")
    return {
        "id": row.item_id,
        "title": row.title,
        "meta": f"{kind} · {local_time(language, row.created_at)}",
        "badge": _badge(row, language=language),
        "is_open": row.item_id == open_item,
    }


def _badge(row: InboxRow, *, language: str) -> dict[str, str]:
    if row.verdict is not None:
        return {"text": text(language, f"verdict.{row.verdict}"), "tone": "quiet"}
    tone = "doubtful" if row.risk >= HIGH_RISK else "check"
    shown = text(language, "inbox.risk", percent=percent(row.risk))
    return {"text": shown, "tone": "sure" if row.reason == "audit" else tone}
