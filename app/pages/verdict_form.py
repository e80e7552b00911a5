"""A verdict as the review page sends it, checked.

In: the event's data, which may be anything. Out: a `VerdictForm`, or a `RequestError`.
Knows nothing of the database or of who sent it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.pages.handling import (
    MAX_NOTE_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    require_choice,
    require_id,
    require_number,
    require_text,
)
from backend.review.queue.verdict_details import REASON_CODES
from backend.review.store.views import VERDICT_KINDS

#: A summary has fewer phrases than it may have characters.
MAX_PHRASES = MAX_TEXT_CHARACTERS
DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class VerdictForm:
    """What a reviewer says about an item; `seconds_spent` is None when the browser's clock makes no sense."""

    kind: str
    item_id: int
    version: int
    text: str
    note: str
    reason: str
    accepted: tuple[int, ...]
    seconds_spent: float | None


def read_verdict(data: Mapping[str, Any]) -> VerdictForm:
    """The verdict in the data of an event.

    Raises:
        RequestError: for anything that the page never sends.
    """
    seconds = data.get("seconds")
    is_plausible = isinstance(seconds, int | float) and 0 <= seconds <= DAY_SECONDS
    return VerdictForm(
        kind=require_choice(data.get("kind"), choices=VERDICT_KINDS),
        item_id=require_id(data.get("item")),
        version=require_id(data.get("version")),
        text=require_text(data.get("text"), limit=MAX_TEXT_CHARACTERS),
        note=require_text(data.get("note"), limit=MAX_NOTE_CHARACTERS),
        reason=require_choice(data.get("reason", ""), choices=("", *REASON_CODES)),
        accepted=_phrase_numbers(data.get("accepted", [])),
        seconds_spent=float(seconds) if is_plausible else None,
    )


def _phrase_numbers(value: object) -> tuple[int, ...]:
    entries = value if isinstance(value, list) else [None]
    return tuple(int(require_number(entry, low=0, high=MAX_PHRASES)) for entry in entries[:MAX_PHRASES])
