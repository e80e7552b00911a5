"""Attention in plain tensor operations, in the inputs' own precision, with rules for forward mode and `vmap`.

Fused attention kernels have no forward-mode rule (pytorch issues 165530, 128971), and transformers' eager attention
rounds its softmax to float32, which hides the precision of a float64 reference. Used for exact tangents only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Float
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import sdpa_mask

NAME = "tashika_plain"
UNKNOWN = ("s_aux", "sinks", "position_bias", "attention_bias")  # they would change the result


def plain_attention(
    module: nn.Module,
    query: Float[Tensor, "B H T d"],
    key: Float[Tensor, "B G S d"],
    value: Float[Tensor, "B G S v"],
    attention_mask: Tensor | None,
    scaling: float | None = None,
    softcap: float | None = None,
    **others: object,
) -> tuple[Float[Tensor, "B T H v"], None]:
    """softmax(QKᵀ·scaling + mask)V.

    Args:
        query: (B, H, T, d). key, value: (B, H_kv, S, d), repeated for grouped heads.
        attention_mask: bool (B or 1, 1, T, S), true where attention is allowed; None for plain causal.
        softcap: c of the scores' c·tanh(·/c), as in Gemma 2.
        others: what changes nothing here (dropout, a sliding window that the mask holds already, …).

    Returns:
        (B, T, H, d), and None for the weights.

    Raises:
        NotImplementedError: the architecture asks for attention sinks or biases.
    """
    asked = [name for name in UNKNOWN if others.get(name) is not None]
    if asked:
        raise NotImplementedError(f"plain attention has no {', '.join(asked)}")
    groups = query.shape[1] // key.shape[1]
    key, value = (part.repeat_interleave(groups, dim=1) for part in (key, value))
    scores = query @ key.transpose(2, 3) * (query.shape[-1] ** -0.5 if scaling is None else scaling)
    if softcap is not None:
        scores = softcap * (scores / softcap).tanh()
    length, width = scores.shape[-2:]
    if attention_mask is None:
        allowed = torch.ones(length, width, dtype=torch.bool, device=scores.device).tril(width - length)
    else:
        allowed = attention_mask
    scores = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min)
    return (scores.softmax(dim=-1) @ value).transpose(1, 2).contiguous(), None


@contextmanager
def plain_attention_in(model: PreTrainedModel) -> Iterator[None]:
    """Run `model` with plain attention while active."""
    AttentionInterface.register(NAME, plain_attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    before = model.config._attn_implementation
    model.set_attn_implementation(NAME)
    try:
        yield
    finally:
        model.set_attn_implementation(before)
