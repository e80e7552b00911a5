"""A mean with an interval that holds at every moment, so that an experiment may be looked at and stopped at will.

In: bounded observations in the order of their arrival. Out: the mean and its confidence sequence now.

Predictable plug-in empirical-Bernstein sequence (Waudby-Smith & Ramdas, JRSS-B 2024, Theorem 2), its running
intersection:  Σλᵢxᵢ / Σλᵢ ± (log(2/α) + Σ 4(xᵢ − μ̂ᵢ₋₁)² ψ(λᵢ)) / Σλᵢ,   ψ(λ) = (−log(1 − λ) − λ) / 4
Knows nothing of experiments.
"""

from __future__ import annotations

import numpy as np

from backend.uncertainty.metrics import Interval

_LARGEST_BET = 0.5


def mean_sequence(values: np.ndarray, *, largest: float, alpha: float) -> Interval:
    """The mean of values in [0, largest] with confidence 1 − α at any time; of nothing it is everything.

    Raises:
        ValueError: for a value outside; the interval would not hold.
    """
    x = np.asarray(values, dtype=float)
    if not len(x):
        return Interval(0.0, 0.0, largest)
    if largest <= 0 or x.min() < 0 or x.max() > largest * (1 + 1e-9):
        raise ValueError(f"values must be in [0, {largest}]")
    x = x / largest
    count = np.arange(1, len(x) + 1)
    means = (0.5 + np.cumsum(x)) / (count + 1)
    variances = (0.25 + np.cumsum((x - means) ** 2)) / (count + 1)
    before_mean, before_variance = np.append(0.5, means[:-1]), np.append(0.25, variances[:-1])
    bets = np.minimum(np.sqrt(2 * np.log(2 / alpha) / (before_variance * count * np.log1p(count))), _LARGEST_BET)
    psi = (-np.log1p(-bets) - bets) / 4
    total = np.cumsum(bets)
    centre = np.cumsum(bets * x) / total
    radius = (np.log(2 / alpha) + np.cumsum(4 * (x - before_mean) ** 2 * psi)) / total
    low = max(0.0, float((centre - radius).max()))
    high = min(1.0, float((centre + radius).min()))
    return Interval(low * largest, float(x.mean()) * largest, high * largest)
