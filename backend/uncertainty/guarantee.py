"""Learn then test: the highest threshold below which fewer than α of the summaries are wrong, with confidence 1−δ.

In: verdicts on randomly checked summaries that were kept for this. Out: a `Guarantee`.

The thresholds are the whole percents, the same at every look: thresholds that are proposed anew as checks come in
would each be a claim of its own, and together be false far more often than δ (tried: 11 % for δ = 5 %, with a look
every 25 documents). δ is split over a few starts. From the lowest percent upwards a threshold is tested at its share of
δ and what the one below hands on, which is all of its own where it was certified and nothing where it failed: a
graphical test (Bretz et al., Statistics in Medicine 2009; "Learn then Test", Angelopoulos et al., arXiv 2110.01052).
The share of wrong ones need not rise with the threshold, which is why every one is tested, and each test is one that
may be repeated every day (`betting`). Knows nothing of the database.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.uncertainty.betting import count_missing, is_refuted, upper_bound

#: Risks, each with an equal share of δ. Where testing begins costs little: 8 shares instead of one ask for 41 more
#: checks at α = δ = 5 %, without an error.
STARTS = (0.02, 0.05, 0.10, 0.15, 0.20, 0.30, 0.50, 1.00)
_PERCENTS = tuple(number / 100 for number in range(1, 101))


@dataclass(frozen=True, slots=True)
class Check:
    """A summary that was checked by lot, whatever its risk, and what a person found."""

    risk: float
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class ThresholdTest:
    """What the checks say about accepting all up to a threshold; `upper` bounds the share at the test's part of δ."""

    threshold: float
    checked: int
    wrong: int
    upper: float
    is_certified: bool


@dataclass(frozen=True, slots=True)
class Guarantee:
    """The outcome.

    Attributes:
        alpha: largest share of wrong ones among the accepted.
        delta: how often such a statement may be false.
        threshold: the certified threshold of the least work; `None` when there is none.
        tests: of the starts, each at its own share of δ, and of `threshold` where it is none of them.
        nearest: the start that lacks the fewest checks, or can promise the most.
        smallest_alpha: what could be promised there.
        missing: checks still missing there if all of them turn out right; `None`: more than anyone makes.
        missing_in_all: about how many checks of any risk bring those.
        is_hopeless: more than α of the checked ones are wrong at every start: it takes better summaries.
    """

    alpha: float
    delta: float
    threshold: float | None
    tests: tuple[ThresholdTest, ...]
    smallest_alpha: float
    missing: int | None
    is_hopeless: bool
    nearest: float | None = None
    missing_in_all: int | None = None


def certify(checks: Sequence[Check], *, alpha: float, delta: float, starts: Sequence[float] = STARTS) -> Guarantee:
    """Test all thresholds.

    Args:
        checks: all that there are by now; the same ones may be tested again with more.
        alpha, delta: see `Guarantee`.
        starts: fixed beforehand, in whole percents.

    Raises:
        ValueError: without a start.
    """
    if not starts:
        raise ValueError("there is no threshold to begin with")
    counted, share = Counted(checks), delta / len(starts)
    levels = certified_levels(counted, alpha=alpha, delta=delta, starts=starts)
    begun = [_test(counted, threshold, alpha=alpha, delta=share) for threshold in starts]
    lacking = [count_missing(test.wrong, test.checked, alpha=alpha, delta=share) for test in begun]
    in_all = [_in_all(one, test, len(checks)) for one, test in zip(lacking, begun, strict=True)]
    nearest = min(range(len(begun)), key=lambda at: (math.inf if in_all[at] is None else in_all[at], begun[at].upper))
    highest = max(levels, default=None)
    last = [_test(counted, highest, alpha=alpha, delta=levels[highest])] if highest not in (None, *starts) else []
    return Guarantee(
        alpha=alpha,
        delta=delta,
        threshold=highest,
        tests=(*begun, *last),
        smallest_alpha=begun[nearest].upper,
        missing=lacking[nearest],
        is_hopeless=bool(checks) and all(test.wrong > alpha * test.checked for test in begun if test.checked),
        nearest=begun[nearest].threshold,
        missing_in_all=in_all[nearest],
    )


class Counted:
    """How many checks there are up to a risk, and how many of them were wrong."""

    def __init__(self, checks: Sequence[Check]) -> None:
        ordered = sorted(checks, key=lambda check: check.risk)
        self._risks = np.array([check.risk for check in ordered])
        self._wrong = np.cumsum([0, *(check.is_wrong for check in ordered)])

    def up_to(self, threshold: float) -> tuple[int, int]:
        """Wrong ones and all, in this order."""
        checked = int(np.searchsorted(self._risks, threshold, side="right"))
        return int(self._wrong[checked]), checked


def certified_levels(
    checks: Counted, *, alpha: float, delta: float, starts: Sequence[float] = STARTS
) -> dict[float, float]:
    """The certified thresholds, each with the part of δ at which it was tested."""
    found: dict[float, float] = {}
    carried = 0.0
    for threshold in _PERCENTS:
        level = carried + (delta / len(starts) if threshold in starts else 0.0)
        carried = level if level and is_refuted(*checks.up_to(threshold), alpha=alpha, delta=level) else 0.0
        if carried:
            found[threshold] = carried
    return found


def _in_all(missing: int | None, test: ThresholdTest, count: int) -> int | None:
    """Checks of any risk that bring so many up to the test's threshold, by the share of `count` that did so far."""
    if missing is None or not count:
        return missing
    return math.ceil(missing * count / test.checked) if test.checked else None


def _test(checks: Counted, threshold: float, *, alpha: float, delta: float) -> ThresholdTest:
    wrong, checked = checks.up_to(threshold)
    return ThresholdTest(
        threshold=threshold,
        checked=checked,
        wrong=wrong,
        upper=upper_bound(wrong, checked, delta=delta),
        is_certified=is_refuted(wrong, checked, alpha=alpha, delta=delta),
    )
