"""Any threshold, number of samples and audit share replayed over the summaries so far, with what they cost.

In: a database, a policy to try. Out: a `WhatIfReport`; the two prices that the person set last.
Risks are those of the time of the decision. Knows nothing of the mathematics (`backend.uncertainty.replay`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from backend.errors import ReviewError
from backend.review.policy.decide import effective_risk
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.decision_tables import PriceRow
from backend.review.store.standing import stands
from backend.review.store.storable import clean_typed
from backend.review.store.tables import DecisionRow, ItemRow, SummaryRow, VerdictRow
from backend.review.store.views import RiskCoveragePoint, WhatIf
from backend.uncertainty.metrics import risk_coverage
from backend.uncertainty.replay import History, Prices, Replay, cheapest, replay

#: Replayed are the newest summaries only, so that the page stays quick after years of work.
MOST_SUMMARIES = 20_000
#: How long a person looks at a summary, until the pages have measured it.
ASSUMED_REVIEW_SECONDS = 180.0
DEFAULT_PRICES = Prices(minute=1.0, missed_error=100.0)
MAX_PRICE = 1e9
_LONGEST_REVIEW_SECONDS = 3_600.0  # beyond that somebody went to lunch
_SECONDS_A_DAY = 86_400.0
_MOST_POINTS = 200


@dataclass(frozen=True, slots=True)
class WhatIfReport:
    """What a policy would have done to the summaries so far.

    Attributes:
        asked: the policy that was asked about.
        cheapest: the threshold of the least expected cost at the same audit share; None without verdicts below any.
        summaries: how many were replayed.
        days: the span that they came in.
        review_seconds: how long a review takes.
        is_time_measured: whether that was measured, or is assumed.
        summary_seconds: what a summary would take with that number of samples; None without a measured one.
        curve: share accepted against share of wrong ones, from verdicts.
        prices: that the costs are made of.
        counts: what the threshold alone would have sent, in numbers of summaries.
    """

    asked: Replay
    cheapest: Replay | None
    summaries: int
    days: float
    review_seconds: float
    is_time_measured: bool
    summary_seconds: float | None
    curve: tuple[RiskCoveragePoint, ...]
    prices: Prices
    counts: WhatIf


def ask(database: Database, *, threshold: float, samples: int, audit_share: float) -> WhatIfReport | None:
    """Replay a policy over history; None when there is no summary yet.

    Raises:
        ReviewError: when a share is out of its range.
    """
    for value in (threshold, audit_share):
        if not 0.0 <= value <= 1.0:
            raise ReviewError("policy.share_range", "A share must be between 0 and 1, not {value}.", value=value)
    prices = current_prices(database)
    with database.reading() as session:
        rows = _read_rows(session)
        seconds = _estimate_seconds(session, samples=samples)
    if not rows:
        return None
    history, is_measured = _to_history(rows)
    return WhatIfReport(
        asked=replay(history, threshold=threshold, audit_share=audit_share, prices=prices),
        cheapest=cheapest(history, audit_share=audit_share, prices=prices),
        summaries=len(history.risks),
        days=history.days,
        review_seconds=history.review_seconds,
        is_time_measured=is_measured,
        summary_seconds=seconds,
        curve=_curve(history),
        prices=prices,
        counts=_count(rows, threshold=threshold),
    )


def current_prices(database: Database) -> Prices:
    """The prices that were set last, else the default ones."""
    with database.reading() as session:
        row = session.scalars(select(PriceRow).order_by(PriceRow.id.desc()).limit(1)).first()
    return Prices(row.minute, row.missed_error) if row is not None else DEFAULT_PRICES


def save_prices(database: Database, *, minute: float, missed_error: float, saved_by: str = "") -> None:
    """Keep what a minute of review and a missed error cost.

    Raises:
        ReviewError: when a price is negative or absurd.
    """
    for value in (minute, missed_error):
        if not 0.0 <= value <= MAX_PRICE:
            raise ReviewError("prices.range", "A price must be between 0 and {most}, not {value}.",
                              most=MAX_PRICE, value=value)  # fmt: skip
    if current_prices(database) == Prices(minute, missed_error):
        return
    with database.session() as session:
        row = PriceRow(minute=float(minute), missed_error=float(missed_error), saved_by=clean_typed(saved_by))
        session.add(row)
        facts = {"minute": row.minute, "missed_error": row.missed_error}
        events.append(session, "prices_saved", actor=row.saved_by, facts=facts)
        session.commit()


def _read_rows(session: Session) -> Sequence[Row]:
    """The newest decisions, newest first, with the verdict that stands."""
    query = (
        select(
            DecisionRow.risk,
            DecisionRow.reason,
            DecisionRow.created_at,
            DecisionRow.review_probability,
            VerdictRow.is_wrong,
            VerdictRow.seconds_spent,
            SummaryRow.notes,
        )
        .join(SummaryRow, SummaryRow.id == DecisionRow.summary_id)
        .outerjoin(ItemRow, ItemRow.decision_id == DecisionRow.id)
        .outerjoin(VerdictRow, (VerdictRow.item_id == ItemRow.id) & stands())
        .order_by(DecisionRow.id.desc())
        .limit(MOST_SUMMARIES)
    )
    return session.execute(query).all()


def _to_history(rows: Sequence[Row]) -> tuple[History, bool]:
    """The past as figures, and whether the time of a review was measured."""
    judged = [row for row in rows if row.is_wrong is not None]
    spent = [row.seconds_spent for row in judged if row.seconds_spent is not None]
    measured = [seconds for seconds in spent if 0 < seconds <= _LONGEST_REVIEW_SECONDS]
    span = (rows[0].created_at - rows[-1].created_at).total_seconds() / _SECONDS_A_DAY
    history = History(
        risks=np.sort([effective_risk(row.risk, notes=row.notes) for row in rows]),
        days=max(1.0, span),
        judged_risks=np.array([effective_risk(row.risk, notes=row.notes) for row in judged]),
        judged_wrong=np.array([row.is_wrong for row in judged], dtype=float),
        weights=np.array([1.0 / row.review_probability for row in judged]),
        review_seconds=float(np.mean(measured)) if measured else ASSUMED_REVIEW_SECONDS,
    )
    return history, bool(measured)


def _count(rows: Sequence[Row], *, threshold: float) -> WhatIf:
    sent = np.array([effective_risk(row.risk, notes=row.notes) > threshold for row in rows])
    before = np.array([row.reason == "low_confidence" for row in rows])
    judged_below = [
        row for row in rows if row.is_wrong is not None and effective_risk(row.risk, notes=row.notes) <= threshold
    ]
    return WhatIf(
        threshold=threshold,
        summaries=len(rows),
        sent=int(sent.sum()),
        sent_before=int(before.sum()),
        more=int((sent & ~before).sum()),
        fewer=int((~sent & before).sum()),
        wrong_let_through=sum(row.is_wrong for row in judged_below),
        judged_let_through=len(judged_below),
    )


def _estimate_seconds(session: Session, *, samples: int) -> float | None:
    """Seconds for a summary with K samples: scoring takes about one forward pass a sample and one more."""
    query = select(SummaryRow.seconds, SummaryRow.samples).order_by(SummaryRow.id.desc()).limit(50)
    times = [
        parts.get("generate", 0.0) + parts["score"] * (1 + samples) / (1 + made_with)
        for parts, made_with in session.execute(query)
        if parts.get("score")
    ]
    return float(np.median(times)) if times else None


def _curve(history: History) -> tuple[RiskCoveragePoint, ...]:
    if not len(history.judged_risks):
        return ()
    points = risk_coverage(history.judged_risks, history.judged_wrong, history.weights).points
    step = max(1, -(-len(points) // _MOST_POINTS))
    return tuple(RiskCoveragePoint(p.threshold, p.coverage, p.wrong_share) for p in points[::-1][::step][::-1])
