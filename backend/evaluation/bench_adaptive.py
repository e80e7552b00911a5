"""How many samples adaptive K spends, and how many decisions it changes, on generated documents.

The risk is the calibrated one of `uncertainty`, by the calibration in force before any verdict; the threshold is the
median risk of these documents at all samples, so that half of the decisions fall on either side and none is easy by
construction. Reported beside it: the same at thresholds far from the middle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean, quantiles
from typing import Any

import torch

from backend.corpus import generate
from backend.documents import read_text
from backend.evaluation.bench_plan import BenchPlan
from backend.evaluation.bench_summarize import DOCUMENT_SEED
from backend.laplace.adaptive import Look, Rule, take_looks
from backend.laplace.prefix import Prefix
from backend.laplace.scores import TokenScore
from backend.pipeline import Summarizer
from backend.uncertainty import cold_start_model

ERROR_PROBABILITY = 0.05
Risk = Callable[[Sequence[TokenScore]], float]


@dataclass(frozen=True)
class Case:
    """A written summary as it looked after 8, 16, … samples; the last look has all."""

    looks: tuple[Look, ...]

    @property
    def full_risk(self) -> float:
        """Risk by all samples."""
        return self.looks[-1].risk


def adaptive(summarizer: Summarizer, plan: BenchPlan) -> dict[str, Any]:
    """`mean_adaptive_samples` and `changed_decisions` at the median risk, and at other thresholds."""
    if summarizer.step.is_exact:
        return {"mean_adaptive_samples": None, "changed_decisions": None, "adaptive": {"reason": "no stacked tangents"}}
    documents = generate(plan.documents, seed=DOCUMENT_SEED + 1 + plan.seed)
    cases = [_case(summarizer, plan, document.document) for document in documents]
    risks = sorted(case.full_risk for case in cases)
    quarters = quantiles(risks, n=4) if len(risks) > 1 else risks * 3
    rows = [_at(cases, threshold, plan) for threshold in (quarters[1], quarters[0], quarters[2])]
    return {
        "mean_adaptive_samples": rows[0]["mean_samples"],
        "changed_decisions": rows[0]["changed"],
        "adaptive": {
            "by_threshold": rows,
            "documents": len(cases),
            "most_samples": plan.most_samples,
            "error_probability": ERROR_PROBABILITY,
        },
    }


def _case(summarizer: Summarizer, plan: BenchPlan, text: str) -> Case:
    """One pass of all samples shows every look, whatever the threshold."""
    document = read_text(text)
    prompt = summarizer.read(document).prompt.ids
    ids = summarizer.write_ids(prompt, samples=0, max_tokens=plan.summary_tokens)
    risk = risk_of(summarizer, text, document.language, ids)
    tokens = torch.tensor([list(prompt)])
    prefix = Prefix(
        summarizer.language.model,
        tokens,
        torch.ones_like(tokens),
        summarizer.draw(plan.most_samples),
        epsilon=summarizer.step.epsilon,
        most_bytes=0,
    )
    chunks = prefix.chunks(torch.tensor([ids]))
    looks = take_looks(chunks, ids, risk=risk, most_samples=plan.most_samples, temperature=summarizer.temperature)
    return Case(tuple(looks))


def risk_of(summarizer: Summarizer, text: str, language: str, ids: Sequence[int]) -> Risk:
    """Scores of these tokens → the calibrated risk of the summary."""
    model = cold_start_model()

    def risk(scores: Sequence[TokenScore]) -> float:
        return model.risk(summarizer.analyze_scores(text, ids, scores, language=language)[1])

    return risk


def _at(cases: Sequence[Case], threshold: float, plan: BenchPlan) -> dict[str, Any]:
    rule = Rule(threshold, plan.most_samples, ERROR_PROBABILITY)
    found = [rule.stops_at(case.looks) for case in cases]
    changed = [(one.risk > threshold) != (case.full_risk > threshold) for one, case in zip(found, cases, strict=True)]
    return {
        "threshold": threshold,
        "mean_samples": mean(one.samples for one in found),
        "changed": sum(changed) / len(changed),
        "samples": [one.samples for one in found],
    }
