"""A posterior from Fisher sums, by the name of its structure.

Each structure is one file with the same names: `NAME`, `build`, `pack`, `unpack`, and a block that can draw
(`apply_root`) and state its eigenvalues (`spectrum`). `Posterior` holds the blocks and does what all have in common.
"""

from __future__ import annotations

from backend.laplace import diag, kron, last_layer
from backend.laplace.curvature import FisherSums
from backend.laplace.gaussian import Block, Posterior
from backend.laplace.labels import NO_TARGETS

__all__ = ["STRUCTURES", "Block", "Posterior", "build"]

STRUCTURES = {structure.NAME: structure for structure in (kron, diag, last_layer)}


def build(
    sums: FisherSums,
    *,
    prior_precision: float,
    rank: int | None = None,
    share: float = 1.0,
    structure: str = kron.NAME,
) -> Posterior:
    """Posterior from Fisher sums.

    Args:
        sums: from `accumulate`.
        prior_precision: λ.
        rank: eigenvectors kept of each Kronecker factor; None keeps all (exact).
        share: part of the training data that the sums cover; F is scaled up to all of it.
        structure: "kron", "diag" or "last-layer".

    Raises:
        ValueError: the sums are of no target token, so that the posterior would be the prior alone, or an argument is
            out of range.
    """
    if sums.targets == 0:
        raise ValueError(NO_TARGETS)
    if not 0 < share <= 1:
        raise ValueError(f"the share of the data must be in (0, 1], not {share}")
    if structure not in STRUCTURES:
        raise ValueError(f"unknown structure {structure!r}: choose one of {', '.join(STRUCTURES)}")
    return STRUCTURES[structure].build(sums, prior_precision=prior_precision, rank=rank, share=share)
