"""A symmetric positive semi-definite factor by its leading eigenvectors, the others at their mean eigenvalue.

`M ≈ U diag(s) Uᵀ + c (I − U Uᵀ)`. With all d eigenvectors it is exact. With fewer, the trace is kept: c is the mean
of the eigenvalues left out (the paper's low-rank form has c = 0, which makes the posterior too wide there).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Eigen:
    """Eigenvectors `vectors` (d, k), eigenvalues `values` (k,) ≥ 0, and `rest`, the eigenvalue of the complement."""

    vectors: Tensor
    values: Tensor
    rest: float

    @property
    def size(self) -> int:
        """d, the number of rows of the factor."""
        return self.vectors.shape[0]

    @property
    def missing(self) -> int:
        """d − k, the dimension of the complement."""
        return self.vectors.shape[0] - self.vectors.shape[1]

    def trace(self) -> float:
        """Sum of all d eigenvalues."""
        return float(self.values.sum()) + self.rest * self.missing

    def dense(self) -> Tensor:
        """The factor as a (d, d) matrix; for tests and small sizes."""
        identity = torch.eye(self.size, dtype=self.vectors.dtype, device=self.vectors.device)
        outer = self.vectors @ self.vectors.T
        return (self.vectors * self.values) @ self.vectors.T + self.rest * (identity - outer)


def decompose(matrix: Tensor, *, rank: int | None = None) -> Eigen:
    """Leading `rank` eigenpairs (all by default), computed in float64.

    Args:
        matrix: symmetric (d, d).
        rank: eigenvectors to keep; d or more keeps all.
    """
    values, vectors = torch.linalg.eigh(matrix.double())
    values, vectors = values.clamp_min(0.0).flip(0), vectors.flip(1)
    size = matrix.shape[0]
    kept = size if rank is None else min(rank, size)
    rest = float(values[kept:].mean()) if kept < size else 0.0
    return Eigen(vectors=vectors[:, :kept].contiguous(), values=values[:kept].contiguous(), rest=rest)


def orthonormal(vectors: Tensor) -> Tensor:
    """Nearest orthonormal columns of vectors that were stored in half precision, in float64.

    Polar factor U Vᵀ of the SVD: unlike a QR decomposition it treats all columns alike and keeps their signs.
    """
    left, _, right = torch.linalg.svd(vectors.double(), full_matrices=False)
    return left @ right
