from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from backend.uncertainty.logistic import Prior, fit_logistic


def draw(count: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(count, 3))
    logits = rows @ np.array([1.5, -1.0, 0.0]) - 0.5
    return rows, (generator.random(count) < 1 / (1 + np.exp(-logits))).astype(float)


def free_prior(ridge: float, features: int = 3) -> Prior:
    return Prior(
        centre=np.zeros(features + 1),
        precision=np.append(np.full(features, ridge), 0.0),
        lower=np.full(features + 1, -np.inf),
    )


@pytest.mark.parametrize("ridge", [0.1, 1.0, 20.0])
def test_without_bounds_and_centre_it_is_scikit_learns_ridge_regression(ridge: float) -> None:
    rows, outcomes = draw()
    weights = np.random.default_rng(1).uniform(0.2, 3.0, len(rows))
    found, intercept = fit_logistic(rows, outcomes, sample_weights=weights, prior=free_prior(ridge))
    reference = LogisticRegression(C=1 / ridge, tol=1e-10, max_iter=2000).fit(rows, outcomes, sample_weight=weights)
    assert found == pytest.approx(reference.coef_[0], abs=1e-3)
    assert intercept == pytest.approx(reference.intercept_[0], abs=1e-3)


def test_a_bound_holds_where_the_data_point_the_other_way() -> None:
    rows, outcomes = draw()
    prior = free_prior(1.0)
    bounded = Prior(prior.centre, prior.precision, np.array([0.0, 0.0, 0.0, -np.inf]))
    found, _ = fit_logistic(rows, outcomes, sample_weights=np.ones(len(rows)), prior=bounded)
    assert found[1] == 0.0 and found[0] > 0.5


def test_without_data_the_prior_is_the_answer() -> None:
    prior = Prior(np.array([0.7, -0.2, 0.1, 0.3]), np.ones(4), np.full(4, -np.inf))
    found, intercept = fit_logistic(np.zeros((0, 3)), np.zeros(0), sample_weights=np.zeros(0), prior=prior)
    assert np.append(found, intercept) == pytest.approx(prior.centre)
