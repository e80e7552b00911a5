"""New weights for every token against one coherent weight sample a sequence: what changes, and what it costs.

`resampling_difference` is the root mean square difference of the tokens' logit standard deviations between the two, in
units of that between two coherent runs with different seeds: 1 is sampling error alone. A text's log-likelihood, the
sum over its tokens, does change: its standard deviation over samples is reported for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from backend.evaluation.bench import compare, time_interleaved
from backend.evaluation.bench_plan import BenchPlan, sequence
from backend.laplace.curvature import Batch
from backend.laplace.resampling import resample_tokens
from backend.laplace.scores import TokenScore, draw_deviations, predictive_sums, score_tokens
from backend.laplace.step import take_chunks
from backend.pipeline import Summarizer


def resampling(summarizer: Summarizer, plan: BenchPlan) -> dict[str, Any]:
    """`resampling_difference` and `resampling_cost`, and how much of a text's spread resampling loses."""
    batch = sequence(summarizer, tokens=plan.sequence_tokens, scored=plan.scored_tokens)
    runs = [_scores(summarizer, plan, batch, seed) for seed in range(3)]
    coherent, other = _deviations_of(runs[0]), _deviations_of(runs[1])
    fresh = _deviations_of(_scores(summarizer, plan, batch, plan.seed + 2, is_by_token=True))
    errors = [_rms(coherent, other), _rms(_deviations_of(runs[2]), other)]
    works = {
        "sequence": lambda: predictive_sums(
            summarizer.language.model, batch, summarizer.draw(plan.samples), step=summarizer.step
        ),
        "token": lambda: predictive_sums(
            summarizer.language.model,
            batch,
            summarizer.draw(plan.samples),
            step=summarizer.step,
            token_generator=_generator(plan),
        ),
    }
    timings = time_interleaved(works, repeats=plan.repeats)
    return {
        "resampling_difference": _rms(fresh, other) / (sum(errors) / len(errors)),
        "resampling_cost": compare(timings["token"], reference=timings["sequence"]).of_medians,
        "resampling": {
            "text_nats": _text_spread(summarizer, plan, batch),
            "seconds": {name: timing.to_json() for name, timing in timings.items()},
            "passes_with_new_weights_a_token": plan.scored_tokens,
            "samples": plan.samples,
        },
    }


def _scores(
    summarizer: Summarizer, plan: BenchPlan, batch: Batch, seed: int, *, is_by_token: bool = False
) -> Sequence[TokenScore]:
    drawn = draw_deviations(summarizer.posterior, samples=plan.samples, seed=seed)
    generator = _generator(plan) if is_by_token else None
    return score_tokens(summarizer.language.model, batch, drawn, step=summarizer.step, token_generator=generator)[0]


def _text_spread(summarizer: Summarizer, plan: BenchPlan, batch: Batch) -> dict[str, float]:
    """Standard deviation over samples of the text's log-likelihood, to first order in the logits."""
    drawn = draw_deviations(summarizer.posterior, samples=plan.samples, seed=plan.seed)
    chunks = list(take_chunks(summarizer.language.model, batch, drawn, summarizer.step))
    logits, tangents = chunks[0][0], torch.cat([part for _, part in chunks])
    fresh = resample_tokens(tangents, count=tangents.shape[0], generator=_generator(plan))
    p = logits.softmax(dim=-1)

    def spread(moved: torch.Tensor) -> float:
        chosen = moved.gather(3, batch["labels"][None, :, :, None].expand(len(moved), -1, -1, -1))[..., 0]
        by_text = (chosen - (p * moved).sum(dim=-1)).sum(dim=-1)  # (M, B), the mean over draws is 0
        return float(by_text.square().mean().sqrt())

    return {"sequence": spread(tangents), "token": spread(fresh)}


def _generator(plan: BenchPlan) -> torch.Generator:
    return torch.Generator().manual_seed(plan.seed)


def _deviations_of(scores: Sequence[TokenScore]) -> torch.Tensor:
    return torch.tensor([score.logit_variance for score in scores]).sqrt()


def _rms(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).square().mean().sqrt())
