"""The two alarms: quiet while nothing changes, loud when something does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.uncertainty.drift import ALARM_AT, highest_martingale, surprise


def test_the_same_risks_seldom_raise_an_alarm_and_other_ones_do():
    generator = np.random.default_rng(4)
    quiet = [highest_martingale(generator.beta(2, 5, 300), seed=n) >= ALARM_AT for n in range(60)]
    assert sum(quiet) <= 3  # 1 % by the theorem
    loud = [
        highest_martingale([*generator.beta(2, 5, 150), *generator.beta(5, 2, 150)], seed=n) >= ALARM_AT
        for n in range(10)
    ]
    assert sum(loud) >= 9


def test_lower_risks_are_a_change_like_higher_ones():
    generator = np.random.default_rng(7)
    assert highest_martingale([*generator.beta(5, 2, 150), *generator.beta(2, 5, 150)]) >= ALARM_AT


def test_equal_risks_are_no_change():
    assert highest_martingale([0.5] * 500) < ALARM_AT
    assert highest_martingale([]) == 1.0


def test_surprise_counts_standard_deviations():
    assert surprise([0.5] * 100, [True] * 65 + [False] * 35) == pytest.approx(3.0)
    assert surprise([0.5] * 100, [True] * 35 + [False] * 65) == pytest.approx(-3.0)
    assert surprise([], []) == 0.0


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(0, 1), max_size=60))
def test_any_risks_give_a_finite_figure(risks):
    assert 1.0 <= highest_martingale(risks) < float("inf")
    assert np.isfinite(surprise(risks, [risk > 0.5 for risk in risks]))
