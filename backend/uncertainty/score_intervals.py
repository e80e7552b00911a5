"""How sure the figures of a calibration are: bootstrap over documents, because phrases of one come together.

In: probabilities, outcomes, weights, the document of each. Out: 95 % intervals of log loss, Brier score and ECE.
Knows nothing of what was predicted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.uncertainty.metrics import DEFAULT_BINS

_DRAWS = 200
_SMALLEST = 1e-6
_QUANTILES = (0.025, 0.975)


def score_intervals(
    probabilities: np.ndarray, outcomes: np.ndarray, weights: np.ndarray, documents: Sequence[str], *, seed: int
) -> dict[str, tuple[float, float]]:
    """Intervals of "log_loss", "brier" and "ece"; empty with fewer than two documents.

    Each draw takes as many documents as there are, with replacement; an item counts as often as its document.
    """
    keys, which = np.unique(np.asarray(documents), return_inverse=True)
    if len(keys) < 2:
        return {}
    p = np.clip(np.asarray(probabilities, float), _SMALLEST, 1 - _SMALLEST)
    y = np.asarray(outcomes, float)
    losses = -np.where(y > 0.5, np.log(p), np.log1p(-p))
    squares = (np.asarray(probabilities, float) - y) ** 2
    bins = np.minimum((p * DEFAULT_BINS).astype(int), DEFAULT_BINS - 1)
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(_DRAWS):
        times = np.bincount(generator.integers(0, len(keys), len(keys)), minlength=len(keys))
        w = np.asarray(weights, float) * times[which]
        if w.sum() <= 0:
            continue
        gaps = np.abs(np.bincount(bins, weights=w * (y - p), minlength=DEFAULT_BINS)).sum()
        found.append((w @ losses / w.sum(), w @ squares / w.sum(), gaps / w.sum()))
    bounds = np.quantile(np.array(found), _QUANTILES, axis=0)  # (2, 3)
    names = ("log_loss", "brier", "ece")
    return {name: (float(low), float(high)) for name, low, high in zip(names, bounds[0], bounds[1], strict=True)}
