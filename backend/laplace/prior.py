"""Choose the prior precision λ by the negative log-likelihood of held-out tokens.

The evidence (`evidence.py`) is not asked: on a real adapter it chose λ = 10 and doubled the held-out NLL. The search
starts at P/‖θ*‖² (the precision at which the prior's expected squared norm is that of the weights), walks by a
constant factor to the side that improves, and stops when both neighbours of the best are worse. The same noise is
used at every λ. A posterior with prior ratios keeps them: the search then scales all of them together.
Knows nothing of files or of what the tokens mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from peft import PeftModel
from torch import Tensor

from backend.laplace.labels import NO_TARGETS, Batch
from backend.laplace.lora import find_pairs, squared_norms
from backend.laplace.posterior import Posterior
from backend.laplace.scores import draw_deviations, predictive_sums

#: Differences of held-out NLL that no affordable set can tell apart; of such λ the smallest says most about doubt.
NOISE_NATS = 0.001


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Held-out figures of one predictive.

    Attributes:
        prior_precision: λ; infinite for the MAP weights alone.
        nll_nats: mean negative log-likelihood of a token.
        confidences: probability of the likeliest token, for each token; `hits`: whether it was right.
        temperature: T of the predictive.
        plain_nll_nats: the same at T = 1, where that was among the temperatures tried.
    """

    prior_precision: float
    nll_nats: float
    confidences: tuple[float, ...]
    hits: tuple[bool, ...]
    temperature: float = 1.0
    plain_nll_nats: float | None = None


@dataclass(frozen=True, slots=True)
class PriorChoice:
    """MAP, MAP at its best temperature, and every λ that was tried, in increasing order, each at its best temperature.

    `best` is the widest posterior among those that predict as well as the best one.
    """

    map: HeldOut
    map_tempered: HeldOut
    curve: tuple[HeldOut, ...]

    @property
    def best(self) -> HeldOut:
        """The smallest λ whose NLL is within `NOISE_NATS` of the lowest one, and not worse than MAP if any is not."""
        lowest = min(point.nll_nats for point in self.curve)
        limit = max(lowest, min(lowest + NOISE_NATS, self.map.nll_nats))
        return next(point for point in self.curve if point.nll_nats <= limit)

    @property
    def is_worse_than_map(self) -> bool:
        """Whether even the best posterior predicts held-out tokens worse than θ* alone."""
        return self.best.nll_nats > self.map.nll_nats


def choose_prior(
    model: PeftModel,
    posterior: Posterior,
    batches: Sequence[Batch],
    *,
    samples: int = 8,
    seed: int = 0,
    factor: float = math.sqrt(10.0),
    start: float | None = None,
    most_points: int = 9,
    temperatures: Sequence[float] = (1.0,),
    on_point: Callable[[HeldOut], None] = lambda point: None,
) -> PriorChoice:
    """Search λ; see the module's docstring.

    Args:
        batches: held-out data, never used for the factors.
        samples: K, logit samples (half as many tangents).
        factor: between neighbouring λ.
        start: first λ; P/‖θ*‖² by default.
        most_points: evaluations at most.
        temperatures: T that are tried at every λ; a posterior widens the predictive, which an adapter that is not
            over-confident can only bear at T < 1.
        on_point: told each evaluated λ.

    Raises:
        ValueError: no token of the batches has a label.
    """
    options = {"samples": samples, "seed": seed}
    map_point = evaluate_tempered(model, posterior, batches, prior_precision=math.inf, temperatures=(1.0,), **options)
    tempered = evaluate_tempered(
        model, posterior, batches, prior_precision=math.inf, temperatures=temperatures, **options
    )
    on_point(map_point)
    on_point(tempered)
    if start is None:
        start = posterior.parameter_count() / max(weighted_norm(model, posterior), 1e-12)
    tried: dict[int, HeldOut] = {}

    def value(step: int) -> float:
        if step not in tried:
            precision = start * factor**step
            tried[step] = evaluate_tempered(
                model, posterior, batches, prior_precision=precision, temperatures=temperatures, **options
            )
            on_point(tried[step])
        return tried[step].nll_nats

    best = 0
    while len(tried) < most_points:
        neighbour = min((best - 1, best, best + 1), key=value)
        if neighbour == best:
            break
        best = neighbour
    return PriorChoice(map=map_point, map_tempered=tempered, curve=tuple(tried[step] for step in sorted(tried)))


