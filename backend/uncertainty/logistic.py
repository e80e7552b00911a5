"""Logistic regression with a Gaussian prior around given weights, and with signs that are meant.

In: standardised rows, outcomes, weights of the rows. Out: coefficients. Scikit-learn's regression shrinks
to zero only and knows no bounds; here few verdicts must stay near the current model, and more uncertainty
must never make a phrase look safer. Knows nothing of what the features are.

    minimise  Σ w_i · log(1 + e^(−s_i z_i)) + ½ Σ_j λ_j (β_j − m_j)²,   z = Xβ + c,  s = ±1,  β ≥ lower
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize


@dataclass(frozen=True, slots=True)
class Prior:
    """Where the coefficients are expected, how strongly, and how low they may go.

    Attributes:
        centre: (D + 1,) expected coefficients, the intercept last.
        precision: (D + 1,) λ of each; 0 leaves it free.
        lower: (D + 1,) lowest values; −inf leaves it free.
    """

    centre: np.ndarray
    precision: np.ndarray
    lower: np.ndarray


def fit_logistic(
    rows: np.ndarray, outcomes: np.ndarray, *, sample_weights: np.ndarray, prior: Prior
) -> tuple[np.ndarray, float]:
    """The maximum a posteriori coefficients.

    Args:
        rows: (N, D).
        outcomes: (N,) of 0 and 1.
        sample_weights: (N,), not negative.
        prior: of the D coefficients and the intercept.

    Returns:
        (D,) coefficients and the intercept.
    """
    design = np.column_stack([rows, np.ones(len(rows))])  # (N, D + 1)
    signs = 2.0 * np.asarray(outcomes, float) - 1.0

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        margins = signs * (design @ beta)
        off = beta - prior.centre
        value = sample_weights @ np.logaddexp(0.0, -margins) + 0.5 * prior.precision @ off**2
        pull = -signs * sample_weights * np.exp(-np.logaddexp(0.0, margins))
        return float(value), design.T @ pull + prior.precision * off

    start = np.maximum(prior.centre, np.where(np.isfinite(prior.lower), prior.lower, prior.centre))
    bounds = [(low if np.isfinite(low) else None, None) for low in prior.lower]
    options = {"maxiter": 500, "ftol": 1e-10, "gtol": 1e-7}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return found.x[:-1], float(found.x[-1])
