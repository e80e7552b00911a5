"""R versions of one adapter in one ordinary forward pass: row r of the batch is computed with the weights θ* + ε·δ_r.

Base products are shared by all rows (one GEMM); the low-rank parts are two batched products a layer, the second of
which adds to the base product in place. Layers below the first adapted one are the same in all rows and are computed
once. A row of zeros is θ* itself. Works with any attention kernel and with a key-value cache, whose layers then hold
as many rows as were computed there.

Knows nothing of what the rows are for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from peft import PeftModel
from torch import Tensor, nn

from backend.errors import ModelError
from backend.laplace.lora import LoraPair, find_pairs, named_matrices

Deviations = Mapping[str, Tensor]  # matrix name → (M, o, i)


def count_rows(deviations: Deviations) -> int:
    """M."""
    return next(iter(deviations.values())).shape[0]


def map_row(model: PeftModel) -> dict[str, Tensor]:
    """One row at θ*: zeros for every matrix."""
    return {name: matrix.weight.new_zeros(1, *matrix.weight.shape) for name, matrix in _matrices(model).items()}


def with_map_row(deviations: Deviations) -> dict[str, Tensor]:
    """A row of zeros, which stands for θ*, before the others."""
    return {name: torch.cat([torch.zeros_like(value[:1]), value]) for name, value in deviations.items()}


def check_names(model: PeftModel, deviations: Deviations) -> None:
    """Refuse deviations of matrices that the adapter does not have, or of another shape.

    Raises:
        ValueError: they are of another adapter.
    """
    matrices = _matrices(model)
    if not deviations or not set(deviations) <= set(matrices):
        raise ValueError("the deviations are of another adapter: their matrices differ from the model's")
    for name, value in deviations.items():
        own = matrices[name].weight.shape
        if value.shape[1:] != own:
            raise ValueError(
                f"the deviations are of another adapter: those of {name} have shape {tuple(value.shape[1:])}, its "
                f"weight {tuple(own)}"
            )


@contextmanager
def stacked_rows(model: PeftModel, deviations: Deviations, *, epsilon: float, batch_size: int) -> Iterator[None]:
    """While active, a forward pass of B sequences computes R·B of them: all at the first row's weights, then the next.

    Args:
        deviations: R rows; matrices that they do not name stay at θ*.
        batch_size: B; the first adapted decoder layer repeats its input R times.
    """
    check_names(model, deviations)
    pairs = find_pairs(model)
    moved = [pair for pair in pairs if deviations.keys() & {f"{pair.name}.A", f"{pair.name}.B"}]
    rows = count_rows(deviations)
    layers = decoder_layers(model)[first_layer(model, moved) :] if rows > 1 else ()
    forwards = [_stacked_forward(pair, deviations, epsilon) for pair in moved]
    originals = [pair.layer.__dict__.get("forward") for pair in moved]
    handles = []
    try:
        repeat = _repeater(rows, batch_size)
        for layer in layers:
            handles.append(layer.register_forward_pre_hook(repeat, with_kwargs=True))
        for pair, forward in zip(moved, forwards, strict=True):
            pair.layer.forward = forward
        yield
    finally:
        for handle in handles:
            handle.remove()
        for pair, original in zip(moved, originals, strict=True):
            pair.layer.__dict__.pop("forward", None)
            if original is not None:
                pair.layer.forward = original


def decoder_layers(model: PeftModel) -> nn.ModuleList:
    """The model's list of decoder layers: the longest `nn.ModuleList` that is not inside another one."""
    lists = [module for module in model.modules() if isinstance(module, nn.ModuleList)]
    return max(lists, key=len)


def first_layer(model: PeftModel, pairs: list[LoraPair]) -> int:
    """Index of the first decoder layer that holds one of the pairs.

    Raises:
        ModelError: none of them does.
    """
    names = {id(module): name for name, module in model.named_modules()}
    for index, layer in enumerate(decoder_layers(model)):
        if any(pair.name.startswith(names[id(layer)] + ".") for pair in pairs):
            return index
    raise ModelError(
        "laplace.unsupported",
        "No posterior can be fitted or used: {what}. {remedy}",
        what="adapted modules lie outside the decoder layers",
        remedy="Restrict target_modules to linear layers of the decoder.",
    )


def at_least_float32(weight: Tensor) -> Tensor:
    """The weight itself, or a float32 copy of one in half precision."""
    return weight.to(torch.promote_types(weight.dtype, torch.float32))


def _matrices(model: PeftModel) -> dict[str, nn.Linear]:
    return named_matrices(find_pairs(model))


def _stacked_forward(pair: LoraPair, deviations: Deviations, epsilon: float) -> Callable[..., Tensor]:
    """Forward of one adapted layer: Wx + s·B_r A_r x for row r."""
    rows = count_rows(deviations)
    weights = []
    for matrix, name in ((pair.matrix_a, f"{pair.name}.A"), (pair.matrix_b, f"{pair.name}.B")):
        weight = at_least_float32(matrix.weight.detach())
        stacked = weight.expand(rows, -1, -1)
        if name in deviations:
            stacked = stacked + epsilon * deviations[name].to(weight)
        weights.append(stacked.transpose(1, 2).contiguous())  # (R, i, o)
    stacked_a, stacked_b = weights[0], weights[1] * pair.scaling
    base = pair.layer.get_base_layer()

    def forward(inputs: Tensor, *args: object, **kwargs: object) -> Tensor:
        result = base(inputs)  # (R·B, T, o)
        middle = torch.bmm(inputs.to(stacked_a.dtype).reshape(rows, -1, inputs.shape[-1]), stacked_a)  # (R, B·T, r)
        if result.dtype != stacked_b.dtype or result.requires_grad:
            return result + torch.bmm(middle, stacked_b).view(result.shape).to(result.dtype)
        result.view(rows, -1, result.shape[-1]).baddbmm_(middle, stacked_b)
        return result

    return forward


def _repeater(rows: int, batch_size: int) -> Callable[..., tuple[tuple, dict]]:
    """Pre-hook of a decoder layer that repeats each tensor whose first dimension is still the batch.

    The hidden state is repeated once, by the first such layer; masks and position embeddings come afresh from the
    model's loop to every layer.
    """

    def widen(value: object) -> object:
        if isinstance(value, tuple):
            return tuple(widen(part) for part in value)
        if isinstance(value, Tensor) and value.dim() > 1 and value.shape[0] == batch_size:
            return value.repeat(rows, *(1,) * (value.dim() - 1))
        return value

    def repeat(module: nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        return tuple(widen(value) for value in args), {name: widen(value) for name, value in kwargs.items()}

    return repeat
