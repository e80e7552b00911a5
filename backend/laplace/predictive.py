"""Exact predictive for a few outputs (multiple choice): Jacobian rows → J Σ Jᵀ → class probabilities.

Monte Carlo is exact in the limit and cheap here; probit and mean-field have closed forms. The Laplace bridge to a
Dirichlet was tried and left out: where the classes' variances differ it was off by up to 0.56 in probability.

Knows nothing of what the outputs mean. Units are nats. For all tokens of a text and the whole vocabulary see
`scores.py`, which samples; for few outputs the two agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from peft import PeftModel
from torch import Tensor

from backend.laplace.labels import IGNORED, Batch, target_logits
from backend.laplace.lora import find_pairs
from backend.laplace.posterior import Posterior
from backend.laplace.precision import float32_in
from backend.laplace.recording import masked, output_gradients, recorded, sequence_gradients


@dataclass(frozen=True)
class ClassPredictive:
    """Predictive of B items over C classes.

    Attributes:
        probabilities: (B, C).
        entropy_nats: (B,), of `probabilities`. expected_entropy_nats: (B,), the part that no weight would remove
            (aleatoric). mutual_information_nats: (B,), the rest (epistemic).
    """

    probabilities: Tensor
    entropy_nats: Tensor
    expected_entropy_nats: Tensor
    mutual_information_nats: Tensor


def jacobian_rows(
    model: PeftModel, batch: Batch, class_ids: Int[Tensor, "*B C"]
) -> tuple[Float[Tensor, "b C"], dict[str, Float[Tensor, "b C _o _i"]]]:
    """Logits of C classes at the one target of every sequence, and their Jacobian by one backward pass a class.

    Args:
        model: in evaluation mode; its LoRA matrices must require gradients. A base in half precision is run in
            float32, and the backward passes hold copies of its adapted layers and those above them.
        batch: as for `target_logits`, with exactly one label that is not −100 in each row.
        class_ids: vocabulary entries (C,), or (B, C) where they differ by row.

    Returns:
        logits (B, C) and matrix → rows (B, C, o, i).

    Raises:
        ValueError: a row has no target, or several, or one right after padding.
    """
    mask = batch["attention_mask"].bool()
    with float32_in(model), recorded(find_pairs(model)) as records:
        logits, labels = target_logits(model, batch)  # (B, S, V), (B, S)
    targets = labels != IGNORED
    if not bool((targets.sum(dim=1) == 1).all()):
        raise ValueError("the exact predictive needs exactly one target in each sequence")
    rows = torch.arange(labels.shape[0], device=labels.device)
    positions = targets.long().argmax(dim=1)
    ids = class_ids.expand(labels.shape[0], -1)  # (B, C)
    inputs = {name: masked(record.inputs, mask) for name, record in records.items()}
    jacobians: dict[str, list[Tensor]] = {name: [] for name in records}
    for token in ids.T:
        direction = torch.zeros_like(logits)
        direction[rows, positions, token] = 1.0
        for name, gradients in output_gradients(records, logits, direction).items():
            row = sequence_gradients(inputs[name], masked(gradients, mask).to(inputs[name].dtype))
            jacobians[name].append(row)
    chosen = logits.detach()[rows[:, None], positions[:, None], ids]
    return chosen, {name: torch.stack(parts, dim=1) for name, parts in jacobians.items()}


def f_covariance(posterior: Posterior, rows: dict[str, Tensor]) -> Float[Tensor, "B C C"]:
    """J Σ Jᵀ of the classes (B, C, C), float64; Σ is never formed."""
    return posterior.covariance(rows)


def monte_carlo(
    logits: Float[Tensor, "B C"], covariance: Float[Tensor, "B C C"], *, samples: int, generator: torch.Generator
) -> ClassPredictive:
    """Average of softmax over logit samples f ± L z, with L Lᵀ = J Σ Jᵀ; exact as `samples` grows.

    Args:
        logits: (B, C). covariance: (B, C, C), positive semi-definite (its rank may be below C).
        samples: even; mirrored pairs.
    """
    noise = torch.randn(samples // 2, *logits.shape, generator=generator, dtype=torch.float64)
    moved = torch.einsum("bij,kbj->kbi", _root(covariance), noise)
    log_p = _mirrored(logits.cpu().double(), moved).log_softmax(dim=-1)  # (K, B, C)
    mean = log_p.exp().mean(dim=0)
    return _split(mean, expected=-(log_p.exp() * log_p).sum(dim=-1).mean(dim=0))


def probit(logits: Float[Tensor, "B C"], covariance: Float[Tensor, "B C C"]) -> ClassPredictive:
    """softmax(f / √(1 + π/8·diag(J Σ Jᵀ))) (MacKay 1992, Neural Computation 4); blind to covariances of classes."""
    variance = covariance.cpu().double().diagonal(dim1=-2, dim2=-1)
    p = (logits.cpu().double() / (1.0 + math.pi / 8.0 * variance).sqrt()).softmax(dim=-1)
    return _with_information(p, logits, covariance)


def mean_field(logits: Float[Tensor, "B C"], covariance: Float[Tensor, "B C C"]) -> ClassPredictive:
    """p_c ∝ 1 / Σ_j exp(−(f_c − f_j) / √(1 + π/8·Var(f_c − f_j))): "mf2" of Lu, Ie, Sha 2020, arXiv 2006.07584.

    Uses the covariance of every pair of classes: what moves all logits alike moves no probability.
    """
    f, s = logits.cpu().double(), covariance.cpu().double()
    variance = s.diagonal(dim1=-2, dim2=-1)
    of_difference = (variance[:, :, None] + variance[:, None, :] - 2.0 * s).clamp_min(0.0)
    differences = (f[:, :, None] - f[:, None, :]) / (1.0 + math.pi / 8.0 * of_difference).sqrt()  # (B, C, C)
    return _with_information((-torch.logsumexp(-differences, dim=-1)).softmax(dim=-1), f, s)


APPROXIMATIONS: dict[str, Callable[[Tensor, Tensor], ClassPredictive]] = {
    "probit": probit,
    "mean-field": mean_field,
}


def _with_information(p: Tensor, logits: Tensor, covariance: Tensor) -> ClassPredictive:
    """Split of a closed form's entropy by the mutual information of the 2C sigma points f ± √C·(root)_c.

    They have the mean and covariance of the Gaussian (Julier & Uhlmann 1997), so that the information is right to
    second order in small covariances; it is never negative, and at most the whole entropy. What moves all logits alike
    is taken out first.
    """
    count = logits.shape[-1]
    centre = torch.eye(count, dtype=torch.float64) - 1.0 / count
    root = _root(centre @ covariance.cpu().double() @ centre) * count**0.5
    log_p = _mirrored(logits.cpu().double(), root.movedim(-1, 0)).log_softmax(dim=-1)  # (2C, B, C)
    mean = log_p.exp().mean(dim=0)
    expected = -(log_p.exp() * log_p).sum(dim=-1).mean(dim=0)
    information = (-torch.special.xlogy(mean, mean).sum(dim=-1) - expected).clamp_min(0.0)
    entropy = -torch.special.xlogy(p, p).sum(dim=-1)
    return _split(p, expected=entropy - torch.minimum(information, entropy))


def _root(covariance: Tensor) -> Tensor:
    """L (B, C, C) with L Lᵀ the covariance, whose rank may be below C."""
    values, vectors = torch.linalg.eigh(covariance.cpu().double())
    return vectors * values.clamp_min(0.0).sqrt()[:, None, :]


def _mirrored(logits: Tensor, deviations: Tensor) -> Tensor:
    return logits + torch.cat([deviations, -deviations])


def _split(p: Tensor, *, expected: Tensor) -> ClassPredictive:
    entropy = -torch.special.xlogy(p, p).sum(dim=-1)
    return ClassPredictive(p, entropy, expected, (entropy - expected).clamp_min(0.0))
