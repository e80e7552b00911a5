"""A symmetric positive semi-definite factor by its leading eigenvectors, the others at their mean eigenvalue.

`M ≈ U diag(s) Uᵀ + c (I − U Uᵀ)`. With all d eigenvectors it is exact. With fewer, the trace is kept: c is the mean
of the eigenvalues left out (the paper's low-rank form has c = 0, which makes the posterior too wide there).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from backend.laplace.low_rank import LowRankSum

SMALL = 16  # factors of so few rows are stored in float32


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

    def spectrum(self) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
        """Distinct eigenvalues, the complement's last, and how often each occurs."""
        values = torch.cat([self.values, self.values.new_tensor([self.rest])])
        counts = torch.ones_like(values)
        counts[-1] = self.missing
        return values, counts

    def dense(self) -> Float[Tensor, "d d"]:
        """The factor as a (d, d) matrix; for tests and small sizes."""
        identity = torch.eye(self.size, dtype=self.vectors.dtype, device=self.vectors.device)
        outer = self.vectors @ self.vectors.T
        return (self.vectors * self.values) @ self.vectors.T + self.rest * (identity - outer)


def decompose(factor: Tensor | LowRankSum, *, rank: int | None = None) -> Eigen:
    """Leading `rank` eigenpairs (all by default), computed in float64.

    Args:
        factor: symmetric (d, d), or a low-rank sum, which is never made dense.
        rank: eigenvectors to keep; as many as there are, or more, keeps all.
    """
    if isinstance(factor, LowRankSum):
        vectors, values = factor.decomposed()
        trace = factor.trace
    else:
        values, vectors = torch.linalg.eigh(factor.double())
        values, vectors = values.clamp_min(0.0).flip(0), vectors.flip(1)
        trace = float(values.sum())
    kept = len(values) if rank is None else min(rank, len(values))
    missing = vectors.shape[0] - kept
    rest = max(trace - float(values[:kept].sum()), 0.0) / missing if missing else 0.0
    return Eigen(vectors=vectors[:, :kept].contiguous(), values=values[:kept].contiguous(), rest=rest)


def orthonormal(vectors: Float[Tensor, "d k"]) -> Float[Tensor, "d k"]:
    """Nearest orthonormal columns of vectors that were stored in half precision, in float64.

    Polar factor U Vᵀ of the SVD: unlike a QR decomposition it treats all columns alike and keeps their signs.
    """
    left, _, right = torch.linalg.svd(vectors.double(), full_matrices=False)
    return left @ right


def pack_eigen(eigen: Eigen, key: str, tensors: dict[str, Tensor], dtype: torch.dtype) -> dict[str, object]:
    """Put the tensors under `key` and return the entry that finds them; small factors stay in float32 or wider."""
    wide = torch.promote_types(dtype, torch.float32)
    tensors[f"{key}.vectors"] = eigen.vectors.to(wide if eigen.size <= SMALL else dtype).contiguous()
    tensors[f"{key}.values"] = eigen.values.to(wide).contiguous()
    return {"key": key, "rest": eigen.rest}


def unpack_eigen(entry: Mapping[str, object], tensors: Mapping[str, Tensor]) -> Eigen:
    """The factor of an entry.

    Raises:
        ValueError: what was stored is no eigendecomposition.
    """
    vectors = orthonormal(tensors[f"{entry['key']}.vectors"])
    values = tensors[f"{entry['key']}.values"].double()
    rest = float(entry["rest"])
    if values.shape != vectors.shape[1:] or not bool((values >= 0).all()) or not (math.isfinite(rest) and rest >= 0):
        raise ValueError(f"factor {entry['key']} is not a valid eigendecomposition")
    return Eigen(vectors=vectors, values=values, rest=rest)
