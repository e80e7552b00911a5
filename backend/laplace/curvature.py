"""Kronecker factors of the Fisher of every LoRA matrix, as sums that merge exactly over batches and workers.

For a matrix W (o, i) with input a_t and output gradient g_t at position t, KFAC-expand (Eschenhagen et al.,
arXiv 2311.00636, eq. 8) reads F ≈ (Σ_t a_t a_tᵀ) ⊗ (Σ_t g_t g_tᵀ) / N over the N positions that are not padding.
The product ignores how positions correlate, so its trace can be far off; the exact trace Σ_s E‖Σ_t g_t a_tᵀ‖² over
sequences s costs one einsum here, and the posterior scales each block to it.

Gradients are of −log p of labels drawn from the model itself, one a target token (the true Fisher), drawn from a
generator seeded by the sequence's own tokens: the factors do not depend on batch size, padding or order.
Knows nothing of priors or of how the sums are used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import torch
from peft import PeftModel
from torch import Tensor, nn

from backend.laplace.lora import LoraPair, find_pairs, named_matrices

IGNORED = -100  # label without loss, as in torch.nn.functional.cross_entropy
Fisher = Literal["true", "empirical"]
Batch = Mapping[str, Tensor]


@dataclass
class FisherSums:
    """Additive statistics of a data set.

    Attributes:
        inputs: group → Σ a aᵀ (i, i), float64; matrices that read the same input share a group.
        gradients: matrix → Σ g gᵀ (o, o), float64.
        traces: matrix → Σ_s ‖Σ_t g_t a_tᵀ‖², an unbiased estimate of the exact Fisher's trace.
        input_group: matrix → its group in `inputs`.
        positions: N, positions that are not padding. targets: tokens with a loss. sequences: rows of the batches.
    """

    inputs: dict[str, Tensor] = field(default_factory=dict)
    gradients: dict[str, Tensor] = field(default_factory=dict)
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
            (self.traces, other.traces),
        ):
            for name, value in theirs.items():
                mine[name] = mine[name] + value if name in mine else value
        self.positions += other.positions
        self.targets += other.targets
        self.sequences += other.sequences


def accumulate(model: PeftModel, batches: Iterable[Batch], *, fisher: Fisher = "true", seed: int = 0) -> FisherSums:
    """Sums over all batches; see `batch_sums`."""
    sums = FisherSums()
    for batch in batches:
        sums.merge(batch_sums(model, batch, fisher=fisher, seed=seed))
    return sums


def batch_sums(model: PeftModel, batch: Batch, *, fisher: Fisher = "true", seed: int = 0) -> FisherSums:
    """Sums of one padded batch.

    Args:
        model: in evaluation mode (dropout would blur the curvature); its LoRA matrices must require gradients.
        batch: `input_ids`, `attention_mask`, optional `position_ids` (B, T); `labels` (B, S) for the last S ≤ T
            positions, −100 where there is no loss.
        fisher: labels drawn from the model ("true") or the given ones ("empirical").
        seed: of the drawn labels.

    Raises:
        ValueError: the model is in training mode.
    """
    if model.training:
        raise ValueError("put the model in evaluation mode (model.eval()) before fitting its curvature")
    pairs = find_pairs(model)
    matrices = named_matrices(pairs)
    mask = batch["attention_mask"].bool()  # (B, T)
    with _recorded(pairs) as records:
        logits, labels = target_logits(model, batch)  # (B, S, V), (B, S)
        chosen = draw_labels(logits.detach(), labels, batch, seed=seed) if fisher == "true" else labels
        loss = nn.functional.cross_entropy(
            logits.flatten(0, 1), chosen.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        loss.backward()
    for matrix in matrices.values():
        matrix.weight.grad = None
    sums = _sum_records(records, mask)
    sums.positions, sums.sequences = int(mask.sum()), mask.shape[0]
    sums.targets = int((labels != IGNORED).sum())
    return sums


def target_logits(model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
    """Float32 (or wider) logits that predict the labels, computed at these positions only, and the labels.

    Returns:
        logits (B, S, V) and labels (B, S); where S equals T the first label has no predecessor and is dropped.
    """
    labels = batch["labels"]
    if labels.shape[1] == batch["input_ids"].shape[1]:
        labels = labels[:, 1:]
    keep = labels.shape[1] + 1
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask", "position_ids") if name in batch}
    logits = model(**inputs, logits_to_keep=keep, use_cache=False).logits[:, -keep:-1]
    return (logits if logits.dtype == torch.float64 else logits.float()), labels


def draw_labels(logits: Tensor, labels: Tensor, batch: Batch, *, seed: int) -> Tensor:
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


@dataclass
class _Record:
    """Input (B, T, i) and output gradient (B, T, o) of one matrix in one backward pass.

    `source` is the tensor that the adapted layer read; PEFT may hand each of its matrices an own copy in float32.
    """

    inputs: Tensor
    source: Tensor
    gradients: Tensor | None = None


@contextmanager
def _recorded(pairs: list[LoraPair]) -> Iterator[dict[str, _Record]]:
    records: dict[str, _Record] = {}
    handles = []
    for pair in pairs:
        read: list[Tensor] = []
        handles += [
            pair.layer.register_forward_pre_hook(lambda module, args, read=read: read.append(args[0].detach())),
            pair.matrix_a.register_forward_hook(_recorder(f"{pair.name}.A", records, read)),
            pair.matrix_b.register_forward_hook(_recorder(f"{pair.name}.B", records, None)),
        ]
    try:
        yield records
    finally:
        for handle in handles:
            handle.remove()


def _recorder(name: str, records: dict[str, _Record], read: list[Tensor] | None):
    def record(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        own = inputs[0].detach()
        entry = records[name] = _Record(inputs=own, source=own if read is None else read[-1])

        def keep(gradient: Tensor) -> None:
            entry.gradients = gradient

        output.register_hook(keep)

    return record


def _sum_records(records: dict[str, _Record], mask: Tensor) -> FisherSums:
    sums = FisherSums()
    groups: dict[tuple[int, torch.Size], str] = {}  # one tensor read by several matrices is summed once
    keep = mask[..., None]
    for name, record in records.items():
        inputs = (record.inputs * keep).to(_accurate(record.inputs))
        gradients = torch.zeros_like(keep, dtype=inputs.dtype) if record.gradients is None else record.gradients
        gradients = (gradients * keep).to(inputs.dtype)
        group = groups.setdefault((record.source.data_ptr(), record.inputs.shape), name)
        sums.input_group[name] = group
        if group == name:
            sums.inputs[name] = _second_moment(inputs)
        sums.gradients[name] = _second_moment(gradients)
        by_sequence = torch.einsum("bto,bti->boi", gradients, inputs)
        sums.traces[name] = float(by_sequence.double().square().sum())
    return sums


def _second_moment(rows: Tensor) -> Tensor:
    flat = rows.flatten(0, 1)
    return (flat.T @ flat).double()


def _accurate(tensor: Tensor) -> torch.dtype:
    return torch.float64 if tensor.dtype == torch.float64 else torch.float32
