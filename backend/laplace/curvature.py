"""Statistics of the Fisher of every LoRA matrix, as sums that merge exactly over batches and workers.

For a matrix W (o, i) with input a_t and output gradient g_t at position t, KFAC-expand (Eschenhagen et al.,
arXiv 2311.00636, eq. 8) reads F ≈ (Σ_t a_t a_tᵀ) ⊗ (Σ_t g_t g_tᵀ) / N over the N positions that are not padding.
The product ignores how positions correlate, so its trace can be far off; the exact diagonal Σ_s E[G_s ∘ G_s] with
G_s = Σ_t g_t a_tᵀ over sequences s costs one einsum here, and the posterior scales each block to its sum.

Gradients are of −log p of labels drawn from the model itself, one a target token (the true Fisher), drawn from a
generator seeded by the sequence's own tokens: the sums do not depend on batch size, padding or order. `labels.py`
has the other kinds. Knows nothing of priors or of how the sums are used.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
from peft import PeftModel
from torch import Tensor

from backend.laplace.labels import IGNORED, Batch, Fisher, draw_labels, logit_directions, target_logits
from backend.laplace.lora import find_pairs
from backend.laplace.low_rank import LowRankSum, sum_rows
from backend.laplace.packing import unpack
from backend.laplace.recording import Record, masked, output_gradients, recorded, sequence_gradients

__all__ = [
    "IGNORED",
    "Batch",
    "FactorLimit",
    "Fisher",
    "FisherSums",
    "accumulate",
    "batch_sums",
    "draw_labels",
    "target_logits",
]

Factor = Tensor | LowRankSum


@dataclass(frozen=True, slots=True)
class FactorLimit:
    """Factors of more than `max_dense` rows are kept as sums of rank `rank`; no such matrix is formed."""

    max_dense: int
    rank: int = 64


@dataclass
class FisherSums:
    """Additive statistics of a data set, on the CPU wherever the model runs.

    Attributes:
        inputs: group → Σ a aᵀ (i, i), float64; matrices that read the same input share a group.
        gradients: matrix → Σ g gᵀ (o, o), float64.
        diagonals: matrix → Σ_s G_s ∘ G_s (o, i), float64: an unbiased estimate of the exact Fisher's diagonal.
        traces: matrix → the sum of its diagonal.
        input_group: matrix → its group in `inputs`.
        positions: N, positions that are not padding. targets: tokens with a loss. sequences: rows of the batches.
    """

    inputs: dict[str, Factor] = field(default_factory=dict)
    gradients: dict[str, Factor] = field(default_factory=dict)
    diagonals: dict[str, Tensor] = field(default_factory=dict)
    traces: dict[str, float] = field(default_factory=dict)
    input_group: dict[str, str] = field(default_factory=dict)
    positions: int = 0
    targets: int = 0
    sequences: int = 0

    def merge(self, other: FisherSums) -> None:
        """Add the sums of other data, fitted on the same model (in this or another process)."""
        if self.input_group and other.input_group and self.input_group != other.input_group:
            raise ValueError("the sums are of different models: their matrices or shared inputs differ")
        self.input_group.update(other.input_group)
        for mine, theirs in (
            (self.inputs, other.inputs),
            (self.gradients, other.gradients),
            (self.diagonals, other.diagonals),
            (self.traces, other.traces),
        ):
            for name, value in theirs.items():
                add_to(mine, name, value)
        self.positions += other.positions
        self.targets += other.targets
        self.sequences += other.sequences


def add_to(totals: dict, name: str, value: object) -> None:
    """Add to a named total that may not have begun."""
    totals[name] = totals[name] + value if name in totals else value


def accumulate(
    model: PeftModel,
    batches: Iterable[Batch],
    *,
    fisher: Fisher = "true",
    seed: int = 0,
    limit: FactorLimit | None = None,
) -> FisherSums:
    """Sums over all batches; see `batch_sums`."""
    sums = FisherSums()
    for batch in batches:
        sums.merge(batch_sums(model, batch, fisher=fisher, seed=seed, limit=limit))
    return sums


def batch_sums(
    model: PeftModel,
    batch: Batch,
    *,
    fisher: Fisher = "true",
    seed: int = 0,
    limit: FactorLimit | None = None,
) -> FisherSums:
    """Sums of one padded batch.

    Args:
        model: in evaluation mode (dropout would blur the curvature); its LoRA matrices must require gradients.
        batch: `input_ids`, `attention_mask`, optional `position_ids` (B, T); `labels` (B, S) for the last S ≤ T
            positions, −100 where there is no loss. Padding may stand on either side. With `class_ids` (B, C) the
            likelihood is over these vocabulary entries alone (`labels.py`). Rows of several packed sequences are told
            by `segment_ids` or by `position_ids` that start again, and taken apart (`packing.py`).
        fisher: labels drawn from the model ("true"), the given ones ("empirical"), or all of a small vocabulary,
            weighted by their probability ("exact": S·V backward passes).
        seed: of the drawn labels.
        limit: keeps large factors low-rank; all are whole by default.

    Raises:
        ValueError: the model is in training mode, its LoRA matrices are frozen, a label stands right after padding, or
            the vocabulary is too large for "exact".
    """
    if model.training:
        raise ValueError("put the model in evaluation mode (model.eval()) before fitting its curvature")
    batch = unpack(batch)
    mask = batch["attention_mask"].bool()  # (B, T)
    sums = FisherSums(positions=int(mask.sum()), sequences=mask.shape[0])
    with recorded(find_pairs(model)) as records:
        logits, labels = target_logits(model, batch)  # (B, S, V), (B, S)
    inputs = {name: masked(record.inputs, mask) for name, record in records.items()}
    _add_inputs(sums, records, inputs, limit)
    for direction in logit_directions(logits.detach(), labels, batch, fisher=fisher, seed=seed):
        for name, gradients in output_gradients(records, logits, direction).items():
            _add_gradients(sums, name, inputs[name], masked(gradients, mask), limit)
    sums.targets = int((labels != IGNORED).sum())
    return sums


def _add_inputs(
    sums: FisherSums, records: dict[str, Record], inputs: dict[str, Tensor], limit: FactorLimit | None
) -> None:
    groups: dict[tuple[int, torch.Size], str] = {}  # one tensor read by several matrices is summed once
    for name, record in records.items():
        group = groups.setdefault((record.source.data_ptr(), record.inputs.shape), name)
        sums.input_group[name] = group
        if group == name:
            sums.inputs[name] = _second_moment(inputs[name], limit)


def _add_gradients(sums: FisherSums, name: str, inputs: Tensor, gradients: Tensor, limit: FactorLimit | None) -> None:
    gradients = gradients.to(inputs.dtype)
    diagonal = sequence_gradients(inputs, gradients).cpu().double().square().sum(dim=0)
    add_to(sums.gradients, name, _second_moment(gradients, limit))
    add_to(sums.diagonals, name, diagonal)
    add_to(sums.traces, name, float(diagonal.sum()))


def _second_moment(rows: Tensor, limit: FactorLimit | None) -> Factor:
    flat = rows.flatten(0, 1)
    if limit is not None and flat.shape[1] > limit.max_dense:
        return sum_rows(flat, rank=limit.rank)
    return (flat.T @ flat).cpu().double()
