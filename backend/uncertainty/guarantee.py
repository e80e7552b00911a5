"""Learn then test: the highest threshold below which fewer than α of the summaries are wrong, with confidence 1−δ.

In: verdicts on randomly checked summaries that were kept for this, thresholds proposed by others. Out: a `Guarantee`.

Thresholds are tested upwards from the lowest that has enough checks, and the first failure ends it (fixed-sequence
testing needs no correction for their number; Angelopoulos et al., "Learn then Test", arXiv 2110.01052). The share of
wrong ones need not rise with the threshold, which is why every one is tested. Knows nothing of the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.uncertainty.betting import count_missing, is_refuted, upper_bound

_QUANTILES = np.linspace(0.05, 1.0, 20)


@dataclass(frozen=True, slots=True)
class Check:
    """A summary that was checked by lot, whatever its risk, and what a person found."""

    risk: float
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class ThresholdTest:
    """What the checks say about accepting all up to a threshold; `upper` bounds the share with confidence 1−δ."""

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
        tests: thresholds in the order of testing, a failed one last.
        smallest_alpha: what could be promised at the first threshold.
        missing: checks still missing there if all of them turn out right; `None`: more than anyone makes.
        is_hopeless: more than α of the checked ones there are wrong: it takes better summaries, not more checks.
    """

    alpha: float
    delta: float
    threshold: float | None
    tests: tuple[ThresholdTest, ...]
    smallest_alpha: float
    missing: int | None
    is_hopeless: bool


def propose_thresholds(learned: Sequence[Check], *, alpha: float, delta: float, fallback: float) -> tuple[float, ...]:
    """Thresholds in whole percents, from the lowest with enough checks upwards.

    They come from *other* checks than those that they are tested on, or their choice would have to be paid for.
    Without enough of them it is the `fallback` alone, the threshold in force.
    """
    needed = count_missing(0, 0, alpha=alpha, delta=delta)
    if needed is None or len(learned) < needed:
        return (fallback,)
    risks = np.sort([check.risk for check in learned])
    quantiles = np.quantile(risks, _QUANTILES, method="inverted_cdf")
    grid = sorted({float(np.floor(100 * value + 1e-9) / 100) for value in quantiles})
    return tuple(value for value in grid if np.count_nonzero(risks <= value) >= needed) or (fallback,)


def certify(checks: Sequence[Check], *, thresholds: Sequence[float], alpha: float, delta: float) -> Guarantee:
    """Test the thresholds upwards until one fails.

    Raises:
        ValueError: without a threshold.
    """
    if not thresholds:
        raise ValueError("there is no threshold to test")
    tests: list[ThresholdTest] = []
    for threshold in sorted(thresholds):
        tests.append(_test(checks, threshold, alpha=alpha, delta=delta))
        if not tests[-1].is_certified:
            break
    certified = [test.threshold for test in tests if test.is_certified]
    first = tests[0]
    return Guarantee(
        alpha=alpha,
        delta=delta,
        threshold=certified[-1] if certified else None,
        tests=tuple(tests),
        smallest_alpha=first.upper,
        missing=count_missing(first.wrong, first.checked, alpha=alpha, delta=delta),
        is_hopeless=not certified and first.wrong > alpha * first.checked,
    )


def _test(checks: Sequence[Check], threshold: float, *, alpha: float, delta: float) -> ThresholdTest:
    below = [check.is_wrong for check in checks if check.risk <= threshold]
    wrong, checked = sum(below), len(below)
    return ThresholdTest(
        threshold=threshold,
        checked=checked,
        wrong=wrong,
        upper=upper_bound(wrong, checked, delta=delta),
        is_certified=is_refuted(wrong, checked, alpha=alpha, delta=delta),
    )
