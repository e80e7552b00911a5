"""J·δ for every token and the whole vocabulary: how the logits move along a deviation δ of the LoRA weights.

Two routes that must agree:

- `exact_tangents`: forward-mode differentiation (`torch.func.jvp`), one pass of about two forwards a deviation. The
  reference. Fused attention has no forward-mode rule, so it runs with plain attention (`attention.py`).
- `stacked_tangents`: the rows θ*, θ*+εδ₁, …, θ*+εδ_M in one ordinary batch (`stacking.py`); the differences divided
  by ε. First order in ε: the error falls with it until rounding takes over. `prefix.py` is the same with a cache.

Matrices that the deviations do not name stay at θ*. A base model in half precision is run in float32 here
(`precision.py`): a difference of bfloat16 logits would be rounding noise.

Knows nothing of how deviations are drawn or what the tangents are used for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Float
from peft import PeftModel
from torch import Tensor

from backend.errors import ModelError
from backend.laplace.attention import plain_attention_in
from backend.laplace.curvature import Batch, target_logits
from backend.laplace.lora import find_pairs, named_matrices
from backend.laplace.precision import float32_in
from backend.laplace.stacking import (
    Deviations,
    at_least_float32,
    check_names,
    count_rows,
    stacked_rows,
    with_map_row,
)

EPSILON = 0.01
ROWS_AT_ONCE = 4  # deviations in one stacked batch: memory stays flat in their number


def exact_tangents(
    model: PeftModel, batch: Batch, deviations: Deviations
) -> tuple[Float[Tensor, "B S V"], Float[Tensor, "M B S V"]]:
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
) -> tuple[Float[Tensor, "B S V"], Float[Tensor, "M B S V"]]:
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
        epsilon: step; 0.01 gives under 1 % error on the default model (`step.py` checks it against an exact tangent).
        rows_at_once: deviations in one batch; memory is flat in their total number M.

    Yields:
        logits at θ* (B, S, V) and tangents (≤ rows_at_once, B, S, V).
    """
    check_names(model, deviations)
    batch_size = batch["input_ids"].shape[0]
    logits = None
    for part in split_rows(deviations, rows_at_once):
        rows = part if logits is not None else with_map_row(part)  # θ* goes with the first rows only
        stacking = stacked_rows(model, rows, epsilon=epsilon, batch_size=batch_size)
        with torch.no_grad(), float32_in(model), stacking:
            stacked = target_logits(model, batch)[0].unflatten(0, (count_rows(rows), -1))  # (R, B, S, V)
        logits, tangents = differences(stacked, logits, epsilon)
        yield logits, tangents


def differences(
    stacked: Float[Tensor, "R B S V"], logits: Float[Tensor, "B S V"] | None, epsilon: float
) -> tuple[Float[Tensor, "B S V"], Float[Tensor, "M B S V"]]:
    """Logits at θ* and the differences quotients of the rows; without `logits` the first row is θ*."""
    if logits is None:
        logits, stacked = stacked[0], stacked[1:]
    return logits, (stacked - logits).div_(epsilon)


def split_rows(deviations: Deviations, rows_at_once: int) -> list[dict[str, Tensor]]:
    """The deviations in parts of at most so many rows."""
    count = count_rows(deviations)
    return [
        {name: value[start : start + rows_at_once] for name, value in deviations.items()}
        for start in range(0, count, rows_at_once)
    ]


def _primals(model: PeftModel, deviations: Deviations) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    check_names(model, deviations)
    matrices = named_matrices(find_pairs(model))
    parameters = {name: at_least_float32(matrices[name].weight.detach()) for name in deviations}
    return parameters, {name: deviations[name].to(parameters[name]) for name in parameters}


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
