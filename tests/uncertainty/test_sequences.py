"""The mean with an interval that holds at every moment."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.uncertainty.sequences import mean_sequence


def test_it_holds_the_mean_at_all_times_in_all_but_few_runs():
    generator, missed, runs = np.random.default_rng(3), 0, 300
    for _ in range(runs):
        found = mean_sequence((generator.random(400) < 0.1) * 2.0, largest=2.0, alpha=0.1)
        missed += not found.low <= 0.2 <= found.high  # the intersection over all times is what is tested
    assert missed <= 0.1 * runs


def test_it_narrows():
    values = (np.random.default_rng(1).random(4000) < 0.1).astype(float)
    short, long = (mean_sequence(values[:n], largest=1.0, alpha=0.05) for n in (200, 4000))
    assert long.high - long.low < 0.05 < short.high - short.low


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(0, 3), max_size=50), st.floats(0.01, 0.5))
def test_any_values_give_an_interval_inside_the_bounds(values, alpha):
    found = mean_sequence(np.array(values), largest=3.0, alpha=alpha)
    assert 0.0 <= found.low <= 3.0
    assert 0.0 <= found.high <= 3.0
    assert found.share == pytest.approx(np.mean(values) if values else 0.0)


@pytest.mark.parametrize("values", [[-0.1], [1.1]])
def test_a_value_outside_is_refused(values):
    with pytest.raises(ValueError, match="must be in"):
        mean_sequence(np.array(values), largest=1.0, alpha=0.05)
