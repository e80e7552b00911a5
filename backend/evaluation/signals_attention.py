"""How much each summary token looked back at the document, read off one ordinary forward pass.

In: a model, a batch of one sequence, where the document stands in it. Out: per head and layer, for the position that
predicts each summary token, the attention given to the document, to the summary so far, and to the token before.
Only the rows of the summary are ever made explicit, so that memory stays linear in the length of the document.

    Lookback ratio (Chuang et al. 2024, arXiv 2407.07071):  mean attention a token on the document against that on
    the document plus that on the summary so far.
    RAUQ (Vazhentsev et al. 2025, arXiv 2505.20045):  confidence handed on from token to token,
    c₁ = p₁, c_i = α·p_i + (1 − α)·a_{i,i−1}·c_{i−1}, with the head of each layer that looks most at the token before;
    the middle third of the layers, the most doubtful one of them for each token.

Knows nothing of text, phrases or labels.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from backend.errors import ModelError

NAME = "tashika_observed"
RAUQ_SHARE_OF_TOKEN = 0.2  # α of the paper


@dataclass(frozen=True)
class Places:
    """Half-open ranges of positions of one sequence; the summary reaches to its end."""

    document_start: int
    document_end: int
    summary_start: int


@dataclass(frozen=True)
class Observed:
    """Attention of S positions in L layers and H heads, each (L, S, H).

    Attributes:
        to_document: sum over the document.
        to_summary: sum over the summary's tokens that stand before the predicted one.
        to_previous: of the summary token itself, once it is read, on the one before it.
    """

    to_document: Tensor
    to_summary: Tensor
    to_previous: Tensor


class _Recorder:
    """Collects the reduced rows of every layer; one at a time is active."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.layers: list[tuple[Tensor, Tensor, Tensor]] = []

    def take(self, query: Tensor, key: Tensor, scaling: float) -> None:
        """Attention from the prompt's last position on: query (1, H, T, d), key (1, H_kv, T, d)."""
        places, length = self.places, query.shape[2]
        first = places.summary_start - 1
        key = key.repeat_interleave(query.shape[1] // key.shape[1], dim=1)
        scores = query[0, :, first:] @ key[0].transpose(1, 2) * scaling  # (H, S + 1, T)
        rows = torch.arange(first, length, device=scores.device)
        future = torch.arange(length, device=scores.device)[None] > rows[:, None]
        weights = scores.float().masked_fill(future, -torch.inf).softmax(dim=-1)
        before = weights[:, torch.arange(1, len(rows)), rows[1:] - 1]  # (H, S)
        weights = weights[:, :-1]  # the rows that predict the summary
        self.layers.append(
            (
                weights[:, :, places.document_start : places.document_end].sum(dim=-1).T,
                weights[:, :, places.summary_start :].sum(dim=-1).T,
                before.T,
            )
        )


@contextmanager
def observed_attention(model: PreTrainedModel, places: Places) -> Iterator[_Recorder]:
    """While active, forward passes of one sequence fill the recorder; the model's output is unchanged.

    Raises:
        ModelError: the model's attention is not PyTorch's scaled dot product (it has caps or sinks, say), whose rows
            are recorded here.
    """
    before = model.config._attn_implementation
    if before != "sdpa":
        raise ModelError(
            "signals.attention",
            "The attention of {model} ({attention}) cannot be watched. Take a base model that runs with SDPA.",
            model=type(model).__name__,
            attention=str(before),
        )
    recorder = _Recorder(places)

    def attend(
        module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **options: object
    ) -> tuple[Tensor, None]:
        scaling = options.get("scaling")
        recorder.take(query, key, query.shape[-1] ** -0.5 if scaling is None else float(scaling))
        return sdpa_attention_forward(module, query, key, value, attention_mask, **options)

    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    model.set_attn_implementation(NAME)
    try:
        yield recorder
    finally:
        model.set_attn_implementation(before)


def read_observed(recorder: _Recorder) -> Observed:
    """The recorder's rows as tensors (L, S, H)."""
    return Observed(*(torch.stack(list(part)) for part in zip(*recorder.layers, strict=True)))


def lookback_doubt(observed: Observed, places: Places) -> Tensor:
    """1 − Lookback ratio, mean over heads and layers (S,); 0 for the first token, which has only the document."""
    count = observed.to_document.shape[1]
    document = observed.to_document / max(1, places.document_end - places.document_start)
    so_far = torch.arange(count, device=document.device).clamp_min(1)[None, :, None]
    summary = observed.to_summary / so_far
    ratio = document / (document + summary).clamp_min(1e-12)
    doubt = 1.0 - ratio.mean(dim=(0, 2))
    return torch.where(torch.arange(count, device=document.device) == 0, torch.zeros_like(doubt), doubt)


def rauq(observed: Observed, probabilities: Tensor) -> Tensor:
    """Recurrent −log confidence of each token (S,), in nats.

    Args:
        observed: of the same pass as the probabilities.
        probabilities: of the tokens (S,).
    """
    layers = observed.to_previous.shape[0]
    middle = range(layers // 3, max(layers // 3 + 1, 2 * layers // 3))
    doubts = []
    for layer in middle:
        looks = observed.to_previous[layer]  # (S, H)
        head = looks.mean(dim=0).argmax()
        doubts.append(_hand_on(probabilities.double(), looks[:, head].double()))
    return torch.stack(doubts).amax(dim=0)


def _hand_on(probabilities: Tensor, looks_back: Tensor) -> Tensor:
    confidences = [probabilities[0]]
    for probability, look in zip(probabilities[1:], looks_back[1:], strict=True):
        handed = RAUQ_SHARE_OF_TOKEN * probability + (1.0 - RAUQ_SHARE_OF_TOKEN) * look * confidences[-1]
        confidences.append(handed)
    return -torch.stack(confidences).clamp_min(1e-12).log()
