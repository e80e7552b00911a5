"""J·δ for every token and the whole vocabulary: how the logits move along a deviation δ of the LoRA weights.

Two routes that must agree:

- `exact_tangents`: forward-mode differentiation (`torch.func.jvp`), one pass of about two forwards a deviation. The
  reference. Fused attention has no forward-mode rule, so it runs with plain attention (`attention.py`).
- `stacked_tangents`: the rows θ*, θ*+εδ₁, …, θ*+εδ_M in one ordinary batch, base products shared, low-rank products
  by `bmm`; the differences divided by ε. First order in ε: the error falls with it until rounding takes over. Layers
  below the first adapted one are the same in all rows and are computed once.

Matrices that the deviations do not name stay at θ*. A base model in half precision is run in float32 here
(`precision.py`): a difference of bfloat16 logits would be rounding noise.

Knows nothing of how deviations are drawn or what the tangents are used for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from peft import PeftModel
from torch import Tensor, nn

from backend.errors import ModelError
from backend.laplace.attention import plain_attention_in
from backend.laplace.curvature import Batch, target_logits
from backend.laplace.lora import LoraPair, find_pairs, named_matrices
from backend.laplace.precision import float32_in

Deviations = Mapping[str, Tensor]  # matrix name → (M, o, i)
EPSILON = 0.01
ROWS_AT_ONCE = 4  # deviations in one stacked batch: memory stays flat in their number


def exact_tangents(model: PeftModel, batch: Batch, deviations: Deviations) -> tuple[Tensor, Tensor]:
    """Logits at θ* and their exact directional derivatives.

    Args:
        model: in evaluation mode.
        batch: as for `target_logits`; labels (B, S).
        deviations: M of them.

    Returns:
        logits (B, S, V) and tangents (M, B, S, V).

    Raises:
        ModelError: an operation of this architecture has no forward-mode rule.
    """
    parameters, directions = _primals(model, deviations)

    def run(values: dict[str, Tensor]) -> Tensor:
        with _swapped(model, values):
            return target_logits(model, batch)[0]

    tangents = []
    with plain_attention_in(model.get_base_model()), float32_in(model), torch.no_grad():
        for row in range(next(iter(deviations.values())).shape[0]):
            direction = {name: value[row] for name, value in directions.items()}
            try:
                logits, tangent = torch.func.jvp(run, (parameters,), (direction,))
            except (NotImplementedError, RuntimeError) as error:
                raise ModelError(
                    "laplace.no_forward_mode",
                    "This model has no exact tangents: {detail}. Use the stacked route, or a model all of whose "
                    "layers support forward-mode differentiation.",
                    detail=str(error).splitlines()[0][:200],
                ) from error
            tangents.append(tangent)
    return logits, torch.stack(tangents)


def stacked_tangents(
    model: PeftModel,
    batch: Batch,
    deviations: Deviations,
    *,
    epsilon: float = EPSILON,
    rows_at_once: int = ROWS_AT_ONCE,
) -> tuple[Tensor, Tensor]:
    """Logits at θ* (B, S, V) and all M tangents (M, B, S, V) at once; see `stacked_chunks`."""
    chunks = list(stacked_chunks(model, batch, deviations, epsilon=epsilon, rows_at_once=rows_at_once))
    return chunks[0][0], torch.cat([tangents for _, tangents in chunks])


def stacked_chunks(
    model: PeftModel,
    batch: Batch,
    deviations: Deviations,
    *,
    epsilon: float = EPSILON,
    rows_at_once: int = ROWS_AT_ONCE,
) -> Iterator[tuple[Tensor, Tensor]]:
    """One-sided differences along the deviations, a few deviations at a time; see the module's docstring.

    Args:
        epsilon: step; 0.01 gives under 1 % error on the default model (the exact route checks it).
        rows_at_once: deviations in one batch; memory is flat in their total number M.

    Yields:
        logits at θ* (B, S, V) and tangents (≤ rows_at_once, B, S, V).
    """
    pairs = find_pairs(model)
    _check_names(pairs, deviations)
    pairs = [pair for pair in pairs if deviations.keys() & {f"{pair.name}.A", f"{pair.name}.B"}]
    count = next(iter(deviations.values())).shape[0]
    for start in range(0, count, rows_at_once):
        part = {name: value[start : start + rows_at_once] for name, value in deviations.items()}
        rows = next(iter(part.values())).shape[0]
        stacking = _stacked_rows(model, pairs, part, epsilon, batch["input_ids"].shape[0])
        with torch.no_grad(), float32_in(model), stacking:
            stacked = target_logits(model, batch)[0].unflatten(0, (rows + 1, -1))  # (1 + rows, B, S, V)
        yield stacked[0], (stacked[1:] - stacked[0]) / epsilon


@contextmanager
def _stacked_rows(
    model: PeftModel, pairs: list[LoraPair], deviations: Deviations, epsilon: float, batch_size: int
) -> Iterator[None]:
    """While active, the first adapted decoder layer repeats its input 1 + M times and the adapters differ by row."""
    rows = 1 + next(iter(deviations.values())).shape[0]
    repeat = _repeater(rows, batch_size)
    handles = [layer.register_forward_pre_hook(repeat, with_kwargs=True) for layer in _layers_to_widen(model, pairs)]
    originals = {}
    for pair in pairs:
        originals[pair.name] = pair.layer.__dict__.get("forward")
        pair.layer.forward = _stacked_forward(pair, deviations, epsilon)
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
        for pair in pairs:
            del pair.layer.forward
            if originals[pair.name] is not None:
                pair.layer.forward = originals[pair.name]


def _stacked_forward(pair: LoraPair, deviations: Deviations, epsilon: float) -> Callable[..., Tensor]:
    """Forward of one adapted layer whose rows are θ*, θ*+εδ₁, …, each for the whole batch."""
    rows = 1 + next(iter(deviations.values())).shape[0]
    weights = []
    for matrix, name in ((pair.matrix_a, f"{pair.name}.A"), (pair.matrix_b, f"{pair.name}.B")):
        weight = _at_least_float32(matrix.weight.detach())
        stacked = weight.expand(rows, -1, -1).clone()  # (1 + M, o, i)
        if name in deviations:
            stacked[1:] += epsilon * deviations[name].to(weight)
        weights.append(stacked.transpose(1, 2))  # (1 + M, i, o)
    stacked_a, stacked_b = weights
    base = pair.layer.get_base_layer()

    def forward(inputs: Tensor, *args: object, **kwargs: object) -> Tensor:
        result = base(inputs)  # (rows·B, T, o)
        flat = inputs.to(stacked_a.dtype).reshape(rows, -1, inputs.shape[-1])  # (rows, B·T, i)
        low = torch.bmm(torch.bmm(flat, stacked_a), stacked_b) * pair.scaling
        return result + low.view(result.shape).to(result.dtype)

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


def _layers_to_widen(model: PeftModel, pairs: list[LoraPair]) -> list[nn.Module]:
    """Decoder layers from the first adapted one on."""
    layers = decoder_layers(model)
    names = {id(module): name for name, module in model.named_modules()}
    adapted = [
        index
        for index, layer in enumerate(layers)
        if any(pair.name.startswith(names[id(layer)] + ".") for pair in pairs)
    ]
    if not adapted:
        raise ModelError(
            "laplace.unsupported",
            "No posterior can be fitted or used: {what}. {remedy}",
            what="adapted modules lie outside the decoder layers",
            remedy="Restrict target_modules to linear layers of the decoder.",
        )
    return list(layers)[adapted[0] :]


def decoder_layers(model: PeftModel) -> nn.ModuleList:
    """The model's list of decoder layers: the longest `nn.ModuleList` that is not inside another one."""
    lists = [module for module in model.modules() if isinstance(module, nn.ModuleList)]
    return max(lists, key=len)


