"""A sum Σ x xᵀ of large vectors that is never formed: its leading directions by incremental SVD, its trace exactly.

New rows are appended to the kept columns and the thin SVD is cut to `rank` again, by a QR decomposition followed by
the SVD of its small triangle (Brand 2006, Linear Algebra Appl. 415, sec. 2). No matrix has more than 3·rank columns.
While at most `rank` directions were seen, sums and merges are exact; above that they are exact up to the truncation,
so that they depend, by that much, on batch size and order. Knows nothing of what the vectors are.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class LowRankSum:
    """Σ x xᵀ ≈ columns · columnsᵀ.

    Attributes:
        columns: (d, k ≤ rank), float64. trace: Σ ‖x‖², with what was cut off. rank: most columns to keep.
    """

    columns: Tensor
    trace: float
    rank: int

    def __add__(self, other: LowRankSum) -> LowRankSum:
        """Merge two partial sums."""
        columns = truncate(torch.cat([self.columns, other.columns], dim=1), self.rank)
        return LowRankSum(columns, self.trace + other.trace, self.rank)

    def decomposed(self) -> tuple[Tensor, Tensor]:
        """Eigenvectors (d, k) and eigenvalues (k,), largest first; zeros are left out."""
        vectors, values = _left_singular(self.columns)
        kept = values > values.max().clamp_min(torch.finfo(values.dtype).tiny) * 1e-12
        return vectors[:, kept], values[kept].square()


def sum_rows(rows: Tensor, *, rank: int) -> LowRankSum:
    """Σ x xᵀ of the rows x of (n, d), a few rows at a time; the columns end on the CPU."""
    if rank < 1:
        raise ValueError(f"the rank of a low-rank factor must be positive, not {rank}")
    columns = rows.new_zeros(rows.shape[1], 0, dtype=torch.float64)
    for part in rows.split(2 * rank):
        columns = truncate(torch.cat([columns, part.T.double()], dim=1), rank)
    return LowRankSum(columns.cpu(), float(rows.double().square().sum()), rank)


def truncate(columns: Tensor, rank: int) -> Tensor:
    """The best `rank` columns whose outer product sum is that of `columns` (d, m), as near as can be."""
    if columns.shape[1] <= rank:
        return columns
    vectors, values = _left_singular(columns)
    return vectors[:, :rank] * values[:rank]


def _left_singular(columns: Tensor) -> tuple[Tensor, Tensor]:
    orthogonal, triangle = torch.linalg.qr(columns)
    left, values, _ = torch.linalg.svd(triangle, full_matrices=False)
    return orthogonal @ left, values
