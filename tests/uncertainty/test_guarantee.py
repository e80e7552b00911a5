"""The certified threshold: right often enough over random splits, also when the threshold chose what was seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from backend.uncertainty.guarantee import Check, certify, propose_thresholds

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
        parts = (sample[is_seen & is_drawn & ~is_even], sample[is_seen & is_drawn & is_even])
        learned, kept = ([Check(float(risks[i]), bool(wrong[i])) for i in part] for part in parts)
        thresholds = propose_thresholds(learned, alpha=ALPHA, delta=DELTA, fallback=0.5)
        found = certify(kept, thresholds=thresholds, alpha=ALPHA, delta=DELTA).threshold
        if found is not None:
            made += 1
            false += shares[np.searchsorted(risks[order], found, side="right") - 1] > ALPHA
    return false, made


@pytest.mark.parametrize("reviewed_above", [None, 0.3], ids=["random checks", "a threshold in force"])
def test_over_1000_splits_at_most_delta_of_the_certificates_are_false(reviewed_above):
    false, made = _violations(reviewed_above=reviewed_above, audit_share=0.25, seed=11)
    assert false <= binom.ppf(0.999, SPLITS, DELTA)
    assert made > SPLITS / 4  # a bound that never certifies would pass the line above


@settings(deadline=None, max_examples=60)
@given(CHECKS, st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_every_threshold_up_to_the_certified_one_was_certified(checks, thresholds):
    found = certify(checks, thresholds=thresholds, alpha=0.2, delta=0.2)
    assert [test.threshold for test in found.tests] == sorted(thresholds)[: len(found.tests)]
    assert all(test.is_certified for test in found.tests[:-1])
    certified = [test.threshold for test in found.tests if test.is_certified]
    assert found.threshold == (certified[-1] if certified else None)
    for test in found.tests:
        below = [check for check in checks if check.risk <= test.threshold]
        assert (test.checked, test.wrong) == (len(below), sum(check.is_wrong for check in below))
        assert test.is_certified == (test.upper <= 0.2 + 1e-9)


@settings(deadline=None, max_examples=60)
@given(CHECKS)
def test_one_more_error_never_helps(checks):
    worse = [*checks, Check(0.0, True)]
    before, after = (certify(part, thresholds=[0.5], alpha=0.3, delta=0.3).tests[0].upper for part in (checks, worse))
    assert after >= before - 1e-9


@settings(deadline=None, max_examples=60)
@given(st.lists(st.builds(Check, risk=st.floats(0, 1), is_wrong=st.booleans()), max_size=120))
def test_proposed_thresholds_do_not_depend_on_outcomes(checks):
    turned = [Check(check.risk, not check.is_wrong) for check in checks]
    plans = [propose_thresholds(part, alpha=0.1, delta=0.1, fallback=0.4) for part in (checks, turned)]
    assert plans[0] == plans[1]
    assert list(plans[0]) == sorted(set(plans[0]))
    assert plans[0] == (0.4,) or all(round(100 * value) == pytest.approx(100 * value) for value in plans[0])


def test_it_says_how_many_checks_are_missing_and_what_can_be_promised():
    found = certify([Check(0.1, False)] * 40, thresholds=[0.3], alpha=0.05, delta=0.05)
    assert (found.threshold, found.missing, found.is_hopeless) == (None, 28, False)
    assert certify([Check(0.1, False)] * 68, thresholds=[0.3], alpha=0.05, delta=0.05).threshold == 0.3
    assert certify([Check(0.1, False)] * 40, thresholds=[0.3], alpha=found.smallest_alpha, delta=0.05).threshold == 0.3


def test_more_checks_do_not_help_where_too_many_are_wrong():
    checks = [Check(0.1, number % 4 == 0) for number in range(100)]
    found = certify(checks, thresholds=[0.3], alpha=0.05, delta=0.05)
    assert (found.threshold, found.is_hopeless) == (None, True)
    assert found.smallest_alpha > 0.25


def test_without_a_threshold_there_is_nothing_to_test():
    with pytest.raises(ValueError, match="no threshold"):
        certify([], thresholds=[], alpha=0.1, delta=0.1)
