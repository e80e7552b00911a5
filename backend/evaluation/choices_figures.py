"""Accuracy, ECE and NLL of probabilities of answers, with bootstrap intervals over the questions.

In: probabilities (S seeds, N questions, C answers) of one method, the right answers, and the NLL of others to compare
with. Out: `Figures`. With several seeds a figure is the mean over them; the questions are resampled, the seeds are not.

The ECE has 15 bins of equal width. Resampling adds to it a bias of its own, so that its interval is the pivotal one,
[2e − q₉₇.₅, 2e − q₂.₅], cut at 0 (Davison & Hinkley 1997, Bootstrap Methods, 5.2). The ECE itself is biased upwards,
most where there is nothing to find: that of a calibrated model is as large as chance makes it. So the interval begins
at 0 where the ECE is no larger than 97.5 % of those of calibrated answers of the same confidences (the consistency test
of Bröcker & Smith 2007, Weather and Forecasting 22, 651–661). Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.evaluation.bootstrap import Interval, bootstrap_difference, bootstrap_mean

BINS = 15
_SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures with intervals; `nll_minus` are paired differences of the NLL to other methods, by their name."""

    acc: Interval
    ece: Interval
    nll: Interval
    nll_minus: Mapping[str, Interval]


def losses_of(probabilities: np.ndarray, right: np.ndarray) -> np.ndarray:
    """−log p of the right answers (S, N), in nats; a probability of 0 counts as 10⁻¹²."""
    chosen = probabilities[:, np.arange(right.size), right]
    return -np.log(np.clip(chosen, _SMALLEST, 1.0))


def figures_of(
    probabilities: np.ndarray,
    right: np.ndarray,
    *,
    others: Mapping[str, np.ndarray],
    bootstrap_samples: int,
    seed: int,
) -> Figures:
    """Figures of one method.

    Args:
        probabilities: (S, N, C).
        right: (N,).
        others: name → losses (S, N) to compare with.
        bootstrap_samples: resamples of the questions.
        seed: of the resamples.
    """
    hits = (probabilities.argmax(axis=2) == right).astype(float)  # (S, N)
    losses = losses_of(probabilities, right).mean(axis=0)
    options = {"seed": seed, "samples": bootstrap_samples}
    return Figures(
        acc=bootstrap_mean(hits.mean(axis=0), **options),
        ece=ece_interval(probabilities.max(axis=2), hits, **options),
        nll=bootstrap_mean(losses, **options),
        nll_minus={
            name: bootstrap_difference(losses, others=values.mean(axis=0), **options) for name, values in others.items()
        },
    )


def ece_interval(
    confidences: np.ndarray, hits: np.ndarray, *, seed: int, samples: int, level: float = 0.95
) -> Interval:
    """Mean ECE over seeds, and its pivotal interval over questions; see the module's docstring.

    Args:
        confidences, hits: (S, N).
        samples: resamples of the questions, and draws of the hits of calibrated answers.
    """
    size = hits.shape[1]
    generator = np.random.default_rng(seed)
    counts = generator.multinomial(size, np.full(size, 1 / size), size=samples)  # (R, N)
    uniform = generator.random((samples, size))  # of a question: the seeds have it in common
    found, resampled, calibrated = [], [], []
    for confidence, hit in zip(confidences, hits, strict=True):
        bins = np.eye(BINS)[np.minimum((confidence * BINS).astype(int), BINS - 1)]  # (N, bins), one of each row
        gaps = bins * (hit - confidence)[:, None]
        found.append(np.abs(gaps.sum(axis=0)).sum() / size)
        resampled.append(np.abs(counts @ gaps).sum(axis=1) / size)
        calibrated.append(np.abs(((uniform < confidence) - confidence) @ bins).sum(axis=1) / size)
    ece = float(np.mean(found))
    low, high = np.quantile(np.mean(resampled, axis=0), [(1 - level) / 2, (1 + level) / 2])
    is_chance = ece <= np.quantile(np.mean(calibrated, axis=0), (1 + level) / 2)
    return Interval(0.0 if is_chance else max(0.0, 2 * ece - float(high)), ece, max(ece, 2 * ece - float(low)))
