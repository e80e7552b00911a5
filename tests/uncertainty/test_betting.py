"""The bound of a share that holds at any time, against exact tests and against MAPIE's p-values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapie.risk_control import BinaryClassificationController, precision
from scipy.stats import binom

from backend.uncertainty.betting import count_missing, is_refuted, log_wealth, upper_bound

COUNTS = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(deadline=None, max_examples=60)
@given(COUNTS, st.floats(0.005, 0.6), st.floats(0.01, 0.4))
def test_it_never_claims_more_than_the_exact_test_of_a_single_look(counts, alpha, delta):
    wrong, checked = counts
    if is_refuted(wrong, checked, alpha=alpha, delta=delta):
        assert binom.cdf(wrong, checked, alpha) <= delta


@settings(deadline=None, max_examples=60)
@given(COUNTS, st.floats(0.01, 0.4))
def test_the_upper_bound_is_the_smallest_share_that_is_refuted(counts, delta):
    wrong, checked = counts
    bound = upper_bound(wrong, checked, delta=delta)
    assert wrong <= bound * checked or checked == 0
    if bound < 1:
        assert is_refuted(wrong, checked, alpha=min(bound + 1e-9, 1 - 1e-9), delta=delta)
        assert not is_refuted(wrong, checked, alpha=bound - 1e-6, delta=delta)


@settings(deadline=None, max_examples=60)
@given(COUNTS, st.floats(0.01, 0.3))
def test_as_many_checks_as_were_said_to_be_missing_do(counts, alpha):
    wrong, checked = counts
    missing = count_missing(wrong, checked, alpha=alpha, delta=0.05)
    if missing is not None:
        assert is_refuted(wrong, checked + missing, alpha=alpha, delta=0.05)
        assert missing == 0 or not is_refuted(wrong, checked + missing - 1, alpha=alpha, delta=0.05)


def test_without_an_error_68_checks_do_where_a_single_planned_look_takes_59():
    assert count_missing(0, 0, alpha=0.05, delta=0.05) == 68
    assert binom.cdf(0, 59, 0.05) <= 0.05 < binom.cdf(0, 58, 0.05)


def test_the_wealth_of_a_fair_game_does_not_grow():
    counts = np.arange(31)
    wealth = np.exp([log_wealth(k, 30, alpha=0.1) for k in counts])
    assert binom.pmf(counts, 30, 0.1) @ wealth == pytest.approx(1.0)


def test_looking_every_time_is_wrong_in_at_most_delta_of_all_cases():
    generator, delta, runs, length = np.random.default_rng(5), 0.1, 1000, 300
    most = np.array([_most_refuted(n, delta=delta) for n in range(1, length + 1)])
    wrong = np.cumsum(generator.random((runs, length)) < 0.05, axis=1)
    ever = (wrong <= most).any(axis=1).sum()
    assert runs * delta / 10 < ever <= binom.ppf(0.999, runs, delta)


def _most_refuted(checked: int, *, delta: float) -> int:
    """The largest number of wrong ones that still refutes 5 %, or −1."""
    found = -1
    while found < checked and is_refuted(found + 1, checked, alpha=0.05, delta=delta):
        found += 1
    return found


def test_mapie_certifies_what_this_certifies_in_one_look_without_weights():
    generator = np.random.default_rng(3)
    risks = generator.random(800)
    wrong = generator.random(800) < 0.25 * risks
    grid = np.linspace(0.2, 0.9, 8)
    counts = [(int(wrong[risks <= t].sum()), int((risks <= t).sum())) for t in grid]
    ours = np.array([is_refuted(*count, alpha=0.1, delta=0.1) for count in counts])
    controller = BinaryClassificationController(
        predict_function=lambda rows: np.column_stack([rows[:, 0], 1 - rows[:, 0]]),
        risk=precision,
        target_level=0.9,
        confidence_level=0.9,
        list_predict_params=1 - grid,
    )
    controller.calibrate(risks[:, None], (~wrong).astype(int))
    p_values = np.asarray(controller.p_values).ravel()
    assert 3 <= ours.sum() < len(grid)
    assert (p_values[ours] <= 0.1).all()


@pytest.mark.parametrize(("wrong", "checked", "alpha"), [(3, 2, 0.1), (-1, 2, 0.1), (0, 0, 0.0), (0, 0, 1.0)])
def test_impossible_numbers_are_refused(wrong, checked, alpha):
    with pytest.raises(ValueError, match="cannot be tested"):
        log_wealth(wrong, checked, alpha=alpha)
