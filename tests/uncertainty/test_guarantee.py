"""The certified threshold: right often enough over random splits, also when the threshold chose what was seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from backend.uncertainty.betting import is_refuted
from backend.uncertainty.guarantee import STARTS, Check, Counted, certified_levels, certify

ALPHA, DELTA, SPLITS = 0.1, 0.1, 1000
CHECKS = st.lists(st.builds(Check, risk=st.floats(0, 1), is_wrong=st.booleans()), max_size=150)


def _population(generator: np.random.Generator, size: int = 40_000) -> tuple[np.ndarray, np.ndarray]:
    """Risks and outcomes; the risk is over-confident, as an uncalibrated one is."""
    risks = generator.beta(1.0, 2.5, size)
    return risks, generator.random(size) < np.minimum(1.0, 0.015 + 0.55 * risks**1.2)


def _violations(*, reviewed_above: float | None, audit_share: float, seed: int) -> tuple[int, int]:
    """False certificates, and certificates at all, over random splits of what a policy let people see."""
    generator = np.random.default_rng(seed)
    risks, wrong = _population(generator)
    order = np.argsort(risks)
    shares = np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)
    false, made = 0, 0
    for _ in range(SPLITS):
        sample = generator.integers(0, len(risks), 3500)
        is_drawn = generator.random(len(sample)) < audit_share
        is_seen = is_drawn if reviewed_above is None else is_drawn | (risks[sample] > reviewed_above)
        is_even = generator.random(len(sample)) < 0.5
        # Of what a person saw, the lot alone decides what counts.
        kept = [Check(float(risks[i]), bool(wrong[i])) for i in sample[is_seen & is_drawn & is_even]]
        found = max(certified_levels(Counted(kept), alpha=ALPHA, delta=DELTA), default=None)
        if found is not None:
            made += 1
            false += shares[np.searchsorted(risks[order], found, side="right") - 1] > ALPHA
    return false, made


@pytest.mark.parametrize("reviewed_above", [None, 0.3], ids=["random checks", "a threshold in force"])
def test_over_1000_splits_at_most_delta_of_the_certificates_are_false(reviewed_above):
    false, made = _violations(reviewed_above=reviewed_above, audit_share=0.25, seed=11)
    assert false <= binom.ppf(0.999, SPLITS, DELTA)
    assert made > SPLITS / 4  # a bound that never certifies would pass the line above


@pytest.mark.parametrize("is_looked_at_daily", [False, True], ids=["one look", "a look every 25 checks"])
def test_whoever_looks_every_day_meets_a_false_certificate_no_more_often_than_delta(is_looked_at_daily):
    """Exactly α of the summaries are wrong, whatever their risk: any certificate is false."""
    generator = np.random.default_rng(5)
    false, runs, count = 0, 300, 500
    for _ in range(runs):
        risks, wrong = generator.random(count), generator.random(count) < ALPHA
        checks = [Check(float(r), bool(w)) for r, w in zip(risks, wrong, strict=True)]
        looks = range(25, count + 1, 25) if is_looked_at_daily else [count]
        false += any(certified_levels(Counted(checks[:seen]), alpha=ALPHA, delta=DELTA) for seen in looks)
    assert false <= binom.ppf(0.999, runs, DELTA)


@settings(deadline=None, max_examples=40)
@given(CHECKS)
def test_a_threshold_is_tested_at_its_own_share_and_what_the_one_below_hands_on(checks):
    levels = certified_levels(Counted(checks), alpha=0.2, delta=0.2)
    assert certify(checks, alpha=0.2, delta=0.2).threshold == max(levels, default=None)
    for number in range(1, 101):
        handed_on = levels.get((number - 1) / 100, 0.0)
        level = handed_on + (0.2 / len(STARTS) if number / 100 in STARTS else 0.0)
        below = [check.is_wrong for check in checks if check.risk <= number / 100]
        passes = level > 0 and is_refuted(sum(below), len(below), alpha=0.2, delta=level)
        assert levels.get(number / 100) == (level if passes else None)


@settings(deadline=None, max_examples=40)
@given(CHECKS)
def test_the_tests_of_a_report_are_the_starts_and_the_certified_threshold(checks):
    found = certify(checks, alpha=0.2, delta=0.2)
    assert {test.threshold for test in found.tests} == set(STARTS) | ({found.threshold} - {None})
    for test in found.tests:
        below = [check for check in checks if check.risk <= test.threshold]
        assert (test.checked, test.wrong) == (len(below), sum(check.is_wrong for check in below))


@settings(deadline=None, max_examples=40)
@given(CHECKS, st.floats(0.02, 0.45))
def test_what_can_be_promised_at_the_nearest_start_is_certified_when_asked_for(checks, alpha):
    found = certify(checks, alpha=alpha, delta=0.1)
    if found.smallest_alpha < 0.5:
        again = certify(checks, alpha=found.smallest_alpha + 1e-6, delta=0.1)
        assert again.threshold is not None and again.threshold >= found.nearest


@settings(deadline=None, max_examples=40)
@given(CHECKS)
def test_one_more_error_never_helps(checks):
    worse = [*checks, Check(0.0, True)]
    before, after = (certify(part, alpha=0.3, delta=0.3) for part in (checks, worse))
    assert after.threshold is None or (before.threshold is not None and before.threshold >= after.threshold)


def test_it_says_how_many_checks_are_missing_and_what_can_be_promised():
    found = certify([Check(0.1, False)] * 40, alpha=0.05, delta=0.05)
    assert (found.threshold, found.nearest, found.missing, found.is_hopeless) == (None, 0.1, 70, False)
    assert certify([Check(0.1, False)] * 109, alpha=0.05, delta=0.05).threshold is None
    assert certify([Check(0.1, False)] * 110, alpha=0.05, delta=0.05).threshold == 1.0


def test_checks_above_the_nearest_start_are_counted_in():
    checks = [Check(0.1, False), Check(0.9, True)] * 30
    found = certify(checks, alpha=0.05, delta=0.05)
    assert (found.nearest, found.missing, found.missing_in_all) == (0.1, 80, 160)


def test_more_checks_do_not_help_where_too_many_are_wrong():
    checks = [Check(0.01, number % 4 == 0) for number in range(100)]
    found = certify(checks, alpha=0.05, delta=0.05)
    assert (found.threshold, found.is_hopeless) == (None, True)
    assert found.smallest_alpha > 0.25
    assert not certify([], alpha=0.05, delta=0.05).is_hopeless


def test_without_a_start_there_is_nothing_to_test():
    with pytest.raises(ValueError, match="no threshold"):
        certify([], starts=[], alpha=0.1, delta=0.1)
