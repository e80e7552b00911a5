"""Logit samples of the summary's tokens from sources of doubt beside the posterior, and what they say.

In: a model and a batch of one sequence. Out: samples as logits at θ* plus differences, or as logits; from these the
mutual information of each token. All of them go through the same sums, so that only the source differs:

- perturbation: δ ~ N(0, σ²·rms(θ)²·I) on the adapter's weights, pushed through the linearised network (the idea of
  TokUR, Zhang et al. 2025, arXiv 2505.11737, on the weights that the posterior has: its ablation, a Σ without data);
- dropout: a mask on what the adapter's layers read (the MC dropout of the Laplace-LoRA paper);
- ensemble: the same text under other adapters.

Knows nothing of text, phrases or labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from peft import PeftModel
from torch import Tensor, nn

from backend.laplace.labels import Batch, target_logits
from backend.laplace.lora import find_pairs, named_matrices
from backend.laplace.step import Step, take_tangents


@dataclass(frozen=True)
class Spread:
    """What K samples of the logits of S tokens say, each (S,).

    Attributes:
        mutual_information_nats: entropy of the mean prediction minus mean entropy.
        entropy_nats: of the mean prediction.
        surprisal_nats: −log of the token's mean probability.
        logit_variance: of the token's logit.
        log_p_deviation: standard deviation of the token's log-probability.
    """

    mutual_information_nats: Tensor
    entropy_nats: Tensor
    surprisal_nats: Tensor
    logit_variance: Tensor
    log_p_deviation: Tensor


def columns_of(spread: Spread, margin: Tensor) -> dict[str, Tensor]:
    """What a spread says of each token, also against the margin (S,) by which the token leads; name → (S,)."""
    return {
        "neg_log_p": spread.surprisal_nats,
        "entropy": spread.entropy_nats,
        "mutual_information": spread.mutual_information_nats,
        "logit_variance": spread.logit_variance,
        "logit_deviation_over_margin": spread.logit_variance.sqrt() / (1.0 + margin.abs()),
        "log_p_deviation": spread.log_p_deviation,
        "log_p_deviation_over_margin": spread.log_p_deviation / (1.0 + margin.abs()),
    }


def spread_of(samples: Iterator[Tensor] | Sequence[Tensor], token_ids: Tensor) -> Spread:
    """The spread of logit samples (S, V), taken one by one."""
    index, count = token_ids[:, None], 0
    mean: Tensor | float = 0.0
    expected: Tensor | float = 0.0
    logits, log_ps = [], []
    for sample in samples:
        log_p = sample.float().log_softmax(dim=-1)
        p = log_p.exp()
        mean, expected, count = mean + p, expected - (p * log_p).sum(dim=-1), count + 1
        logits.append(sample.gather(1, index)[:, 0].double())
        log_ps.append(log_p.gather(1, index)[:, 0].double())
    mean, expected = mean / count, expected / count
    entropy = -torch.special.xlogy(mean, mean).sum(dim=-1)
    return Spread(
        mutual_information_nats=(entropy - expected).clamp_min(0.0),
        entropy_nats=entropy,
        surprisal_nats=-mean.gather(1, index)[:, 0].double().clamp_min(1e-12).log(),
        logit_variance=torch.stack(logits).var(dim=0, correction=0),
        log_p_deviation=torch.stack(log_ps).std(dim=0, correction=0),
    )


def linearised_samples(
    model: PeftModel, batch: Batch, deviations: Mapping[str, Tensor], *, step: Step
) -> Iterator[Tensor]:
    """f ± Jδ of the batch's one sequence (S, V) for each deviation δ: twice as many as there are.

    Args:
        step: how tangents are taken.
    """
    logits, tangents = take_tangents(model, batch, deviations, step)
    return mirrored(logits[0], tangents[:, 0])


def mirrored(logits: Tensor, tangents: Iterable[Tensor]) -> Iterator[Tensor]:
    """f + t and f − t for each tangent t (S, V)."""
    for tangent in tangents:
        yield logits + tangent
        yield logits - tangent


def random_deviations(model: PeftModel, *, count: int, sigma: float, seed: int) -> dict[str, Tensor]:
    """`count` draws of N(0, (σ·rms)²) for every LoRA weight; rms is that of all of them."""
    matrices = named_matrices(find_pairs(model))
    weights = torch.cat([matrix.weight.detach().flatten() for matrix in matrices.values()])
    scale = sigma * float(weights.double().square().mean().sqrt())
    generator = torch.Generator().manual_seed(seed)
    return {
        name: scale * torch.randn(count, *matrix.weight.shape, generator=generator) for name, matrix in matrices.items()
    }


def dropout_samples(model: PeftModel, batch: Batch, *, count: int, share: float, seed: int) -> Iterator[Tensor]:
    """Logits (S, V) of `count` passes with another mask on the inputs of the adapter's layers each, in one batch."""
    stacked = {name: value.repeat(count, 1) for name, value in batch.items()}
    with torch.no_grad(), _masked_inputs(model, share, torch.Generator().manual_seed(seed)):
        yield from target_logits(model, stacked)[0]


@contextmanager
def _masked_inputs(model: PeftModel, share: float, generator: torch.Generator) -> Iterator[None]:
    def mask(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        kept = torch.rand(inputs[0].shape, generator=generator) >= share
        return (inputs[0] * kept.to(inputs[0]) / (1.0 - share), *inputs[1:])

    handles = [pair.matrix_a.register_forward_pre_hook(mask) for pair in find_pairs(model)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def ensemble_samples(model: PeftModel, batch: Batch, names: Sequence[str]) -> Iterator[Tensor]:
    """Logits (S, V) under the active adapter and under each of the named ones."""
    (own,) = model.active_adapters
    try:
        for name in (own, *names):
            model.set_adapter(name)
            with torch.no_grad():
                yield target_logits(model, batch)[0][0]
    finally:
        model.set_adapter(own)
