"""What another threshold and audit share would have cost in reviews and let through, over past summaries.

In: the risks of all summaries, verdicts with the probability of having been given, minutes and prices.
Out: figures a day, their intervals, and the threshold of the least expected cost. Knows nothing of the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from backend.uncertainty.metrics import Interval

#: Thresholds that are tried for the least cost: whole percents.
GRID = tuple(round(0.01 * percent, 2) for percent in range(101))


@dataclass(frozen=True, slots=True)
class History:
    """Past summaries.

    Attributes:
        risks: of all, sorted.
        days: the span that they came in, at least 1.
        judged_risks: of those with a verdict.
        judged_wrong: whether a person found them wrong.
        weights: one over the probability with which each of them was sent to a person.
        review_seconds: how long a person looks at one.
    """

    risks: np.ndarray
    days: float
    judged_risks: np.ndarray
    judged_wrong: np.ndarray
    weights: np.ndarray
    review_seconds: float


@dataclass(frozen=True, slots=True)
class Prices:
    """What a minute of review and a wrong summary that nobody saw cost, in any one currency."""

    minute: float
    missed_error: float


@dataclass(frozen=True, slots=True)
class Replay:
    """Figures a day under one threshold and audit share; a share of nothing judged is bounded by 0 and 1.

    `wrong_share` is that of the accepted ones, `escapes` how many of them a day, `cost` the expected one.
    """

    threshold: float
    audit_share: float
    coverage: float
    reviews: float
    minutes: float
    judged: int
    wrong_share: Interval
    escapes: Interval
    cost: Interval


def replay(history: History, *, threshold: float, audit_share: float, prices: Prices) -> Replay:
    """What this policy would have done.

    Raises:
        ValueError: without any summary.
    """
    if not len(history.risks):
        raise ValueError("there is no summary to replay")
    total = len(history.risks)
    below = int(np.searchsorted(history.risks, threshold, side="right"))
    accepted = below * (1 - audit_share)
    reviews = (total - accepted) / history.days
    minutes = reviews * history.review_seconds / 60
    inside = history.judged_risks <= threshold
    share = weighted_share(history.judged_wrong[inside], history.weights[inside])
    if not below:
        share = Interval(0.0, 0.0, 0.0)
    escapes = Interval(*(accepted * value / history.days for value in (share.low, share.share, share.high)))
    costs = (
        minutes * prices.minute + value * prices.missed_error for value in (escapes.low, escapes.share, escapes.high)
    )
    return Replay(
        threshold=threshold,
        audit_share=audit_share,
        coverage=below / total,
        reviews=reviews,
        minutes=minutes,
        judged=int(inside.sum()),
        wrong_share=share,
        escapes=escapes,
        cost=Interval(*costs),
    )


def cheapest(history: History, *, audit_share: float, prices: Prices, grid: Sequence[float] = GRID) -> Replay | None:
    """The threshold of the least expected cost among those with a verdict below; `None` without any.

    Of equal ones it is the lowest, which lets the least through.
    """
    found = [replay(history, threshold=t, audit_share=audit_share, prices=prices) for t in grid]
    known = [one for one in found if one.judged or not one.coverage]
    if not any(one.judged for one in known):
        return None
    return min(known, key=lambda one: (round(one.cost.share, 9), one.threshold))


def weighted_share(wrong: np.ndarray, weights: np.ndarray, *, confidence: float = 0.95) -> Interval:
    """A weighted share with its interval: Clopper–Pearson on the effective number (Korn & Graubard 1998).

    n = (Σw)² / Σw². With equal weights it is the exact interval; of nothing seen it is everything.
    """
    if not len(wrong) or weights.sum() <= 0:
        return Interval(0.0, 0.0, 1.0)
    share = float(np.average(wrong, weights=weights))
    number = float(weights.sum() ** 2 / (weights**2).sum())
    errors, tail = share * number, (1 - confidence) / 2
    low = float(beta.ppf(tail, errors, number - errors + 1)) if share > 0 else 0.0
    high = float(beta.ppf(1 - tail, errors + 1, number - errors)) if share < 1 else 1.0
    return Interval(low, share, high)
