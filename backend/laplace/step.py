"""How tangents are taken, and the check of it: the step ε of the differences against one exact tangent.

The error of one-sided differences falls with ε until rounding takes over, at a place that depends on the model, the
precision and the size of the deviations. `check_step` finds a step once for a posterior (when it is fitted, or when it
is loaded without one) and says the error; where no step is good enough tangents are taken exactly, at twice the cost.
Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import torch
from peft import PeftModel
from torch import Tensor

from backend.errors import ModelError
from backend.laplace.labels import IGNORED, NO_TARGETS, Batch, target_labels
from backend.laplace.stacking import Deviations
from backend.laplace.tangents import EPSILON, exact_tangents, split_rows, stacked_chunks, stacked_tangents

STEPS = (EPSILON, 0.003, 0.03, 0.001)  # in the order in which they are tried
TOLERANCE = 0.01  # relative error of a tangent


@dataclass(frozen=True, slots=True)
class Step:
    """How tangents are taken.

    Attributes:
        epsilon: step of the stacked differences; 0 stands for exact tangents.
        error: ‖t_ε − t‖ / ‖t‖ of one tangent over all scored logits; None where it was not checked.
        against: what `error` was measured against, "exact" tangents or a "smaller step" where there are none.
    """

    epsilon: float
    error: float | None = None
    against: str = ""

    @property
    def is_exact(self) -> bool:
        """Whether forward-mode differentiation is used."""
        return self.epsilon == 0.0

    def to_json(self) -> dict[str, object]:
        """Plain values for a posterior's record."""
        return asdict(self)


def step_from_json(values: Mapping[str, object]) -> Step:
    """The step of a record."""
    error = values.get("error")
    return Step(float(values["epsilon"]), None if error is None else float(error), str(values.get("against", "")))


DEFAULT_STEP = Step(EPSILON)


def check_step(
    model: PeftModel,
    batch: Batch,
    deviations: Deviations,
    *,
    steps: Sequence[float] = STEPS,
    tolerance: float = TOLERANCE,
) -> Step:
    """The first step whose error is within the tolerance.

    Args:
        batch: a few scored tokens are enough; what is predicted at other positions does not count.
        deviations: of which the first is used.

    Returns:
        the exact route where no step holds; where the model has no exact tangents, the step that changes least when it
        is halved.

    Raises:
        ValueError: no token of the batch has a label.
    """
    scored = target_labels(batch) != IGNORED  # (B, S)
    if not bool(scored.any()):
        raise ValueError(NO_TARGETS)
    one = {name: value[:1] for name, value in deviations.items()}
    try:
        exact = exact_tangents(model, batch, one)[1][:, scored]
    except ModelError:
        return _least_changing(model, batch, one, steps, scored)
    for epsilon in steps:
        error = relative_error(stacked_tangents(model, batch, one, epsilon=epsilon)[1][:, scored], exact)
        if error <= tolerance:
            return Step(epsilon, error, "exact")
    return Step(0.0, 0.0, "exact")


def take_chunks(model: PeftModel, batch: Batch, deviations: Deviations, step: Step) -> Iterator[tuple[Tensor, Tensor]]:
    """Logits and tangents, a few deviations at a time, as `stacked_chunks` yields them."""
    if not step.is_exact:
        yield from stacked_chunks(model, batch, deviations, epsilon=step.epsilon)
        return
    for part in split_rows(deviations, 1):
        yield exact_tangents(model, batch, part)


def take_tangents(model: PeftModel, batch: Batch, deviations: Deviations, step: Step) -> tuple[Tensor, Tensor]:
    """Logits at θ* (B, S, V) and all M tangents (M, B, S, V) at once."""
    chunks = list(take_chunks(model, batch, deviations, step))
    return chunks[0][0], torch.cat([tangents for _, tangents in chunks])


def relative_error(found: Tensor, reference: Tensor) -> float:
    """‖found − reference‖ / ‖reference‖; 0 where both vanish."""
    norm = float(reference.norm())
    return float((found - reference).norm()) / norm if norm else float(found.norm())


def _least_changing(model: PeftModel, batch: Batch, one: Deviations, steps: Sequence[float], scored: Tensor) -> Step:
    """First order: t_ε − t ≈ 2 (t_ε − t_{ε/2}), so that halving a step tells its error without a reference."""
    tried = []
    for epsilon in steps:
        whole, half = (
            stacked_tangents(model, batch, one, epsilon=value)[1][:, scored] for value in (epsilon, epsilon / 2)
        )
        tried.append(Step(epsilon, 2.0 * relative_error(whole, half), "smaller step"))
    return min(tried, key=lambda step: step.error)
