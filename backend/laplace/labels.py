"""Which outputs of the model have a loss, and the directions in logit space that make up each kind of Fisher.

The Fisher of the log-probabilities at one target with probabilities p is E_y[(p − e_y)(p − e_y)ᵀ] = diag(p) − ppᵀ.
It is estimated by one label drawn from the model ("true"), replaced by the given label ("empirical", named as such:
it is another matrix), or taken whole ("exact", also called type 2) as Σ_c s_c s_cᵀ with s_c = √p_c (p − e_c).

A batch with `class_ids` (B, C) is a multiple choice: its likelihood is the softmax over these C vocabulary entries of
each row alone. Knows nothing of weights.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator, Mapping
from typing import Literal

import torch
from jaxtyping import Float, Int
from peft import PeftModel
from torch import Tensor, nn

from backend.laplace.packing import IGNORED, check_not_packed

NO_TARGETS = (
    f"no token of the batches has a label: check that labels are not all {IGNORED} (= no loss), and that an "
    "iterable of batches was not used up before"
)
EXACT_VOCABULARY = 1024  # "exact" costs a backward pass for each target position and output
Fisher = Literal["true", "empirical", "exact"]
Batch = Mapping[str, Tensor]


def target_logits(model: nn.Module, batch: Batch) -> tuple[Float[Tensor, "N S V"], Int[Tensor, "B S"]]:
    """Float32 (or wider) logits that predict the labels, computed at these positions only, and the labels.

    Returns:
        logits (N, S, V) and labels (B, S); where S equals T the first label has no predecessor and is dropped. N is B,
        or R·B while R rows are stacked (`stacking.py`).

    Raises:
        ValueError: the batch packs several sequences into a row (`packing.unpack` takes them apart), or a label stands
            right after padding.
    """
    check_not_packed(batch)
    labels = target_labels(batch)
    keep = labels.shape[1] + 1
    before = batch["attention_mask"][:, -keep:-1].bool()  # (B, S), whether a token stands before the label
    if bool(((labels != IGNORED) & ~before).any()):
        raise ValueError("a label right after padding has no token that predicts it: set it to -100")
    logits = model(**_inputs(model, batch), logits_to_keep=keep, use_cache=False).logits[:, -keep:-1]
    return (logits if logits.dtype == torch.float64 else logits.float()), labels


def target_labels(batch: Batch) -> Int[Tensor, "B S"]:
    """The labels (B, S) that `target_logits` predicts: where S equals T the first has no predecessor and is dropped."""
    labels = batch["labels"]
    return labels[:, 1:] if labels.shape[1] == batch["input_ids"].shape[1] else labels


def _inputs(model: nn.Module, batch: Batch) -> dict[str, Tensor]:
    """The model's inputs; left padding without `position_ids` would shift positions, so these are then derived."""
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask", "position_ids") if name in batch}
    mask = inputs["attention_mask"]
    if "position_ids" not in inputs and not bool(mask[:, 0].all()):
        base = model.get_base_model() if isinstance(model, PeftModel) else model
        if "position_ids" in inspect.signature(base.forward).parameters:
            inputs["position_ids"] = (mask.long().cumsum(dim=1) - 1).clamp_min(0)
    return inputs


def logit_directions(
    logits: Float[Tensor, "B S V"], labels: Int[Tensor, "B S"], batch: Batch, *, fisher: Fisher, seed: int
) -> Iterator[Tensor]:
    """Directions (B, S, V) whose pullbacks to the weights, squared and summed, make up the Fisher; see the module.

    Args:
        logits: (B, S, V), detached. labels: (B, S).

    Raises:
        ValueError: "exact" with more than `EXACT_VOCABULARY` outputs, or an unknown kind.
    """
    targets = labels != IGNORED
    logits = class_restricted(logits, batch)
    probabilities = logits.softmax(dim=-1) * targets[..., None]
    if fisher == "exact":
        yield from _square_roots(probabilities, targets, batch)
    elif fisher in ("true", "empirical"):
        chosen = draw_labels(logits, labels, batch, seed=seed) if fisher == "true" else labels
        minus_one = -targets[..., None].to(probabilities)
        yield probabilities.scatter_add_(2, chosen.clamp_min(0)[..., None], minus_one)
    else:
        raise ValueError(f"unknown kind of Fisher {fisher!r}: choose true, empirical or exact")


def class_restricted(logits: Float[Tensor, "B S V"], batch: Batch) -> Float[Tensor, "B S V"]:
    """Logits (B, S, V) with −∞ outside a row's `class_ids`; unchanged where the batch has none."""
    if "class_ids" not in batch:
        return logits
    ids = batch["class_ids"][:, None, :].expand(-1, logits.shape[1], -1)  # (B, S, C)
    return torch.full_like(logits, -torch.inf).scatter(2, ids, logits.gather(2, ids))


def _square_roots(probabilities: Tensor, targets: Tensor, batch: Batch) -> Iterator[Tensor]:
    rows, _, vocabulary = probabilities.shape
    ids = batch.get("class_ids")
    if ids is None:
        ids = torch.arange(vocabulary, device=probabilities.device).expand(rows, -1)
    if ids.shape[1] > EXACT_VOCABULARY:
        raise ValueError(
            f"the exact Fisher needs a backward pass for every target position and each of {ids.shape[1]} vocabulary "
            f'entries; at most {EXACT_VOCABULARY} entries are allowed. Choose fisher="true", which estimates it '
            "without bias"
        )
    for position in targets.any(dim=0).nonzero()[:, 0].tolist():
        p = probabilities[:, position]  # (B, V), zero in rows without a target here
        for column in ids.T:  # (B,), one output of every row
            direction = torch.zeros_like(probabilities)
            chosen = column[:, None]
            minus_one = -torch.ones_like(chosen, dtype=p.dtype)
            direction[:, position] = p.scatter_add(1, chosen, minus_one) * p.gather(1, chosen).sqrt()
            yield direction


def draw_labels(
    logits: Float[Tensor, "B S V"], labels: Int[Tensor, "B S"], batch: Batch, *, seed: int
) -> Int[Tensor, "B S"]:
    """One label from the model's own distribution at every target (B, S); −100 elsewhere."""
    drawn = torch.full_like(labels, IGNORED)
    for row in range(labels.shape[0]):
        targets = labels[row] != IGNORED
        if targets.any():
            tokens = batch["input_ids"][row][batch["attention_mask"][row].bool()]
            generator = torch.Generator().manual_seed(_sequence_seed(tokens, seed))
            probabilities = logits[row, targets].double().softmax(dim=-1).cpu()
            drawn[row, targets] = torch.multinomial(probabilities, 1, generator=generator)[:, 0].to(drawn.device)
    return drawn


def _sequence_seed(tokens: Tensor, seed: int) -> int:
    digest = hashlib.sha256(tokens.cpu().numpy().tobytes() + seed.to_bytes(8, "little")).digest()
    return int.from_bytes(digest[:7], "little")
