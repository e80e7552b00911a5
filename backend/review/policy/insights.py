"""Figures over all summaries: what went which way, how well the probabilities fit, what slips through.

In: a database. Out: an `Overview`. The inbox alone is a biased sample, so figures from verdicts weight each
by one over its probability of having been reviewed. Knows nothing of diagrams.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from backend.review.store.database import Database
from backend.review.store.standing import stands
from backend.review.store.tables import DecisionRow, ItemRow, JobRow, SummaryRow, VerdictRow, VerdictUndoRow
from backend.review.store.views import AuditRate, CalibrationUse, Overview, OverviewCounts, RiskCoveragePoint
from backend.uncertainty.metrics import clopper_pearson, reliability, risk_coverage
from backend.uncertainty.report import ReliabilityBin

#: Curves are drawn from the newest verdicts, so that the page stays quick after years of work.
MAX_JUDGED = 5_000
_MAX_POINTS = 200


@dataclass(frozen=True, slots=True)
class _Judged:
    """A summary with a verdict that stands."""

    risk: float
    is_wrong: bool
    weight: float
    edit_probabilities: list[float]
    edited: list[bool]


def overview(database: Database) -> Overview:
    """All figures at one moment."""
    with database.reading() as session:
        counts = _count(session)
        audit = _count_audit(session)
        calibrations = _count_by_calibration(session)
        judged = _load_judged(session)
    return Overview(
        counts=counts,
        phrase_reliability=_phrase_reliability(judged),
        summary_reliability=_summary_reliability(judged),
        risk_coverage=_risk_coverage(judged),
        audit=audit,
        calibrations=calibrations,
    )


def _count(session: Session) -> OverviewCounts:
    reasons = _count_by(session, DecisionRow.reason)
    kinds = _count_by(session, VerdictRow.kind, stands())
    jobs = _count_by(session, JobRow.state)
    return OverviewCounts(
        summaries=session.scalar(select(func.count()).select_from(SummaryRow)) or 0,
        accepted=reasons.get("confident", 0),
        low_confidence=reasons.get("low_confidence", 0),
        audit=reasons.get("audit", 0),
        pending=_count_by(session, ItemRow.state).get("pending", 0),
        approved=kinds.get("approve", 0),
        corrected=kinds.get("correct", 0),
        rejected=kinds.get("reject", 0),
        undone=session.scalar(select(func.count()).select_from(VerdictUndoRow)) or 0,
        jobs_queued=jobs.get("queued", 0),
        jobs_running=jobs.get("running", 0),
        jobs_failed=jobs.get("failed", 0),
    )


def _count_by(session: Session, column: Any, *conditions: Any) -> dict[str, int]:
    query = select(column, func.count()).where(*conditions).group_by(column)
    return {name: count for name, count in session.execute(query)}


def _count_audit(session: Session) -> AuditRate:
    query = (
        select(VerdictRow.is_wrong, func.count())
        .join(ItemRow, ItemRow.id == VerdictRow.item_id)
        .where(ItemRow.reason == "audit", stands())
        .group_by(VerdictRow.is_wrong)
    )
    by_outcome = {bool(is_wrong): count for is_wrong, count in session.execute(query)}
    wrong, audited = by_outcome.get(True, 0), sum(by_outcome.values())
    interval = clopper_pearson(wrong, audited)
    return AuditRate(audited, wrong, share=interval.share, low=interval.low, high=interval.high)


def _count_by_calibration(session: Session) -> tuple[CalibrationUse, ...]:
    made = {
        version: count
        for version, count in session.execute(
            select(DecisionRow.calibration, func.count()).group_by(DecisionRow.calibration)
        )
    }
    query = (
        select(DecisionRow.calibration, VerdictRow.is_wrong, func.count(), func.sum(DecisionRow.risk))
        .join(ItemRow, ItemRow.decision_id == DecisionRow.id)
        .join(VerdictRow, and_(VerdictRow.item_id == ItemRow.id, stands()))
        .group_by(DecisionRow.calibration, VerdictRow.is_wrong)
    )
    groups = session.execute(query).all()
    uses = []
    for version in sorted(made):
        own = [group for group in groups if group[0] == version]
        judged = sum(count for _, _, count, _ in own)
        risks = sum(risk for _, _, _, risk in own)
        uses.append(
            CalibrationUse(
                version=version,
                summaries=made[version],
                judged=judged,
                wrong=sum(count for _, is_wrong, count, _ in own if is_wrong),
                mean_risk_of_judged=risks / judged if judged else 0.0,
            )
        )
    return tuple(uses)


def _load_judged(session: Session) -> list[_Judged]:
    query = (
        select(
            DecisionRow.risk,
            VerdictRow.is_wrong,
            DecisionRow.review_probability,
            DecisionRow.edit_probabilities,
            VerdictRow.edited,
        )
        .join(ItemRow, ItemRow.id == VerdictRow.item_id)
        .join(DecisionRow, DecisionRow.id == ItemRow.decision_id)
        .where(stands())
        .order_by(VerdictRow.id.desc())
        .limit(MAX_JUDGED)
    )
    return [
        _Judged(risk, is_wrong, 1.0 / review_probability, edit_probabilities, edited)
        for risk, is_wrong, review_probability, edit_probabilities, edited in session.execute(query)
    ]


def _phrase_reliability(judged: list[_Judged]) -> tuple[ReliabilityBin, ...]:
    """Shown probabilities of an edit against edits; a rejection does not say which phrases were wrong."""
    rows = [
        (probability, was_edited, one.weight)
        for one in judged
        if one.edited
        for probability, was_edited in zip(one.edit_probabilities, one.edited, strict=True)
    ]
    if not rows:
        return ()
    probabilities, outcomes, weights = zip(*rows, strict=True)
    return reliability(probabilities, outcomes, weights=weights)


def _summary_reliability(judged: list[_Judged]) -> tuple[ReliabilityBin, ...]:
    if not judged:
        return ()
    return reliability(
        [one.risk for one in judged],
        [one.is_wrong for one in judged],
        weights=[one.weight for one in judged],
    )


def _risk_coverage(judged: list[_Judged]) -> tuple[RiskCoveragePoint, ...]:
    if not judged:
        return ()
    curve = risk_coverage(
        [one.risk for one in judged],
        [one.is_wrong for one in judged],
        [one.weight for one in judged],
    )
    step = max(1, -(-len(curve.points) // _MAX_POINTS))
    kept = curve.points[::-1][::step][::-1]  # the last point, all accepted, always stays
    return tuple(RiskCoveragePoint(p.threshold, p.coverage, p.wrong_share) for p in kept)
