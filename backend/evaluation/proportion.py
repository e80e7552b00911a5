"""Exact (Clopper–Pearson) interval of a share: how many of n documents have a property.

In: two counts. Out: an `Interval`. Holds its level at every n, zero hits included, where a bootstrap gives
[0, 0].

Does not know what is counted.
"""

from __future__ import annotations

from scipy.special import betaincinv

from backend.evaluation.bootstrap import Interval


def estimate_share(hits: int, *, total: int, level: float = 0.95) -> Interval:
    """Clopper–Pearson bounds of `hits / total`.

    `low = Beta⁻¹(α/2; k, n-k+1)`, `high = Beta⁻¹(1-α/2; k+1, n-k)`, with 0 and 1 at the ends
    (Clopper & Pearson, Biometrika 26, 1934).
    """
    if not 0 <= hits <= total or total == 0:
        raise ValueError(f"a share needs 0 ≤ hits ≤ total and total > 0: {hits} of {total}")
    tail = (1 - level) / 2
    low = 0.0 if hits == 0 else float(betaincinv(hits, total - hits + 1, tail))
    high = 1.0 if hits == total else float(betaincinv(hits + 1, total - hits, 1 - tail))
    return Interval(low, hits / total, high)
