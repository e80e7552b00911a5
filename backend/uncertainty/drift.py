"""Whether the risks that come in, or what people find, are no longer what they were.

In: risks in the order of their arrival, or verdicts with the risks that were shown. Out: the evidence of a change.

    martingale   Vovk's simple jumper: bets 1 + ε(p − ½), ε ∈ {−1, 0, 1}, on the conformal p-value of each risk among
                 those before it. While risks are exchangeable it ever reaches c with probability 1/c at most.
    weeks        z = (wrong ones − Σ r) / √Σ r(1 − r): whether the risks of a week came true. It holds whatever a
                 threshold sent to people, for the risk itself is given.

Knows nothing of dates, documents or the database.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

import numpy as np

#: A martingale of this height happens by chance in at most one of a hundred installations, ever.
ALARM_AT = 100.0
#: A week counts as surprising from here on, if it has enough verdicts.
SURPRISING_Z = 3.0
LEAST_VERDICTS = 20
_JUMP = 0.01
_BETS = np.array([-1.0, 0.0, 1.0])


def highest_martingale(risks: Sequence[float], *, seed: int = 0) -> float:
    """The highest wealth that betting against "nothing has changed" reached; 1 at its start.

    Ties are broken at random (`seed`), or equal risks would look like a change.
    """
    draws = np.random.default_rng(seed).random(len(risks))
    seen: list[float] = []
    capital = np.full(3, 1 / 3)
    highest = 1.0
    for risk, draw in zip(risks, draws, strict=True):
        larger = len(seen) - bisect_right(seen, risk)
        equal = len(seen) - bisect_left(seen, risk) - larger + 1
        insort(seen, risk)
        p = (larger + draw * equal) / len(seen)
        capital = (1 - _JUMP) * capital + _JUMP * capital.sum() / 3
        capital = capital * (1 + _BETS * (p - 0.5))
        highest = max(highest, float(capital.sum()))
    return highest


def surprise(risks: Sequence[float], wrong: Sequence[bool]) -> float:
    """z of the number of wrong ones given the risks: above 0 there were more than expected; 0 of nothing."""
    r = np.clip(np.asarray(risks, float), 1e-6, 1 - 1e-6)
    if not len(r):
        return 0.0
    return float((np.sum(wrong) - r.sum()) / np.sqrt((r * (1 - r)).sum()))
