"""Replaying a policy: its figures, their intervals, and the cheapest threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.uncertainty.metrics import clopper_pearson
from backend.uncertainty.replay import History, Prices, cheapest, replay, weighted_share


def _history(risks, wrong, weights=None, *, days=2.0, seconds=120.0) -> History:
    risks, wrong = np.array(risks, float), np.array(wrong, float)
    weights = np.ones(len(wrong)) if weights is None else np.array(weights, float)
    return History(np.sort(risks), days, risks[: len(wrong)], wrong, weights, seconds)


def test_reviews_minutes_escapes_and_cost_are_those_of_a_day():
    history = _history([0.1, 0.2, 0.3, 0.9], [False, True, False, True])
    found = replay(history, threshold=0.3, audit_share=0.5, prices=Prices(2.0, 10.0))
    assert (found.reviews, found.minutes, found.coverage, found.judged) == (1.25, 2.5, 0.75, 3)
    assert found.wrong_share.share == pytest.approx(1 / 3)
    assert found.escapes.share == pytest.approx(0.25)
    assert found.cost.share == pytest.approx(2.5 * 2 + 0.25 * 10)


def test_reviewing_everything_lets_nothing_through():
    found = replay(_history([0.4, 0.5], [True, True]), threshold=0.3, audit_share=0.1, prices=Prices(1, 1))
    assert (found.escapes.high, found.reviews) == (0.0, 1.0)


def test_dear_errors_ask_for_a_lower_threshold_than_dear_minutes():
    generator = np.random.default_rng(0)
    risks = generator.random(600)
    history = _history(risks, generator.random(600) < risks)
    careful = cheapest(history, audit_share=0.0, prices=Prices(1.0, 100.0))
    hurried = cheapest(history, audit_share=0.0, prices=Prices(10.0, 25.0))
    assert careful.threshold < 0.15 < 0.6 < hurried.threshold  # 2 minutes: 2 % and 80 % of wrong ones break even


def test_without_verdicts_there_is_no_cheapest():
    assert cheapest(_history([0.4, 0.5], []), audit_share=0.0, prices=Prices(1, 1)) is None
    with pytest.raises(ValueError, match="no summary"):
        replay(_history([], []), threshold=0.5, audit_share=0.0, prices=Prices(1, 1))


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.1, 50))
def test_equal_weights_give_the_exact_interval(counts, weight):
    wrong, total = counts
    found = weighted_share(np.arange(total) < wrong, np.full(total, weight))
    exact = clopper_pearson(wrong, total)
    assert (found.low, found.share, found.high) == pytest.approx((exact.low, exact.share, exact.high), abs=1e-6)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.floats(1, 100)), min_size=1, max_size=50))
def test_unequal_weights_never_narrow_the_interval_below_an_equal_one(cases):
    wrong, weights = np.array([c[0] for c in cases], float), np.array([c[1] for c in cases])
    found = weighted_share(wrong, weights)
    assert 0.0 <= found.low <= found.share + 1e-9
    assert found.share - 1e-9 <= found.high <= 1.0
