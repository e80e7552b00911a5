from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as sklearn_log_loss

from backend.uncertainty.metrics import (
    brier,
    clopper_pearson,
    ece,
    log_loss,
    reliability,
    risk_coverage,
    score,
)


def draw(count: int = 500, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    p = generator.random(count)
    return p, (generator.random(count) < p**1.5).astype(float), generator.uniform(0.5, 2.0, count)


def test_losses_are_those_of_scikit_learn_with_and_without_weights() -> None:
    p, y, w = draw()
    assert log_loss(p, y) == pytest.approx(sklearn_log_loss(y, p))
    assert log_loss(p, y, w) == pytest.approx(sklearn_log_loss(y, p, sample_weight=w))
    assert brier(p, y, w) == pytest.approx(brier_score_loss(y, p, sample_weight=w))


def test_one_class_and_certain_predictions_have_a_finite_loss() -> None:
    assert log_loss([0.0, 1.0], [0, 0]) == pytest.approx(-np.log(1e-6) / 2, rel=1e-3)


@pytest.mark.parametrize(("binning", "strategy"), [("equal_width", "uniform"), ("equal_mass", "quantile")])
def test_bins_are_those_of_scikit_learn(binning: str, strategy: str) -> None:
    p, y, _ = draw()
    observed, predicted = calibration_curve(y, p, n_bins=8, strategy=strategy)
    bins = reliability(p, y, 8, binning=binning)
    assert [b.observed_share for b in bins] == pytest.approx(observed)
    assert [b.mean_probability for b in bins] == pytest.approx(predicted)
    assert sum(b.count for b in bins) == len(p)


@pytest.mark.parametrize("binning", ["equal_width", "equal_mass"])
def test_the_calibration_error_is_the_weighted_gap_of_the_bins(binning: str) -> None:
    p, y, _ = draw()
    bins = reliability(p, y, 8, binning=binning)
    by_hand = sum(b.count * abs(b.observed_share - b.mean_probability) for b in bins) / len(p)
    assert ece(p, y, 8, binning=binning) == pytest.approx(by_hand)


def test_an_unknown_binning_and_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="binning"):
        ece([0.5], [1], binning="other")
    with pytest.raises(ValueError, match="lengths"):
        risk_coverage([0.1, 0.2], [1])


def test_the_curve_accepts_the_least_risky_first() -> None:
    curve = risk_coverage([0.3, 0.1, 0.2, 0.2], [1, 0, 0, 1])
    assert [(p.threshold, p.coverage, p.accepted) for p in curve.points] == [
        (0.1, 0.25, 1),
        (0.2, 0.75, 3),
        (0.3, 1.0, 4),
    ]
    assert [p.wrong_share for p in curve.points] == pytest.approx([0, 1 / 3, 0.5])
    assert curve.aurc == pytest.approx((0 + 2 / 3 + 0.5) / 4)


def test_a_perfect_ranking_has_a_smaller_area_than_the_reverse() -> None:
    wrong = np.array([0] * 8 + [1] * 2)
    assert risk_coverage(np.arange(10), wrong).aurc < risk_coverage(-np.arange(10), wrong).aurc


def test_of_nothing_there_are_no_figures() -> None:
    assert score([], []).count == 0
    assert risk_coverage([], []).points == ()
    assert ece([], []) == 0.0


@pytest.mark.parametrize(("errors", "total"), [(0, 59), (3, 40), (10, 10)])
def test_the_exact_interval_is_that_of_the_beta_distribution(errors: int, total: int) -> None:
    found = clopper_pearson(errors, total)
    low = beta.ppf(0.025, errors, total - errors + 1) if errors else 0.0
    high = beta.ppf(0.975, errors + 1, total - errors) if errors < total else 1.0
    assert (found.low, found.share, found.high) == pytest.approx((low, errors / total, high))


def test_the_share_of_nothing_can_be_anything() -> None:
    assert (clopper_pearson(0, 0).low, clopper_pearson(0, 0).high) == (0.0, 1.0)