def evaluate_tempered(
    model: PeftModel,
    posterior: Posterior,
    batches: Sequence[Batch],
    *,
    prior_precision: float,
    samples: int,
    seed: int,
    temperatures: Sequence[float],
) -> HeldOut:
    """Held-out figures at one λ and the best of the temperatures, which divide every logit sample.

    Raises:
        ValueError: no token of the batches has a label.
    """
    deviations = {}
    if math.isfinite(prior_precision):
        deviations = draw_deviations(posterior.with_prior(prior_precision), samples=samples, seed=seed)
    columns: list[list[tuple[float, float, bool]]] = [[] for _ in temperatures]
    for batch in batches:
        by_temperature = predictive_sums(model, batch, deviations, temperatures=temperatures)
        for column, rows in zip(columns, by_temperature, strict=True):
            for sums in rows:
                top = sums.predictive().max(dim=-1)
                hits = (top.indices == sums.index[:, 0]).tolist()
                column.extend(zip(sums.log_likelihood().tolist(), top.values.tolist(), hits, strict=True))
    if not columns[0]:
        raise ValueError(NO_TARGETS)
    points = []
    for temperature, column in zip(temperatures, columns, strict=True):
        log_likelihoods, confidences, hits = zip(*column, strict=True)
        nll = -sum(log_likelihoods) / len(log_likelihoods)
        points.append(HeldOut(prior_precision, nll, confidences, hits, temperature))
    plain = next((point.nll_nats for point in points if point.temperature == 1.0), None)
    return replace(min(points, key=lambda point: point.nll_nats), plain_nll_nats=plain)


def weighted_norm(model: PeftModel, posterior: Posterior) -> float:
    """Σ_m ρ_m‖θ*_m‖² over the matrices that have a posterior."""
    norms = squared_norms(find_pairs(model))
    return sum(posterior.prior_ratios.get(name, 1.0) * norms[name] for name in posterior.blocks)


def evaluate(
    model: PeftModel,
    posterior: Posterior,
    batches: Sequence[Batch],
    *,
    prior_precision: float,
    samples: int,
    seed: int,
    temperature: float = 1.0,
) -> HeldOut:
    """Held-out figures at one λ; an infinite λ is the MAP predictive.

    Args:
        temperature: T of the predictive, p^(1/T) made to sum to one; 1 leaves it alone.

    Raises:
        ValueError: no token of the batches has a label.
    """
    likelihoods, confidences, hits = [], [], []
    predictives = log_predictives(
        model, posterior, batches, prior_precision=prior_precision, samples=samples, seed=seed
    )
    for log_p, token_ids in predictives:
        if temperature != 1.0:
            log_p = (log_p / temperature).log_softmax(dim=-1)
        likelihoods.append(log_p.gather(1, token_ids[:, None])[:, 0].double())
        top = log_p.max(dim=-1)
        confidences.extend(top.values.exp().tolist())
        hits.extend((top.indices == token_ids).tolist())
    if not confidences:
        raise ValueError(NO_TARGETS)
    nll = -float(torch.cat(likelihoods).mean())
    return HeldOut(prior_precision, nll, tuple(confidences), tuple(hits))


def log_predictives(
    model: PeftModel,
    posterior: Posterior,
    batches: Sequence[Batch],
    *,
    prior_precision: float,
    samples: int,
    seed: int,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Log of the predictive (S, V) and the tokens (S,) of every sequence; of MAP where λ is infinite."""
    deviations = {}
    if math.isfinite(prior_precision):
        deviations = draw_deviations(posterior.with_prior(prior_precision), samples=samples, seed=seed)
    for batch in batches:
        for sums in predictive_sums(model, batch, deviations)[0]:
            predictive = sums.predictive()
            yield predictive.clamp_min(torch.finfo(predictive.dtype).tiny).log(), sums.index[:, 0]
