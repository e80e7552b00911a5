"""Bootstrap intervals over documents: of a mean, and of the mean of paired differences.

In: one number a document (or two, paired by document), a seed. Out: `Interval(low, mid, high)`.
The documents are what is resampled, never tokens or phrases: those of one document depend on each other.

The interval is the *expanded percentile* interval: plain percentiles of resampled means are too narrow by
`sqrt((n-1)/n) · z/t`, so the tail probability is widened to `Φ(-sqrt(n/(n-1)) · t_{α/2, n-1})`
(Hesterberg, *What Teachers Should Know about the Bootstrap*, arXiv 1411.5279, section 3.3).

Does not know what is measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, stdtrit

DEFAULT_SAMPLES = 10_000
_CHUNK_CELLS = 4_000_000  # resampling counts held at once: 32 MB


class Interval(NamedTuple):
    """A figure and its bounds at the stated level; infinite ones where a single document tells nothing."""

    low: float
    mid: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the figure differs from zero at the interval's level."""
        return self.low > 0 or self.high < 0

    def to_json(self) -> list[float | None]:
        """`[low, mid, high]`, with null for a bound that is not known."""
        return [float(value) if math.isfinite(value) else None for value in self]


def bootstrap_mean(
    values: Sequence[float], *, seed: int, samples: int = DEFAULT_SAMPLES, level: float = 0.95
) -> Interval:
    """Interval of the mean of one value a document, `(n,)`."""
    array = _check_values(values)
    mean = float(array.mean())
    if array.size == 1:
        return Interval(-math.inf, mean, math.inf)
    means = _resample_means(array, seed=seed, samples=samples)
    tail = widen_tail(array.size, level=level)
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(low), mean, float(high))


def bootstrap_difference(
    values: Sequence[float],
    *,
    others: Sequence[float],
    seed: int,
    samples: int = DEFAULT_SAMPLES,
    level: float = 0.95,
) -> Interval:
    """Interval of `mean(values - others)`; the two are paired: entry i of both is of document i, `(n,)`."""
    first, second = _check_values(values), _check_values(others)
    if first.shape != second.shape:
        raise ValueError(f"a paired difference needs as many values on both sides: {first.size} and {second.size}")
    return bootstrap_mean(first - second, seed=seed, samples=samples, level=level)


def _check_values(values: Sequence[float]) -> np.ndarray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"the bootstrap needs one value a document, at least one; got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError("the bootstrap needs finite values")
    return array


def _resample_means(array: np.ndarray, *, seed: int, samples: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    size = array.size
    chunk = max(1, _CHUNK_CELLS // size)
    means = [
        # how often each document is drawn, instead of which: (chunk, n) @ (n,)
        generator.multinomial(size, np.full(size, 1 / size), size=min(chunk, samples - start)) @ array / size
        for start in range(0, samples, chunk)
    ]
    return np.concatenate(means)


def widen_tail(size: int, *, level: float) -> float:
    """Tail probability of the expanded percentile interval over `size` documents, at least 2."""
    quantile = stdtrit(size - 1, (1 - level) / 2)  # negative
    return float(ndtr(math.sqrt(size / (size - 1)) * quantile))
