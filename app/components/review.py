"""One review item under work, as plain values for `review.js`.

In: an `ItemView`, the reviewer's draft, the details of its verdict. Out: what `highlight.js` draws, and on top of it
the reviewer's version, the choices and their names.
Knows nothing of the database or of how a verdict is stored.
"""

from __future__ import annotations

from app.components.highlight import highlight_value
from app.text import local_time, text
from backend.review.queue.drafts import DraftView
from backend.review.queue.verdict_details import REASON_CODES, PhraseVerdicts
from backend.review.store.views import VERDICT_KINDS, ItemView

#: The key of each button, as the sheet of keys says it.
VERDICT_KEYS = {"approve": "a", "correct": "Ctrl Enter", "reject": "r", "skip": "x"}
LABELS = (
    "own_text", "own_text_info", "changes", "reason", "note", "verdict", "restore", "score", "scoring", "show_scored",
    "show_original", "stale", "accept_phrase", "correct_phrase", "phrase_text", "accepted", "corrected",
    "checked", "insert", "insert_what", "inserted", "draft_typing", "draft_saved", "draft_failed",
    "conflict_mine", "conflict_reload",
)  # fmt: skip
#: What the browser fills in.
GAPS = {name: f"{{{name}}}" for name in ("done", "total", "text")}


def review_value(
    item: ItemView,
    *,
    draft: DraftView | None,
    details: PhraseVerdicts | None,
    holding: dict,
    passing_on: dict,
    user: str,
    language: str,
    is_cold_start: bool,
) -> dict:
    """Everything that `review.js` draws for `user`; `holding` says who has it, `passing_on` how it goes to others."""
    value = highlight_value(item.summary, language=language, is_cold_start=is_cold_start)
    return {
        **value,
        "user": user,
        "item": item.id,
        "version": item.version,
        "is_open": item.state == "pending",
        "holding": holding,
        "passing_on": passing_on,
        "labels": {**value["labels"], **{name: text(language, f"review.{name}", **GAPS) for name in LABELS}},
        "reasons": [("", text(language, "review.reason.none")), *_reasons(language)],
        "verdicts": [(kind, text(language, f"inbox.{kind}"), VERDICT_KEYS[kind]) for kind in (*VERDICT_KINDS, "skip")],
        "draft": _draft(item, draft=draft, details=details, language=language),
    }


def _reasons(language: str) -> list[tuple[str, str]]:
    return [(code, text(language, f"review.reason.{code}")) for code in REASON_CODES]


def _draft(item: ItemView, *, draft: DraftView | None, details: PhraseVerdicts | None, language: str) -> dict:
    if item.verdict is not None:
        marks = details.phrases if details is not None else ()
        return {
            "text": item.verdict.text or item.summary.text,
            "note": item.verdict.note,
            "reason": details.reason if details is not None else "",
            "accepted": [number for number, mark in enumerate(marks) if mark == "accepted"],
            "state": "",
        }
    if draft is None:
        return {"text": item.summary.text, "note": "", "reason": "", "accepted": [], "state": ""}
    return {
        "text": draft.text,
        "note": draft.note,
        "reason": draft.reason,
        "accepted": list(draft.accepted),
        "state": text(language, "review.draft_found", when=local_time(language, draft.updated_at)),
    }
