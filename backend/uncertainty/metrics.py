"""How well probabilities fit outcomes, and what a threshold on a risk costs and lets through.

In: arrays of probabilities and of outcomes (0/1), optionally weights. Out: plain numbers and bins.
Knows nothing of phrases, summaries or how the probabilities came about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as sklearn_log_loss

from backend.uncertainty.report import ReliabilityBin, Scores

#: Bins of a reliability diagram unless told otherwise.
DEFAULT_BINS = 10
#: A probability of exactly 0 or 1 would make one error cost infinitely much.
_SMALLEST = 1e-6

Numbers = Sequence[float] | np.ndarray


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """Accepting all with a risk up to `threshold`: the share accepted, the share of it that is wrong."""

    threshold: float
    coverage: float
    wrong_share: float
    accepted: int


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The whole curve, and the area under it (mean wrong share over all coverages; lower is better)."""

    points: tuple[CoveragePoint, ...]
    aurc: float


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with its confidence interval."""

    low: float
    share: float
    high: float


def log_loss(probabilities: Numbers, outcomes: Numbers, weights: Numbers | None = None) -> float:
    """Weighted mean of −log p(outcome), in nats; probabilities are kept off 0 and 1."""
    p = np.clip(np.asarray(probabilities, float), _SMALLEST, 1 - _SMALLEST)  # (N,)
    return float(sklearn_log_loss(np.asarray(outcomes, int), p, labels=[0, 1], sample_weight=weights))


def brier(probabilities: Numbers, outcomes: Numbers, weights: Numbers | None = None) -> float:
    """Weighted mean of (p − outcome)²."""
    p = np.asarray(probabilities, float)
    return float(brier_score_loss(np.asarray(outcomes, int), p, labels=[0, 1], sample_weight=weights))


def reliability(
    probabilities: Numbers,
    outcomes: Numbers,
    bins: int = DEFAULT_BINS,
    *,
    weights: Numbers | None = None,
    binning: str = "equal_width",
) -> tuple[ReliabilityBin, ...]:
    """Mean probability against observed share, bin by bin; empty bins are left out.

    Args:
        probabilities: predictions, (N,).
        outcomes: 0 or 1, (N,).
        bins: how many.
        weights: of each prediction; all 1 by default.
        binning: "equal_width" cuts [0, 1] evenly, "equal_mass" puts equally many into each.

    Raises:
        ValueError: for another `binning`.
    """
    p, y, w = _arrays(probabilities, outcomes, weights)
    edges = _edges(p, bins, binning)
    which = np.clip(np.searchsorted(edges, p, side="right") - 1, 0, len(edges) - 2)  # (N,)
    found = []
    for number in np.unique(which):
        inside = which == number
        mass = w[inside] if w[inside].sum() > 0 else np.ones(int(inside.sum()))
        found.append(
            ReliabilityBin(
                low=float(edges[number]),
                high=float(edges[number + 1]),
                mean_probability=float(np.average(p[inside], weights=mass)),
                observed_share=float(np.average(y[inside], weights=mass)),
                count=int(inside.sum()),
            )
        )
    return tuple(found)


def ece(
    probabilities: Numbers,
    outcomes: Numbers,
    bins: int = DEFAULT_BINS,
    *,
    weights: Numbers | None = None,
    binning: str = "equal_width",
) -> float:
    """Expected calibration error: Σ over bins of mass · |observed share − mean probability|."""
    p, y, w = _arrays(probabilities, outcomes, weights)
    if not len(p) or w.sum() <= 0:
        return 0.0
    edges = _edges(p, bins, binning)
    which = np.clip(np.searchsorted(edges, p, side="right") - 1, 0, len(edges) - 2)
    gaps = np.bincount(which, weights=w * (y - p), minlength=len(edges) - 1)  # (bins,)
    return float(np.abs(gaps).sum() / w.sum())


def score(probabilities: Numbers, outcomes: Numbers, weights: Numbers | None = None) -> Scores:
    """All figures of a set of predictions; zeros when it is empty."""
    if not len(probabilities):
        return Scores(0.0, 0.0, 0.0, 0)
    return Scores(
        log_loss=log_loss(probabilities, outcomes, weights),
        brier=brier(probabilities, outcomes, weights),
        ece=ece(probabilities, outcomes, weights=weights),
        count=len(probabilities),
        bins=reliability(probabilities, outcomes, weights=weights),
    )


def risk_coverage(risks: Numbers, wrong: Numbers, weights: Numbers | None = None) -> RiskCoverage:
    """The risk–coverage curve: for each threshold the accepted share and the wrong share of the accepted.

    Equal risks are accepted together. The area gives each item the wrong share of the curve at its risk.
    """
    r, y, w = _arrays(risks, wrong, weights)
    if not len(r) or w.sum() <= 0:
        return RiskCoverage((), 0.0)
    order = np.argsort(r, kind="stable")
    r, y, w = r[order], y[order], w[order]
    last = np.append(r[1:] != r[:-1], True)  # (N,): the last item of each group of equal risk
    mass, errors = np.cumsum(w)[last], np.cumsum(w * y)[last]
    shares = np.divide(errors, mass, out=np.zeros_like(errors), where=mass > 0)
    counts = np.flatnonzero(last) + 1
    points = tuple(
        CoveragePoint(float(t), float(m / w.sum()), float(s), int(c))
        for t, m, s, c in zip(r[last], mass, shares, counts, strict=True)
    )
    return RiskCoverage(points, float(np.dot(np.diff(mass, prepend=0.0), shares) / w.sum()))


def clopper_pearson(errors: int, total: int, confidence: float = 0.95) -> Interval:
    """The exact interval of a share; of nothing seen it is everything, [0, 1]."""
    if total == 0:
        return Interval(0.0, 0.0, 1.0)
    found = binomtest(errors, total).proportion_ci(confidence_level=confidence, method="exact")
    return Interval(float(found.low), errors / total, float(found.high))


def _arrays(
    probabilities: Numbers, outcomes: Numbers, weights: Numbers | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    p, y = np.asarray(probabilities, float), np.asarray(outcomes, float)
    w = np.ones_like(p) if weights is None else np.asarray(weights, float)
    if not p.shape == y.shape == w.shape or p.ndim != 1:
        raise ValueError(f"lengths differ: {p.shape} probabilities, {y.shape} outcomes, {w.shape} weights")
    return p, y, w


def _edges(p: np.ndarray, bins: int, binning: str) -> np.ndarray:
    if binning == "equal_width":
        return np.linspace(0.0, 1.0, bins + 1)
    if binning == "equal_mass":
        inner = np.quantile(p, np.linspace(0.0, 1.0, bins + 1)[1:-1]) if len(p) else np.array([])
        return np.concatenate([[0.0], np.unique(inner[(inner > 0) & (inner < 1)]), [1.0]])
    raise ValueError(f'binning is "equal_width" or "equal_mass", not {binning!r}')
