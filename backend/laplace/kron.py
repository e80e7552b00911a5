"""Structure "kron": F = κ · (Σ g gᵀ) ⊗ (Σ a aᵀ) for each matrix.

In the eigenbasis of its two factors a block's precision is diagonal: κ·s_i·t_j + λ (Yang et al., arXiv 2308.13111,
eq. 10 with the factors' eigenvalues), so drawing from it is two small matrix products. κ gives the block the trace of
the exact Fisher. A factor may be known by its leading eigenvectors only (`eigen.py`); then
(M + c·I)^(−½) acts on their span and on its complement separately, which is Woodbury's identity for such a factor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from backend.laplace.curvature import FisherSums
from backend.laplace.eigen import Eigen, decompose, pack_eigen, unpack_eigen
from backend.laplace.gaussian import Posterior
from backend.laplace.low_rank import LowRankSum

NAME = "kron"


@dataclass(frozen=True)
class KronBlock:
    """Curvature of one matrix W (o, i), F = κ · (gradient ⊗ inputs) on row-major vec(W).

    Attributes:
        input_group: name of the factor `inputs`; blocks of one group share it.
        inputs: factor Σ a aᵀ (i, i). gradient: factor Σ g gᵀ (o, o). scale: κ.
    """

    input_group: str
    inputs: Eigen
    gradient: Eigen
    scale: float

    @property
    def shape(self) -> tuple[int, int]:
        """(o, i)."""
        return self.gradient.size, self.inputs.size

    def apply_root(self, values: Float[Tensor, "*K o i"], prior_precision: float) -> Float[Tensor, "*K o i"]:
        """(F + λI)^(−½) on (…, o, i), split into the kept eigenvectors of either side and their complements."""
        columns = self.inputs
        inside = values @ columns.vectors  # (…, o, k_i)
        outside = values - inside @ columns.vectors.T  # (…, o, i), orthogonal to the kept columns
        inside = _scale_rows(inside, self.gradient, self.scale * columns.values, prior_precision)
        rest = columns.values.new_tensor([self.scale * columns.rest])
        return inside @ columns.vectors.T + _scale_rows(outside, self.gradient, rest, prior_precision)

    def parts(self, values: Float[Tensor, "*K o i"]) -> list[tuple[Tensor, Tensor]]:
        """Coordinates in the kept eigenvectors of both sides, and what is orthogonal to them where some are cut."""
        columns, rows = self.inputs, self.gradient
        inside = values @ columns.vectors  # (…, o, k_i)
        sides = [(inside, self.scale * columns.values)]
        if columns.missing:
            rest = columns.values.new_tensor([self.scale * columns.rest])
            sides.append((values - inside @ columns.vectors.T, rest))
        found = []
        for part, column_values in sides:
            kept = rows.vectors.T @ part  # (…, k_o, ·)
            found.append((kept, rows.values[:, None] * column_values))
            if rows.missing:
                found.append((part - rows.vectors @ kept, rows.rest * column_values))
        return found

    def spectrum(self) -> tuple[Tensor, Tensor]:
        """Eigenvalues κ·s_i·t_j and how often each occurs."""
        column_values, column_counts = self.inputs.spectrum()
        row_values, row_counts = self.gradient.spectrum()
        values = self.scale * torch.outer(row_values, column_values)
        return values.flatten(), torch.outer(row_counts, column_counts).flatten()


def build(sums: FisherSums, *, prior_precision: float, rank: int | None = None, share: float = 1.0) -> Posterior:
    """Posterior from Fisher sums.

    Args:
        sums: a block is scaled so that its trace is the exact Fisher's.
        prior_precision: λ.
        rank: eigenvectors kept of each factor; None keeps all there are (exact where the sums are dense).
        share: part of the training data that the sums cover; F is scaled up to all of it.
    """
    inputs = {name: decompose(factor, rank=rank) for name, factor in sums.inputs.items()}
    blocks = {}
    for name, factor in sums.gradients.items():
        group = sums.input_group[name]
        product = _trace(sums.inputs[group]) * _trace(factor)
        scale = sums.traces[name] / share / product if product > 0 else 0.0
        blocks[name] = KronBlock(group, inputs[group], decompose(factor, rank=rank), scale)
    return Posterior(blocks, prior_precision, structure=NAME)


def pack(posterior: Posterior, *, dtype: torch.dtype) -> tuple[dict[str, Tensor], dict[str, object]]:
    """Tensors, eigenvectors in `dtype`, and the entries that find them."""
    tensors: dict[str, Tensor] = {}
    factors = {block.input_group: block.inputs for block in posterior.blocks.values()}
    inputs = {
        name: pack_eigen(eigen, f"input.{index}", tensors, dtype) for index, (name, eigen) in enumerate(factors.items())
    }
    blocks = {
        name: {
            "input_group": block.input_group,
            "scale": block.scale,
            "gradient": pack_eigen(block.gradient, f"gradient.{index}", tensors, dtype),
        }
        for index, (name, block) in enumerate(posterior.blocks.items())
    }
    return tensors, {"inputs": inputs, "blocks": blocks}


def unpack(tensors: Mapping[str, Tensor], entries: Mapping[str, object]) -> dict[str, KronBlock]:
    """The blocks that a packed form stands for, in float64."""
    inputs = {name: unpack_eigen(entry, tensors) for name, entry in entries["inputs"].items()}
    return {
        name: KronBlock(
            input_group=entry["input_group"],
            inputs=inputs[entry["input_group"]],
            gradient=unpack_eigen(entry["gradient"], tensors),
            scale=entry["scale"],
        )
        for name, entry in entries["blocks"].items()
    }


def _trace(factor: Tensor | LowRankSum) -> float:
    return factor.trace if isinstance(factor, LowRankSum) else float(torch.trace(factor))


def _scale_rows(part: Tensor, rows: Eigen, column_values: Tensor, prior: float) -> Tensor:
    """Divide by √(t_j·c_i + λ), t_j the row's eigenvalue and c_i the (scaled) column's."""
    inside = rows.vectors.T @ part  # (…, k_o, ·)
    outside = part - rows.vectors @ inside
    scaled = inside / (rows.values[:, None] * column_values + prior).sqrt()
    return rows.vectors @ scaled + outside / (rows.rest * column_values + prior).sqrt()