def _primals(model: PeftModel, deviations: Deviations) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    pairs = find_pairs(model)
    _check_names(pairs, deviations)
    matrices = named_matrices(pairs)
    parameters = {name: _at_least_float32(matrices[name].weight.detach()) for name in deviations}
    return parameters, {name: deviations[name].to(parameters[name]) for name in parameters}


def _at_least_float32(weight: Tensor) -> Tensor:
    return weight.to(torch.promote_types(weight.dtype, torch.float32))


def _check_names(pairs: list[LoraPair], deviations: Deviations) -> None:
    if not deviations or not set(deviations) <= set(named_matrices(pairs)):
        raise ValueError("the deviations are of another adapter: their matrices differ from the model's")


@contextmanager
def _swapped(model: PeftModel, values: dict[str, Tensor]) -> Iterator[None]:
    """Put tensors (with tangents) in the place of the LoRA weights for the time of one forward pass."""
    matrices = {name: matrix for name, matrix in named_matrices(find_pairs(model)).items() if name in values}
    kept = {name: matrix._parameters.pop("weight") for name, matrix in matrices.items()}
    for name, matrix in matrices.items():
        matrix.weight = values[name]
    try:
        yield
    finally:
        for name, matrix in matrices.items():
            del matrix.weight
            matrix._parameters["weight"] = kept[name]
