"""What every LoRA matrix read and wrote in one forward pass, and the gradients at its output: per-sequence gradients.

For a matrix W (o, i) with input a_t and output gradient g_t the gradient of one sequence is Σ_t g_t a_tᵀ, so that one
backward pass over a batch gives the gradient of each of its sequences. Knows nothing of what the gradients are for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from backend.errors import ModelError
from backend.laplace.lora import LoraPair


@dataclass(frozen=True)
class Record:
    """Input (B, T, i) and output (B, T, o) of one matrix in one forward pass.

    `source` is the tensor that the adapted layer read; PEFT may hand each of its matrices an own copy in float32.
    """

    inputs: Tensor
    source: Tensor
    output: Tensor


@contextmanager
def recorded(pairs: list[LoraPair]) -> Iterator[dict[str, Record]]:
    """While active, one forward pass fills matrix name → record.

    Raises:
        ModelError: an adapted layer is called again in it, as layers that share their weights are.
    """
    records: dict[str, Record] = {}
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


def _recorder(name: str, records: dict[str, Record], read: list[Tensor] | None):
    def record(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if name in records:  # the gradient of a sequence would be that of the last call alone
            raise ModelError(
                "laplace.unsupported",
                "No posterior can be fitted or used: {what}. {remedy}",
                what=f"{name.removesuffix('.A')} is called more than once in a forward pass",
                remedy="Restrict target_modules to layers that are not shared.",
            )
        own = inputs[0].detach()
        records[name] = Record(inputs=own, source=own if read is None else read[-1], output=output)

    return record


def output_gradients(records: dict[str, Record], logits: Tensor, direction: Tensor) -> dict[str, Tensor]:
    """Gradient of ⟨direction, logits⟩ at every matrix' output (B, T, o); the graph is kept.

    Raises:
        ValueError: the LoRA matrices do not require gradients.
    """
    outputs = [record.output for record in records.values()]
    if not all(output.requires_grad for output in outputs):
        raise ValueError("the LoRA matrices must require gradients (weight.requires_grad_(True))")
    gradients = torch.autograd.grad(logits, outputs, direction, retain_graph=True, materialize_grads=True)
    return dict(zip(records, gradients, strict=True))


def masked(tensor: Tensor, mask: Bool[Tensor, "B T"]) -> Float[Tensor, "B _ _"]:
    """(B, T, ·) without padding, in float32 or wider, of (B, T, ·) or (B·T, ·). mask: (B, T).

    A tensor (B, S, ·) of the last S ≤ T positions, as an output layer reads them, is (B, S, ·) without padding.
    """
    if tensor.dim() == 3:
        mask = mask[:, -tensor.shape[1] :]
    return (tensor.reshape(*mask.shape, -1) * mask[..., None]).to(torch.promote_types(tensor.dtype, torch.float32))


def sequence_gradients(inputs: Float[Tensor, "B T i"], gradients: Float[Tensor, "B T o"]) -> Float[Tensor, "B o i"]:
    """Σ_t g_t a_tᵀ of each sequence (B, o, i) from masked inputs (B, T, i) and gradients (B, T, o)."""
    return torch.einsum("bto,bti->boi", gradients, inputs)
