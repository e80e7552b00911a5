"""Tests a share of wrong ones by betting against it: a statement that holds however often one looks.

In: how many of how many randomly checked ones were wrong, a bound α.
Out: the wealth of a gambler who bets that fewer than α are wrong; at 1/δ the claim stands with confidence 1−δ.

    K = Σⱼ wⱼ · (1 − cⱼ)ᵏ · (1 + cⱼ · α / (1 − α))ⁿ⁻ᵏ        n checked, k of them wrong, bets cⱼ, stakes wⱼ

If α or more are wrong, K is a supermartingale and ever reaches 1/δ with probability δ at most (Ville; Waudby-Smith &
Ramdas, JRSS-B 2024). Whoever waits for a certificate looks every day; a p-value such as that of MAPIE's
`BinaryClassificationController` holds for one planned look, which is why it stands in the tests and not here.
Knows nothing of thresholds (`guarantee`), summaries or the database.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import logsumexp

#: Half of the money says that none is wrong (the whole stake, lost at the first error); the rest is spread.
BETS = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
STAKES = np.array([0.5 / 9] * 9 + [0.5])
#: No answer to "how many more" beyond this.
MOST_CHECKS = 100_000
_BISECTIONS = 27  # to 1e-8


def log_wealth(wrong: int, checked: int, *, alpha: float) -> float:
    """log K; at log(1/δ) or above fewer than `alpha` are wrong, with confidence 1 − δ.

    Raises:
        ValueError: when a number is out of its range.
    """
    if not 0.0 < alpha < 1.0 or not 0 <= wrong <= checked:
        raise ValueError(f"{wrong} of {checked} cannot be tested against {alpha}")
    gains = (checked - wrong) * np.log1p(BETS * alpha / (1 - alpha))
    if wrong:
        with np.errstate(divide="ignore"):  # log 0: the bet that has lost all its money
            gains = gains + wrong * np.log1p(-BETS)
    return float(logsumexp(np.log(STAKES) + gains))


def is_refuted(wrong: int, checked: int, *, alpha: float, delta: float) -> bool:
    """Whether "α or more are wrong" is refuted with confidence 1 − δ."""
    return log_wealth(wrong, checked, alpha=alpha) >= math.log(1 / delta)


def upper_bound(wrong: int, checked: int, *, delta: float) -> float:
    """The smallest α that is refuted: an upper confidence bound of the share, valid at any time."""
    low, high = 0.0, 1.0 - 1e-9
    if not is_refuted(wrong, checked, alpha=high, delta=delta):
        return 1.0
    for _ in range(_BISECTIONS):  # wealth grows with α
        middle = (low + high) / 2
        low, high = (low, middle) if is_refuted(wrong, checked, alpha=middle, delta=delta) else (middle, high)
    return high


def count_missing(wrong: int, checked: int, *, alpha: float, delta: float) -> int | None:
    """How many more checks would do if all of them turn out right; `None` beyond `MOST_CHECKS`."""

    def suffices(more: int) -> bool:
        return is_refuted(wrong, checked + more, alpha=alpha, delta=delta)

    if suffices(0):
        return 0
    low, high = 0, 1
    while not suffices(high):
        low, high = high, 2 * high
        if high > MOST_CHECKS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(middle) else (middle, high)
    return high
