"""Intervals: they cover the truth as often as they say, and depend only on values and seed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backend.evaluation.bootstrap import Interval, bootstrap_difference, bootstrap_mean
from backend.evaluation.proportion import estimate_share


@pytest.mark.parametrize(("size", "lowest"), [(8, 0.88), (40, 0.92)])
def test_an_interval_covers_the_true_mean_of_a_normal_distribution_as_often_as_stated(size, lowest):
    generator = np.random.default_rng(7)
    hits = 0
    for trial in range(400):
        interval = bootstrap_mean(generator.normal(2.0, 1.0, size), seed=trial, samples=400)
        hits += interval.low <= 2.0 <= interval.high
    assert lowest <= hits / 400 <= 0.985


def test_an_interval_of_skewed_values_covers_the_true_mean():
    generator = np.random.default_rng(8)
    hits = 0
    for trial in range(400):
        interval = bootstrap_mean(generator.exponential(1.0, 60), seed=trial, samples=400)
        hits += interval.low <= 1.0 <= interval.high
    assert 0.90 <= hits / 400 <= 0.985


def test_the_middle_of_an_interval_is_the_plain_mean():
    interval = bootstrap_mean([1.0, 2.0, 6.0], seed=0)
    assert interval.mid == 3.0
    assert interval.low < 3.0 < interval.high


def test_the_same_seed_gives_the_same_interval_and_another_seed_another_one():
    values = np.random.default_rng(1).normal(size=30)
    assert bootstrap_mean(values, seed=3) == bootstrap_mean(values, seed=3)
    assert bootstrap_mean(values, seed=3) != bootstrap_mean(values, seed=4)


def test_the_interval_does_not_depend_on_how_many_resamples_are_drawn_at_once(monkeypatch):
    values = np.random.default_rng(1).normal(size=30)
    whole = bootstrap_mean(values, seed=3, samples=1000)
    monkeypatch.setattr("backend.evaluation.bootstrap._CHUNK_CELLS", 90)
    assert bootstrap_mean(values, seed=3, samples=1000) == pytest.approx(whole)


def test_a_paired_difference_sees_what_two_separate_intervals_hide():
    generator = np.random.default_rng(2)
    difficulty = generator.normal(0.0, 1.0, 100)
    better, worse = difficulty + 0.1, difficulty + generator.normal(0, 0.05, 100)
    difference = bootstrap_difference(better, others=worse, seed=0)
    assert difference.excludes_zero
    assert difference.low > 0
    assert bootstrap_mean(better, seed=0).low < bootstrap_mean(worse, seed=0).mid


def test_equal_systems_do_not_differ():
    values = np.random.default_rng(3).normal(size=50)
    noise = np.random.default_rng(4).normal(0, 0.1, 50)
    noise -= noise.mean()
    assert not bootstrap_difference(values + noise, others=values, seed=0).excludes_zero
    assert not bootstrap_difference(values, others=values, seed=0).excludes_zero


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (Interval(0.1, 0.2, 0.3), True),
        (Interval(-0.3, -0.2, -0.1), True),
        (Interval(-0.1, 0.1, 0.3), False),
        (Interval(0.0, 0.1, 0.3), False),
        (Interval(-math.inf, 0.1, math.inf), False),
    ],
)
def test_zero_is_excluded_only_when_it_lies_outside(interval, expected):
    assert interval.excludes_zero is expected


def test_one_document_gives_a_figure_without_bounds():
    interval = bootstrap_mean([0.4], seed=0)
    assert interval.to_json() == [None, 0.4, None]
    assert not interval.excludes_zero


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [[1.0], [2.0]]])
def test_values_that_have_no_mean_over_documents_are_refused(values):
    with pytest.raises(ValueError, match="bootstrap"):
        bootstrap_mean(values, seed=0)


def test_sides_of_different_length_are_refused():
    with pytest.raises(ValueError, match="paired"):
        bootstrap_difference([1.0, 2.0], others=[1.0], seed=0)


def test_a_share_has_the_bounds_of_the_published_tables():
    assert estimate_share(0, total=59).high == pytest.approx(0.0606, abs=1e-4)
    assert estimate_share(5, total=20) == pytest.approx((0.0866, 0.25, 0.4910), abs=1e-4)
    assert estimate_share(20, total=20) == pytest.approx((0.8316, 1.0, 1.0), abs=1e-4)


def test_a_share_covers_the_truth_at_least_as_often_as_it_says():
    draws = np.random.default_rng(5).binomial(30, 0.1, 1000)
    intervals = [estimate_share(int(hits), total=30) for hits in draws]
    assert np.mean([interval.low <= 0.1 <= interval.high for interval in intervals]) >= 0.95


@pytest.mark.parametrize(("hits", "total"), [(0, 0), (3, 2), (-1, 2)])
def test_an_impossible_share_is_refused(hits, total):
    with pytest.raises(ValueError, match="share"):
        estimate_share(hits, total=total)
