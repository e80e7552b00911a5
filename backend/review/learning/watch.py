"""Drift: whether what comes in, or what people find, has changed since the calibration in force.

In: a database. Out: a `DriftReport` with its weeks. Knows nothing of the mathematics (`backend.uncertainty.drift`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from backend.review.learning import calibration
from backend.review.store.database import Database
from backend.review.store.standing import stands
from backend.review.store.tables import DecisionRow, ItemRow, VerdictRow
from backend.uncertainty.drift import ALARM_AT, LEAST_VERDICTS, SURPRISING_Z, highest_martingale, surprise

MOST_RISKS = 5_000
MOST_WEEKS = 8


@dataclass(frozen=True, slots=True)
class Week:
    """Verdicts of a week (`start` is its Monday, UTC) against the risks that were shown.

    `expected` is the sum of the risks; `z` says how far `wrong` is from it in standard deviations.
    """

    start: date
    verdicts: int
    wrong: int
    expected: float
    z: float

    @property
    def is_surprising(self) -> bool:
        """Whether the risks of this week did not come true."""
        return self.verdicts >= LEAST_VERDICTS and abs(self.z) >= SURPRISING_Z


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What has changed since the calibration in force: `martingale` over `summaries` risks, and weeks, newest first."""

    calibration: int
    summaries: int
    martingale: float
    weeks: tuple[Week, ...]

    @property
    def has_changed(self) -> bool:
        """Whether the incoming risks have changed, beyond chance."""
        return self.martingale >= ALARM_AT


def watch(database: Database) -> DriftReport:
    """The newest risks and weeks under the calibration in force; those of another one mean something else."""
    version, _ = calibration.current(database)
    with database.reading() as session:
        newest = (
            select(DecisionRow.risk)
            .where(DecisionRow.calibration == version)
            .order_by(DecisionRow.id.desc())
            .limit(MOST_RISKS)
        )
        risks = list(session.scalars(newest))[::-1]
        judged = (
            select(VerdictRow.created_at, DecisionRow.risk, VerdictRow.is_wrong)
            .join(ItemRow, ItemRow.id == VerdictRow.item_id)
            .join(DecisionRow, DecisionRow.id == ItemRow.decision_id)
            .where(DecisionRow.calibration == version, stands())
            .order_by(VerdictRow.id.desc())
            .limit(MOST_RISKS)
        )
        rows = session.execute(judged).all()
    return DriftReport(version, len(risks), highest_martingale(risks), _to_weeks(rows))


def _to_weeks(rows: list[tuple[datetime, float, bool]]) -> tuple[Week, ...]:
    by_start: dict[date, list[tuple[float, bool]]] = defaultdict(list)
    for created_at, risk, is_wrong in rows:
        day = created_at.date()
        by_start[day - timedelta(days=day.weekday())].append((risk, is_wrong))
    newest = sorted(by_start, reverse=True)[:MOST_WEEKS]
    return tuple(_to_week(start, by_start[start]) for start in newest)


def _to_week(start: date, found: list[tuple[float, bool]]) -> Week:
    risks, wrong = [risk for risk, _ in found], [is_wrong for _, is_wrong in found]
    return Week(start, len(found), sum(wrong), expected=sum(risks), z=surprise(risks, wrong))
