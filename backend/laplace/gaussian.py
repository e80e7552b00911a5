"""The Gaussian posterior over the LoRA weights, N(θ*, Σ) with Σ⁻¹ = F + Λ, one independent block a matrix.

Λ = λ·ρ_m on the weights of matrix m: one prior precision λ, and ratios ρ_m that are 1 unless given. A block knows its
own curvature (`kron.py`, `diag.py`); what holds for any of them is here. Knows nothing of files or data.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor


class Block(Protocol):
    """Curvature F of one matrix W (o, i)."""

    @property
    def shape(self) -> tuple[int, int]:
        """(o, i)."""

    def apply_root(self, values: Tensor, prior_precision: float) -> Tensor:
        """(F + λI)^(−½) on values (…, o, i); the root is symmetric."""

    def spectrum(self) -> tuple[Tensor, Tensor]:
        """Eigenvalues of F and how often each occurs."""

    def parts(self, values: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Values (…, o, i) in coordinates in which F is diagonal, with its eigenvalues there (broadcastable).

        The parts are orthogonal: the inner product of two values is the sum of those of their coordinates.
        """


@dataclass(frozen=True)
class Posterior:
    """All blocks, the prior precision λ, and the matrices' ratios ρ_m to it (1 where not named)."""

    blocks: Mapping[str, Block]
    prior_precision: float
    structure: str = "kron"
    prior_ratios: Mapping[str, float] = field(default_factory=dict)

    def with_prior(self, prior_precision: float) -> Posterior:
        """The same curvature and ratios under another prior precision λ > 0."""
        if not prior_precision > 0:
            raise ValueError(f"prior precision must be positive, not {prior_precision}")
        return replace(self, prior_precision=prior_precision)

    def with_ratios(self, prior_ratios: Mapping[str, float]) -> Posterior:
        """The same curvature with precision λ·ρ_m on matrix m."""
        unknown = set(prior_ratios) - set(self.blocks)
        if unknown or not all(ratio > 0 for ratio in prior_ratios.values()):
            raise ValueError(f"prior ratios must be positive and of this posterior's matrices; unknown: {unknown}")
        return replace(self, prior_ratios=dict(prior_ratios))

    def prior_of(self, name: str) -> float:
        """Prior precision λ·ρ of one matrix."""
        return self.prior_precision * self.prior_ratios.get(name, 1.0)

    def sample(self, count: int, *, generator: torch.Generator) -> dict[str, Tensor]:
        """Deviations δ = θ − θ* drawn from N(0, Σ).

        Returns:
            matrix name → (count, o, i), float64 on the CPU.
        """
        draws = {}
        for name, block in self.blocks.items():
            noise = torch.randn(count, *block.shape, generator=generator, dtype=torch.float64)
            draws[name] = block.apply_root(noise, self.prior_of(name))
        return draws

    def covariance(self, rows: Mapping[str, Tensor]) -> Float[Tensor, "*B C C"]:
        """J Σ Jᵀ without forming Σ: each block's rows are multiplied by its root.

        Args:
            rows: matrix → Jacobian rows (…, C, o, i); the names must include the posterior's.

        Returns:
            (…, C, C), float64 on the CPU.
        """
        total = torch.zeros((), dtype=torch.float64)
        for name, block in self.blocks.items():
            scaled = block.apply_root(rows[name].cpu().double(), self.prior_of(name)).flatten(-2)  # (…, C, o·i)
            total = total + scaled @ scaled.transpose(-1, -2)
        return total

    def covariance_at(self, rows: Mapping[str, Tensor], prior_precisions: Sequence[float]) -> Float[Tensor, "L *B C C"]:
        """J Σ Jᵀ at several λ at little more than the cost of one: rows are brought into the eigenbasis once.

        Args:
            rows: as for `covariance`.
            prior_precisions: L values in the place of the posterior's own λ.

        Returns:
            (L, …, C, C), float64 on the CPU.
        """
        totals = [torch.zeros((), dtype=torch.float64) for _ in prior_precisions]
        for name, block in self.blocks.items():
            ratio = self.prior_ratios.get(name, 1.0)
            for coordinates, eigenvalues in block.parts(rows[name].cpu().double()):
                for index, prior in enumerate(prior_precisions):
                    scaled = (coordinates / (eigenvalues + prior * ratio).sqrt()).flatten(-2)  # (…, C, ·)
                    totals[index] = totals[index] + scaled @ scaled.transpose(-1, -2)
        return torch.stack(totals)

    def log_determinant(self) -> float:
        """log det(F + Λ), over all blocks."""
        total = 0.0
        for name, block in self.blocks.items():
            values, counts = block.spectrum()
            total += float((counts * (values + self.prior_of(name)).log()).sum())
        return total

    def parameter_count(self) -> int:
        """P, the number of weights."""
        return sum(math.prod(block.shape) for block in self.blocks.values())

    def evidence(self, *, log_likelihood: float, squared_norm: float) -> float:
        """Laplace evidence: log p(D|θ*) − ½λ‖θ*‖² + ½ log det Λ − ½ log det(F+Λ). For comparison only.

        Args:
            squared_norm: ‖θ*‖² of the weights that have a posterior; with prior ratios Σ_m ρ_m‖θ*_m‖².
        """
        fit = log_likelihood - 0.5 * self.prior_precision * squared_norm
        prior = sum(math.prod(block.shape) * math.log(self.prior_of(name)) for name, block in self.blocks.items())
        return fit + 0.5 * (prior - self.log_determinant())
