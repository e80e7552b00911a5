"""One coherent weight sample a sequence, or new weights for every token.

By default a deviation δ moves all tokens of a text together, as one set of weights would. With resampling every token s
has a draw of its own, J_s δ_s: the distribution of each token is the same, the tokens are independent of each other.
Drawing a δ for every token takes as many passes as there are tokens; `resample_tokens` takes none: given M coherent
tangents t_m, token s gets Σ_m z_ms t_m / √M with normals z of its own, which has the covariance (1/M) Σ_m t_m t_mᵀ that
the tangents estimate. What adds up over a text (its log-likelihood) spreads too little then: use it for tokens alone.
Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor


def resample_tokens(
    tangents: Float[Tensor, "M B S V"], *, count: int, generator: torch.Generator
) -> Float[Tensor, "{count} B S V"]:
    """New tangents (count, B, S, V), independent at every position, from coherent ones (M, B, S, V)."""
    size, rows, positions, _ = tangents.shape
    weights = torch.randn(rows, positions, count, size, generator=generator, dtype=torch.float64) / size**0.5
    mixed = weights.to(tangents) @ tangents.permute(1, 2, 0, 3)  # (B, S, count, V)
    return mixed.permute(2, 0, 1, 3)


def resampled_chunks(
    chunks: Iterable[tuple[Tensor, Tensor]], *, generator: torch.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """As many tangents as the chunks hold, resampled; all of them are in memory at once.

    Args:
        chunks: logits (B, S, V), the same in all, and tangents (M', B, S, V).
    """
    parts = list(chunks)
    tangents = torch.cat([part for _, part in parts])
    yield parts[0][0], resample_tokens(tangents, count=tangents.shape[0], generator=generator)
