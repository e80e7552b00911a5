"""Prior ratios ρ of groups of matrices by held-out NLL, one group at a time.

The evidence gives ratios for nothing (`evidence.evidence_ratios`), but it is not asked what predicts well. Here each
group's ρ is multiplied and divided by a factor, and a change is kept when the held-out NLL falls by more than noise.
Coordinate descent from ρ = 1 (or from what the posterior has), at the posterior's own λ, with the same noise
throughout. Two evaluations a group and round, so that groups are kinds of matrices (`q_proj.A`), not single ones.
Knows nothing of files.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from peft import PeftModel

from backend.laplace.curvature import Batch
from backend.laplace.gaussian import Posterior
from backend.laplace.prior import NOISE_NATS, evaluate


def kind_of(name: str) -> str:
    """The projection and the side of a matrix, whatever its layer: `….layers.3.self_attn.q_proj.A` → `q_proj.A`."""
    return ".".join(name.rsplit(".", 2)[-2:])


def choose_ratios(
    model: PeftModel,
    posterior: Posterior,
    batches: Sequence[Batch],
    *,
    samples: int = 8,
    seed: int = 0,
    factor: float = math.sqrt(10.0),
    rounds: int = 1,
    group_of: Callable[[str], str] = kind_of,
    on_ratio: Callable[[str, float, float], None] = lambda group, ratio, nll_nats: None,
) -> Posterior:
    """The posterior with the ratios that were kept; its held-out NLL is never above that of the one given.

    Args:
        batches: held-out data, never used for the factors.
        samples: K, logit samples (half as many tangents).
        factor: between neighbouring ratios.
        rounds: over all groups; stops early where a round changes nothing.
        group_of: matrix name → its group.
        on_ratio: told every group and ratio that was tried, with the NLL.
    """

    def nll(candidate: Posterior) -> float:
        prior = candidate.prior_precision
        return evaluate(model, candidate, batches, prior_precision=prior, samples=samples, seed=seed).nll_nats

    ratios = {group_of(name): posterior.prior_ratios.get(name, 1.0) for name in posterior.blocks}
    lowest = nll(posterior)
    for _ in range(rounds):
        before = dict(ratios)
        for group in before:
            for ratio in (before[group] * factor, before[group] / factor):
                candidate = _with_groups(posterior, {**ratios, group: ratio}, group_of)
                found = nll(candidate)
                on_ratio(group, ratio, found)
                if found < lowest - NOISE_NATS:
                    lowest, ratios[group] = found, ratio
                    posterior = candidate
        if ratios == before:
            break
    return posterior


def _with_groups(posterior: Posterior, ratios: dict[str, float], group_of: Callable[[str], str]) -> Posterior:
    return posterior.with_ratios({name: ratios[group_of(name)] for name in posterior.blocks})
