"""Prior precisions that maximise the Laplace evidence, in closed form from the eigenvalues of the Fisher.

With eigenvalues e of F the derivative of the evidence in λ is −½‖θ*‖² + ½ Σ e/(λ(e+λ)), which falls in λ: its root is
MacKay's fixed point λ‖θ*‖² = Σ e/(e+λ) (MacKay 1992, Neural Computation 4, eq. 2.24) and is found by bisection.
For comparison, and for the *ratios* between matrices; the level is better chosen on held-out tokens (`prior.py`).
Knows nothing of data.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from backend.laplace.gaussian import Posterior

BOUNDS = (1e-8, 1e12)  # where no root lies between them the nearer bound is the answer
STEPS = 80  # bisections of log λ: to about 1e-22 of the interval


def maximise_evidence(posterior: Posterior, squared_norms: Mapping[str, float]) -> float:
    """The one λ with the highest evidence, under the posterior's prior ratios.

    Args:
        squared_norms: matrix → ‖θ*_m‖², from `lora.squared_norms`.
    """
    spectra, norm = [], 0.0
    for name, block in posterior.blocks.items():
        ratio = posterior.prior_ratios.get(name, 1.0)
        values, counts = block.spectrum()
        spectra.append((values / ratio, counts))  # log det(F + λρ) has the λ of F/ρ
        norm += ratio * squared_norms[name]
    return _root(torch.cat([values for values, _ in spectra]), torch.cat([counts for _, counts in spectra]), norm)


def evidence_by_matrix(posterior: Posterior, squared_norms: Mapping[str, float]) -> dict[str, float]:
    """The λ_m of each matrix with the highest evidence of its own block."""
    return {name: _root(*block.spectrum(), squared_norms[name]) for name, block in posterior.blocks.items()}


def evidence_ratios(
    posterior: Posterior, squared_norms: Mapping[str, float], *, most: float = 100.0
) -> dict[str, float]:
    """Each matrix' λ_m over the geometric mean of all, for `Posterior.with_ratios`.

    Args:
        most: ratios are kept within [1/most, most]; a matrix without curvature or weight has no finite λ_m.
    """
    logs = {name: math.log(value) for name, value in evidence_by_matrix(posterior, squared_norms).items()}
    mean = sum(logs.values()) / len(logs)
    return {name: min(max(math.exp(value - mean), 1 / most), most) for name, value in logs.items()}


def _root(values: Tensor, counts: Tensor, squared_norm: float) -> float:
    low, high = (math.log(bound) for bound in BOUNDS)
    for _ in range(STEPS):
        middle = 0.5 * (low + high)
        determined = float((counts * values / (values + math.exp(middle))).sum())  # MacKay's γ
        if determined > math.exp(middle) * squared_norm:
            low = middle
        else:
            high = middle
    return math.exp(0.5 * (low + high))
