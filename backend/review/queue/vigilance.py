"""Vigilance: whether reviewers still read. What they say about a check is told to them at once, and is no verdict.

In: a verdict on any item. Out: the verdict's number, or what the check was; and the team's catch rate.
An answer to a check stands in a table of its own without a name, and the record says only that there was one: it
enters no calibration, certificate, export or figure about verdicts, and nobody is ranked by it.
Knows nothing of how an error is planted (`seeds`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.review.intake import seeds
from backend.review.queue import conflicts, second_review, verdicts
from backend.review.queue.conflicts import require_item
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.seed_tables import SeededAnswerRow, SeededErrorRow
from backend.review.store.storable import clean_typed
from backend.review.store.tables import ItemRow
from backend.review.store.views import CheckView
from backend.uncertainty.judge import judge
from backend.uncertainty.metrics import clopper_pearson
from backend.uncertainty.phrases import Analysis, Phrase


@dataclass(frozen=True, slots=True)
class Given:
    """What became of what a person said: a verdict with this number, or the outcome of a check."""

    verdict: int | None
    check: CheckView | None = None


@dataclass(frozen=True, slots=True)
class CatchRate:
    """How many planted errors the team has seen, of those that were answered (`low`, `high`: Clopper–Pearson, 95 %)."""

    waiting: int
    answered: int
    caught: int
    share: float
    low: float
    high: float


def give(database: Database, *, item_id: int, **said: object) -> Given:
    """Store a verdict as `verdicts.give` does, or the answer where the item is a check.

    Raises:
        AccessError, ReviewConflict, ReviewError: as `verdicts.give`.
    """
    with database.reading() as session:
        is_seeded = require_item(session, item_id).is_seeded
    if not is_seeded:
        return Given(verdicts.give(database, item_id=item_id, **said))
    known = ("kind", "text", "reviewer", "roles", "expected_version")
    return Given(None, _answer(database, item_id=item_id, **{name: said[name] for name in known if name in said}))


def catch_rate(database: Database) -> CatchRate:
    """Of the team; nothing is kept by person."""
    with database.reading() as session:
        planted = session.scalar(select(func.count()).select_from(SeededErrorRow)) or 0
        query = select(SeededAnswerRow.is_caught, func.count()).group_by(SeededAnswerRow.is_caught)
        counts = {bool(is_caught): count for is_caught, count in session.execute(query)}
    caught, answered = counts.get(True, 0), sum(counts.values())
    interval = clopper_pearson(caught, answered)
    return CatchRate(planted - answered, answered, caught, interval.share, interval.low, interval.high)


def _answer(
    database: Database,
    *,
    item_id: int,
    kind: str,
    text: str | None = None,
    reviewer: str,
    roles: Collection[str] = (),
    expected_version: int,
) -> CheckView:
    person = clean_typed(reviewer)
    verdicts.check_kind(kind)
    with database.session() as session:
        item = require_item(session, item_id)
        error = seeds.find(session, item_id)
        corrected = verdicts.check_correction(text, summary=error.text) if kind == "correct" else None
        if item.state == "pending":
            second_review.require_role(item, roles)
        values = {"state": "decided", "lease_owner": None, "lease_until": None, "postponed_until": None}
        conflicts.change_pending(
            session, item_id, reviewer=person, expected_version=expected_version, mine=clean_typed(text or ""),
            values=values,
        )  # fmt: skip
        is_caught = _is_caught(error, kind=kind, corrected=corrected)
        session.add(SeededAnswerRow(seeded_error_id=error.id, said=kind, is_caught=is_caught))
        events.append_for_item(session, "check_answered", actor="", item_id=item_id)  # not who, nor what they said
        found = _load_check(session, item)
        session.commit()
        return found


def find_check(session: Session, item: ItemRow) -> CheckView | None:
    """What a check was, once it is answered; None for every other item, so that nobody can tell them apart."""
    return _load_check(session, item) if item.is_seeded and item.state == "decided" else None


def _load_check(session: Session, item: ItemRow) -> CheckView:
    error = seeds.find(session, item.id)
    query = select(SeededAnswerRow.is_caught).where(SeededAnswerRow.seeded_error_id == error.id)
    original = seeds.original_text(session, item)[error.start_char : error.end_char]
    return CheckView(error.kind, original=original, planted=error.planted, is_caught=bool(session.scalar(query)))


def _is_caught(error: SeededErrorRow, *, kind: str, corrected: str | None) -> bool:
    """A rejection catches it, and so does a correction that changes the planted words."""
    if kind == "reject":
        return True
    phrase = Phrase(error.start_char, error.start_char + len(error.planted), error.planted, "words", {})
    edited, _ = judge(Analysis((phrase,), (), {}), summary=error.text, corrected=corrected, verdict=kind)
    return edited[0]
