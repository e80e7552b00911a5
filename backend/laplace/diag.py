"""Structure "diag": the diagonal of the Fisher, Σ_s G_s ∘ G_s over the gradients G_s (o, i) of whole sequences.

The diagonal itself is exact up to the drawn labels; what it leaves out is every covariance between two weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from backend.laplace.curvature import FisherSums
from backend.laplace.gaussian import Posterior

NAME = "diag"


@dataclass(frozen=True)
class DiagonalBlock:
    """Curvature of one matrix: the diagonal of F in the shape (o, i) of the weight, float64."""

    diagonal: Tensor

    @property
    def shape(self) -> tuple[int, int]:
        """(o, i)."""
        return self.diagonal.shape[0], self.diagonal.shape[1]

    def apply_root(self, values: Float[Tensor, "*K o i"], prior_precision: float) -> Float[Tensor, "*K o i"]:
        """(F + λI)^(−½) on (…, o, i)."""
        return values / (self.diagonal + prior_precision).sqrt()

    def parts(self, values: Float[Tensor, "*K o i"]) -> list[tuple[Tensor, Tensor]]:
        """The weights themselves are the coordinates."""
        return [(values, self.diagonal)]

    def spectrum(self) -> tuple[Tensor, Tensor]:
        """The diagonal, each entry once."""
        return self.diagonal.flatten(), torch.ones(self.diagonal.numel(), dtype=self.diagonal.dtype)


def build(sums: FisherSums, *, prior_precision: float, rank: int | None = None, share: float = 1.0) -> Posterior:
    """Posterior from Fisher sums; `rank` has no meaning here and must be None.

    Args:
        sums: of which only the diagonals are read.
        prior_precision: λ.
        rank: only for a uniform signature.
        share: part of the training data that the sums cover; F is scaled up to all of it.
    """
    if rank is not None:
        raise ValueError("a diagonal posterior has no rank; leave it out")
    blocks = {name: DiagonalBlock(diagonal / share) for name, diagonal in sums.diagonals.items()}
    return Posterior(blocks, prior_precision, structure=NAME)


def pack(posterior: Posterior, *, dtype: torch.dtype) -> tuple[dict[str, Tensor], dict[str, object]]:
    """Diagonals in float32 or wider (half precision would round the small ones to zero), and their keys."""
    wide = torch.promote_types(dtype, torch.float32)
    names = {name: f"diagonal.{index}" for index, name in enumerate(posterior.blocks)}
    tensors = {key: posterior.blocks[name].diagonal.to(wide).contiguous() for name, key in names.items()}
    return tensors, {"blocks": names}


def unpack(tensors: Mapping[str, Tensor], entries: Mapping[str, object]) -> dict[str, DiagonalBlock]:
    """The blocks that a packed form stands for, in float64."""
    blocks = {name: DiagonalBlock(tensors[key].double()) for name, key in entries["blocks"].items()}
    for name, block in blocks.items():
        if block.diagonal.dim() != 2 or not bool((block.diagonal >= 0).all()):
            raise ValueError(f"the diagonal of {name} is not valid")
    return blocks
