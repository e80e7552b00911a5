"""What a verdict says beyond its kind: a reason code, and what was done with every phrase.

In: a session (the verdict's own transaction), a verdict, what the reviewer chose. Out: one row, or what it holds.
Knows nothing of how verdicts are given or shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.errors import ReviewError
from backend.review.store.database import Database
from backend.review.store.tables import VerdictDetailRow

#: Why a person changed or rejected a summary.
REASON_CODES = ("wrong_number", "not_in_source", "omitted", "wording", "other")


@dataclass(frozen=True, slots=True)
class VerdictDetails:
    """What a reviewer chose besides the verdict.

    `reason` is one of `REASON_CODES` or ""; `accepted` are the numbers of the phrases that were looked at one by
    one and left as they are.
    """

    reason: str = ""
    accepted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PhraseVerdicts:
    """The reason of a verdict, and for every phrase "accepted", "corrected" or "" (not judged on its own)."""

    reason: str
    phrases: tuple[str, ...]


def add(session: Session, verdict_id: int, details: VerdictDetails, *, edited: Sequence[bool], phrases: int) -> None:
    """Store the details of a verdict in its own transaction.

    Raises:
        ReviewError: when the reason is none of `REASON_CODES`.
    """
    if details.reason not in ("", *REASON_CODES):
        raise ReviewError("review.unknown_reason", "There is no reason {reason}.", reason=details.reason)
    flags = list(edited) or [False] * phrases
    accepted = set(details.accepted)
    marks = ["corrected" if flag else "accepted" if number in accepted else "" for number, flag in enumerate(flags)]
    session.add(VerdictDetailRow(verdict_id=verdict_id, reason=details.reason, phrases=marks))


def find(database: Database, verdict_id: int) -> PhraseVerdicts | None:
    """The details of a verdict; None for one from the time before they were kept."""
    with database.reading() as session:
        row = session.scalars(select(VerdictDetailRow).where(VerdictDetailRow.verdict_id == verdict_id)).first()
        return PhraseVerdicts(row.reason, tuple(row.phrases)) if row is not None else None
