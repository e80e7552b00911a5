"""Temperature scaling of the MAP and of the Laplace predictive, chosen on some tokens and measured on others.

The temperature acts on the finished predictive, p^(1/T) made to sum to one: for MAP that is softmax(f/T), for an
average of softmaxes it is "pool, then calibrate" (Rahaman & Thiery 2021, arXiv 2007.08792). Rivals of a posterior, to
be printed beside it. Knows nothing of files.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from peft import PeftModel

from backend.laplace.labels import NO_TARGETS, Batch
from backend.laplace.posterior import Posterior
from backend.laplace.prior import HeldOut, evaluate, log_predictives

TEMPERATURES = tuple(1.05**step for step in range(-10, 31))  # 0.61 … 4.3, and 1 itself


@dataclass(frozen=True, slots=True)
class Comparison:
    """Held-out figures of four predictives on the same tokens, and the temperatures of the two scaled ones."""

    map: HeldOut
    map_scaled: HeldOut
    laplace: HeldOut
    laplace_scaled: HeldOut
    map_temperature: float
    laplace_temperature: float


def best_temperature(
    model: PeftModel,
    posterior: Posterior,
    batches: Sequence[Batch],
    *,
    prior_precision: float,
    samples: int,
    seed: int = 0,
) -> tuple[float, float]:
    """Temperature of `TEMPERATURES` with the lowest NLL on these tokens, and that NLL a token.

    Args:
        prior_precision: λ; infinite for the MAP predictive.

    Raises:
        ValueError: no token of the batches has a label.
    """
    totals = torch.zeros(len(TEMPERATURES), dtype=torch.float64)
    count = 0
    predictives = log_predictives(
        model, posterior, batches, prior_precision=prior_precision, samples=samples, seed=seed
    )
    for log_p, token_ids in predictives:
        count += len(token_ids)
        for index, temperature in enumerate(TEMPERATURES):
            totals[index] += float(torch.nn.functional.cross_entropy(log_p / temperature, token_ids, reduction="sum"))
    if not count:
        raise ValueError(NO_TARGETS)
    best = int(totals.argmin())
    return TEMPERATURES[best], float(totals[best]) / count


def compare(
    model: PeftModel,
    posterior: Posterior,
    *,
    choose_on: Sequence[Batch],
    measure_on: Sequence[Batch],
    samples: int = 8,
    seed: int = 0,
) -> Comparison:
    """MAP, MAP + temperature, Laplace, and Laplace + temperature at the posterior's own λ.

    Args:
        choose_on: batches that the temperatures are chosen on. measure_on: batches that the figures are of.
    """
    figures, temperatures = [], []
    for prior in (math.inf, posterior.prior_precision):
        temperature, _ = best_temperature(
            model, posterior, choose_on, prior_precision=prior, samples=samples, seed=seed
        )
        temperatures.append(temperature)
        figures += [
            evaluate(model, posterior, measure_on, prior_precision=prior, samples=samples, seed=seed, temperature=value)
            for value in (1.0, temperature)
        ]
    return Comparison(*figures, *temperatures)
