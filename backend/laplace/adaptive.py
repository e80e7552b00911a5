"""Adaptive K: stop drawing samples when the decision at a threshold is settled.

The risk of a text is a function of its tokens' scores that this room does not know: a callable. After M deviations,
dealt to g = 4 groups, the risk's standard error is that of the delete-a-group jackknife,
s² = (g−1)/g · Σ_i (r_(−i) − r̄)² (Kott 2001, J. Off. Stat. 17). The decision is settled when |r − threshold| exceeds
t·s, t the quantile of Student's distribution with g−1 degrees of freedom at the stated error probability, shared out
over all looks (Bonferroni). Looks are at K = 8, 16, 32, …; at the last one the risk stands as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from scipy.stats import t as student
from torch import Tensor

from backend.laplace.scores import PredictiveSums, TokenScore

GROUPS = 4


@dataclass(frozen=True, slots=True)
class Look:
    """Scores after K samples, the risk by them, and its standard error."""

    samples: int
    scores: tuple[TokenScore, ...]
    risk: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class Rule:
    """When to stop.

    Attributes:
        threshold: that the risk is compared with.
        most_samples: K at the last look.
        error_probability: of stopping on the side that endless sampling would not end on.
    """

    threshold: float
    most_samples: int = 64
    error_probability: float = 0.05

    def is_settled(self, look: Look) -> bool:
        """Whether the risk is far enough from the threshold for its standard error."""
        share = self.error_probability / len(look_samples(self.most_samples))
        quantile = float(student.ppf(1.0 - share / 2.0, GROUPS - 1))
        return abs(look.risk - self.threshold) > quantile * look.standard_error

    def stops_at(self, looks: Iterable[Look]) -> Look:
        """The first look that settles the decision, or the last one."""
        for look in looks:
            if self.is_settled(look):
                break
        return look


def settle(
    chunks: Iterable[tuple[Tensor, Tensor]],
    token_ids: Sequence[int],
    *,
    risk: Callable[[Sequence[TokenScore]], float],
    rule: Rule,
    temperature: float = 1.0,
) -> Look:
    """Draw until settled; chunks that are not needed are never computed. See `take_looks` for the arguments."""
    return rule.stops_at(
        take_looks(chunks, token_ids, risk=risk, most_samples=rule.most_samples, temperature=temperature)
    )


def take_looks(
    chunks: Iterable[tuple[Tensor, Tensor]],
    token_ids: Sequence[int],
    *,
    risk: Callable[[Sequence[TokenScore]], float],
    most_samples: int,
    temperature: float = 1.0,
) -> Iterator[Look]:
    """Looks at K = 8, 16, 32, … up to `most_samples`.

    Args:
        chunks: logits (1, S, V) and tangents (M', 1, S, V) of one text; enough of them for the last look.
        risk: scores of all tokens → a number to compare with a threshold.
    """
    samples = look_samples(most_samples)
    groups: list[PredictiveSums] = []
    dealt = 0
    for logits, tangents in chunks:
        if not groups:
            ids = torch.tensor(list(token_ids), device=logits.device)
            groups = [PredictiveSums(logits[0] / temperature, ids) for _ in range(GROUPS)]
        for tangent in tangents[:, 0] / temperature:
            groups[dealt % GROUPS].add(tangent[None])
            dealt += 1
            if 2 * dealt in samples:
                yield _look(groups, risk)
            if 2 * dealt == samples[-1]:
                return
    raise ValueError(f"there are only {2 * dealt} samples, not {samples[-1]}")


def look_samples(most_samples: int) -> list[int]:
    """K of every look."""
    if most_samples < 2 * GROUPS:
        raise ValueError(f"adaptive sampling needs at least {2 * GROUPS} samples, not {most_samples}")
    return [2 * GROUPS * 2**power for power in range((most_samples // (2 * GROUPS)).bit_length())]


def _look(groups: list[PredictiveSums], risk: Callable[[Sequence[TokenScore]], float]) -> Look:
    total = merged(groups)
    scores = tuple(total.scores())
    without = [risk(merged(groups[:index] + groups[index + 1 :]).scores()) for index in range(GROUPS)]
    mean = sum(without) / GROUPS
    variance = (GROUPS - 1) / GROUPS * sum((value - mean) ** 2 for value in without)
    return Look(total.samples, scores, risk(scores), variance**0.5)


def merged(parts: Sequence[PredictiveSums]) -> PredictiveSums:
    """The sums over the samples of all parts, which are of the same positions."""
    total = PredictiveSums(parts[0].logits, parts[0].index[:, 0])
    for part in parts:
        total.merge(part)
    return total
