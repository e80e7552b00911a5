"""The Gaussian posterior over the LoRA weights, N(θ*, Σ) with Σ⁻¹ = F + λI, one Kronecker block a matrix.

In the eigenbasis of its two factors a block's precision is diagonal: κ·s_i·t_j + λ (Yang et al., arXiv 2308.13111,
eq. 10 with the factors' eigenvalues), so drawing from it is two small matrix products. Knows nothing of files or data.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from backend.laplace.curvature import FisherSums
from backend.laplace.eigen import Eigen, decompose


@dataclass(frozen=True)
class Block:
    """Posterior of one matrix W (o, i).

    Attributes:
        input_group: name of the factor Σ a aᵀ (i, i) in `Posterior.inputs`.
        gradient: factor Σ g gᵀ (o, o).
        scale: κ, such that F = κ · (input ⊗ gradient).
    """

    input_group: str
    gradient: Eigen
    scale: float


@dataclass(frozen=True)
class Posterior:
    """All blocks and the prior precision λ they share."""

    inputs: Mapping[str, Eigen]
    blocks: Mapping[str, Block]
    prior_precision: float

    def with_prior(self, prior_precision: float) -> Posterior:
        """The same curvature under another prior precision λ > 0."""
        if not prior_precision > 0:
            raise ValueError(f"prior precision must be positive, not {prior_precision}")
        return replace(self, prior_precision=prior_precision)

    def sample(self, count: int, *, generator: torch.Generator) -> dict[str, Tensor]:
        """Deviations δ = θ − θ* drawn from N(0, Σ).

        Returns:
            matrix name → (count, o, i), float64 on the CPU.
        """
        return {name: self._sample_block(block, count, generator) for name, block in self.blocks.items()}

    def log_determinant(self) -> float:
        """log det(F + λI), over all blocks."""
        return sum(self._log_determinant_block(block) for block in self.blocks.values())

    def parameter_count(self) -> int:
        """P, the number of weights."""
        return sum(block.gradient.size * self.inputs[block.input_group].size for block in self.blocks.values())

    def evidence(self, *, log_likelihood: float, squared_norm: float) -> float:
        """Laplace evidence: log p(D|θ*) − ½λ‖θ*‖² + ½P log λ − ½ log det(F + λI). For comparison only."""
        fit = log_likelihood - 0.5 * self.prior_precision * squared_norm
        occam = self.parameter_count() * math.log(self.prior_precision) - self.log_determinant()
        return fit + 0.5 * occam

    def _sample_block(self, block: Block, count: int, generator: torch.Generator) -> Tensor:
        rows, columns = block.gradient, self.inputs[block.input_group]
        noise = torch.randn(count, rows.size, columns.size, generator=generator, dtype=torch.float64)
        return _apply_inverse_root(noise, rows, columns, block.scale, self.prior_precision)

    def _log_determinant_block(self, block: Block) -> float:
        rows, columns = block.gradient, self.inputs[block.input_group]
        total = torch.zeros((), dtype=torch.float64)
        for row_values, row_count in ((rows.values, 1), (rows.values.new_tensor([rows.rest]), rows.missing)):
            for column_values, count in (
                (columns.values, 1),
                (columns.values.new_tensor([columns.rest]), columns.missing),
            ):
                grid = block.scale * row_values[:, None] * column_values[None, :] + self.prior_precision
                total += row_count * count * grid.log().sum()
        return float(total)


def build(sums: FisherSums, *, prior_precision: float, rank: int | None = None, share: float = 1.0) -> Posterior:
    """Posterior from Fisher sums.

    Args:
        sums: a block is scaled so that its trace is the exact Fisher's.
        prior_precision: λ.
        rank: eigenvectors kept of each factor; None keeps all (exact).
        share: part of the training data that the sums cover; F is scaled up to all of it.
    """
    if not 0 < share <= 1:
        raise ValueError(f"the share of the data must be in (0, 1], not {share}")
    inputs = {name: decompose(matrix, rank=rank) for name, matrix in sums.inputs.items()}
    blocks = {}
    for name, matrix in sums.gradients.items():
        group = sums.input_group[name]
        gradient = decompose(matrix, rank=rank)
        product = float(torch.trace(sums.inputs[group])) * float(torch.trace(matrix))
        scale = sums.traces[name] / share / product if product > 0 else 0.0
        blocks[name] = Block(input_group=group, gradient=gradient, scale=scale)
    return Posterior(inputs=inputs, blocks=blocks, prior_precision=prior_precision)


def _apply_inverse_root(noise: Tensor, rows: Eigen, columns: Eigen, scale: float, prior: float) -> Tensor:
    """(F + λI)^(−½) on (…, o, i), split into the kept eigenvectors of either side and their complements."""
    inside = noise @ columns.vectors  # (…, o, k_i)
    outside = noise - inside @ columns.vectors.T  # (…, o, i), orthogonal to the kept columns
    inside = _scale_rows(inside, rows, scale * columns.values, prior)
    return inside @ columns.vectors.T + _scale_rows(
        outside, rows, columns.values.new_tensor([scale * columns.rest]), prior
    )


def _scale_rows(part: Tensor, rows: Eigen, column_values: Tensor, prior: float) -> Tensor:
    """Divide by √(t_j·c_i + λ), t_j the row's eigenvalue and c_i the (scaled) column's."""
    inside = rows.vectors.T @ part  # (…, k_o, ·)
    outside = part - rows.vectors @ inside
    scaled = inside / (rows.values[:, None] * column_values + prior).sqrt()
    return rows.vectors @ scaled + outside / (rows.rest * column_values + prior).sqrt()
