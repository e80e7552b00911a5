"""What the arms of an experiment cost and let through, with intervals that hold whenever one looks.

In: a database and an `Experiment`. Out: one `ArmFigures` an arm. Figures are a document's, in the order of arrival;
what waits for its verdict is left out and counted, and so is what another model wrote than the arm's, or was scored
with another number of samples: its risk is not the one that the arm would have seen. Knows nothing of how an
experiment is run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from backend.review.policy import models, what_if
from backend.review.policy.decide import effective_risk
from backend.review.policy.experiments import Arm, Experiment
from backend.review.store.database import Database
from backend.review.store.standing import stands
from backend.review.store.tables import DecisionRow, ItemRow, PolicyRow, SummaryRow, VerdictRow
from backend.uncertainty.metrics import Interval
from backend.uncertainty.sequences import mean_sequence

#: How often all intervals of one figure together may ever be wrong.
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """Means a document with intervals valid at any time.

    `escapes` is None where nothing is checked at random: then nobody knows. `others` are documents of the arm that
    were not summarized as it says (another model, another number of samples), and count for nothing.
    """

    arm: Arm
    documents: int
    others: int
    waiting: int
    reviews: Interval
    minutes: Interval
    escapes: Interval | None
    cost: Interval | None


@dataclass(frozen=True, slots=True)
class _Case:
    risk: float
    probability: float
    floor: float
    policy: int
    samples: int
    model: tuple[str, str, str]
    is_sent: bool
    is_wrong: bool | None


def compare(database: Database, experiment: Experiment) -> tuple[ArmFigures, ...]:
    """The arms since the present state of the experiment began (in the shadow on the same documents)."""
    report = what_if.ask(database, threshold=0.5, samples=1, audit_share=0.0)
    minutes = (report.review_seconds if report is not None else what_if.ASSUMED_REVIEW_SECONDS) / 60
    prices = what_if.current_prices(database)
    with database.reading() as session:
        cases = _load(session, experiment)
    level = ALPHA / len(experiment.arms)
    found = []
    for arm in experiment.arms:
        dealt = [case for case in cases if arm.version is None or case.policy == arm.version]
        names = _find_names(database, arm)
        own = [case for case in dealt if arm.samples in (None, case.samples) and names in (None, case.model)]
        known = [case for case in own if not case.is_sent or case.is_wrong is not None]
        reviews = np.array([_review(case, arm) for case in own])
        rate = mean_sequence(reviews, largest=1.0, alpha=level)
        escapes, cost = _escapes_and_cost(
            known, arm, level=level, minute_cost=minutes * prices.minute, missed_cost=prices.missed_error
        )
        spent = Interval(*(minutes * value for value in (rate.low, rate.share, rate.high)))
        found.append(
            ArmFigures(arm, len(own), len(dealt) - len(own), len(own) - len(known), rate, spent, escapes, cost)
        )
    return tuple(found)


def is_settled(first: Interval | None, second: Interval | None) -> bool:
    """Whether two intervals exclude that the figures are equal."""
    if first is None or second is None:
        return False
    return first.high < second.low or second.high < first.low


def _review(case: _Case, arm: Arm) -> float:
    """Whether a person sees it; in the shadow the probability of that."""
    if arm.version is not None:
        return float(case.is_sent)
    return 1.0 if case.risk > arm.threshold else arm.audit_share


def _escapes_and_cost(
    cases: list[_Case], arm: Arm, *, level: float, minute_cost: float, missed_cost: float
) -> tuple[Interval | None, Interval | None]:
    floor = min((case.floor for case in cases), default=0.0)
    if floor <= 0.0:
        return None, None
    largest = (1 - arm.audit_share) / floor
    escapes = np.array([_escape(case, arm) for case in cases])
    costs = np.array([minute_cost * _review(case, arm) for case in cases]) + missed_cost * escapes
    most = minute_cost + missed_cost * largest
    if largest <= 0:
        return Interval(0.0, 0.0, 0.0), mean_sequence(costs, largest=max(most, 1e-12), alpha=level)
    sequence = mean_sequence(escapes, largest=largest, alpha=level)
    return sequence, mean_sequence(costs, largest=max(most, 1e-12), alpha=level)


def _escape(case: _Case, arm: Arm) -> float:
    """An unbiased estimate of "wrong, and let through by this arm": what is not looked at counts 0."""
    if case.risk > arm.threshold or not case.is_sent or not case.is_wrong:
        return 0.0
    return (1 - arm.audit_share) / case.probability


def _find_names(database: Database, arm: Arm) -> tuple[str, str, str] | None:
    """What records call the arm's model; None where it names none."""
    if arm.model is None:
        return None
    names = models.find(database, arm.model).names
    return names.base, names.adapter, names.posterior


def _load(session: Session, experiment: Experiment) -> list[_Case]:
    query = (
        select(
            DecisionRow.risk,
            DecisionRow.review_probability,
            PolicyRow.audit_share,
            DecisionRow.policy,
            SummaryRow.samples,
            SummaryRow.base,
            SummaryRow.adapter,
            SummaryRow.posterior,
            SummaryRow.notes,
            ItemRow.id,
            VerdictRow.is_wrong,
        )
        .join(PolicyRow, PolicyRow.version == DecisionRow.policy)
        .join(SummaryRow, SummaryRow.id == DecisionRow.summary_id)
        .outerjoin(ItemRow, and_(ItemRow.decision_id == DecisionRow.id, ~ItemRow.is_seeded))
        .outerjoin(VerdictRow, (VerdictRow.item_id == ItemRow.id) & stands())
        .where(DecisionRow.id > experiment.after_decision)
        .order_by(DecisionRow.id)
    )
    if experiment.until is not None:
        query = query.where(DecisionRow.created_at <= experiment.until)
    return [
        _Case(
            effective_risk(risk, notes=notes),
            probability,
            share,
            policy,
            samples,
            tuple(model),
            item is not None,
            is_wrong,
        )  # fmt: skip
        for risk, probability, share, policy, samples, *model, notes, item, is_wrong in session.execute(query)
    ]
