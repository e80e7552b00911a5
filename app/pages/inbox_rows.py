"""One row of the inbox, as plain values for `listing.js`: title, facts, and chips for who has it and where it stands.

In: an `InboxRow`, who looks. Out: a row. Knows nothing of the database.
"""

from __future__ import annotations

from datetime import timedelta

from app.text import local_time, percent, text
from backend.review.store.inbox_views import InboxRow
from backend.review.store.tables import now

HIGH_RISK = 0.5


def row_value(row: InboxRow, *, open_item: int | None, user: str, language: str) -> dict:
    """What `listing.js` draws of a row."""
    kind = text(language, f"kind.{row.kind}")
    minutes = text(language, "inbox.minutes", minutes=max(1, round(timedelta(seconds=row.cost_seconds).seconds / 60)))
    return {
        "id": row.item_id,
        "title": row.title,
        "meta": f"{kind} · {local_time(language, row.created_at)} · {minutes}",
        "badge": _badge(row, language=language),
        "chips": _chips(row, user=user, language=language),
        "is_open": row.item_id == open_item,
        "select": text(language, "inbox.select.item", item=row.item_id) if row.state == "pending" else None,
    }


def _badge(row: InboxRow, *, language: str) -> dict[str, str]:
    if row.verdict is not None:
        return {"text": text(language, f"verdict.{row.verdict}"), "tone": "quiet"}
    tone = "doubtful" if row.risk >= HIGH_RISK else "check"
    shown = text(language, "inbox.risk", percent=percent(row.risk))
    return {"text": shown, "tone": "sure" if row.reason == "audit" else tone}


def _chips(row: InboxRow, *, user: str, language: str) -> list[dict[str, str]]:
    """Who works on it, whose it is, until when it is put off, and whether two people see it."""
    chips = []
    if row.lease_owner is not None and row.lease_until is not None:
        key = "inbox.chip.lease.own" if row.lease_owner == user else "inbox.chip.lease"
        until = local_time(language, row.lease_until)
        chips.append(_chip("lease", text(language, key, owner=row.lease_owner, until=until)))
    if row.postponed_until is not None and row.state == "pending":
        until = local_time(language, row.postponed_until)
        chips.append(_chip("postponed", text(language, "inbox.chip.postponed", until=until)))
    if row.due_at is not None and row.state == "pending":
        key = "inbox.chip.overdue" if row.due_at <= now() else "inbox.chip.due"
        chips.append(_chip(key.rpartition(".")[2], text(language, key, due=local_time(language, row.due_at))))
    if row.assignee is not None:
        chips.append(_chip("assignee", text(language, "inbox.chip.assignee", person=row.assignee)))
    if row.role is not None and row.state == "pending":
        chips.append(_chip("role", text(language, "inbox.chip.role", role=text(language, f"role.{row.role}"))))
    if row.stage != "single" and row.state == "pending":
        chips.append(_chip("stage", text(language, f"inbox.chip.stage.{row.stage}")))
    return chips


def _chip(kind: str, shown: str) -> dict[str, str]:
    return {"kind": kind, "text": shown}
