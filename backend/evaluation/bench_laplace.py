"""Speed, memory, size and error of the Laplace engine on the model in use: the parts of `tashika bench laplace`.

In: a loaded summarizer and a plan. Out: plain values; a figure that this machine cannot give is null beside a reason.
Each part is a function of the summarizer and the plan, so that a long run can be cut. Knows nothing of the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from backend.errors import DataError
from backend.evaluation.bench import describe_machine, machine_to_json
from backend.evaluation.bench_adaptive import adaptive
from backend.evaluation.bench_fitting import fit, posterior, shares
from backend.evaluation.bench_plan import BenchPlan
from backend.evaluation.bench_resampling import resampling
from backend.evaluation.bench_rivals import laplace_torch
from backend.evaluation.bench_summarize import bench_summarize
from backend.evaluation.bench_tangents import growth, memory, tangents
from backend.pipeline import Summarizer

__all__ = ["PARTS", "BenchPlan", "run_parts"]


def summarize(summarizer: Summarizer, plan: BenchPlan) -> dict[str, Any]:
    """A whole summary against stock `generate`; `tashika bench summarize` gives it alone."""
    figures = bench_summarize(
        summarizer,
        samples=plan.samples,
        tokens=plan.summary_tokens,
        repeats=plan.repeats,
        document_tokens=plan.document_tokens,
    )
    figures.pop("machine")
    return {"summarize_ratio": figures["ratio"], "summarize": figures}


#: `memory` comes first: what later parts leave behind would hide its peak.
PARTS: dict[str, Callable[[Summarizer, BenchPlan], dict[str, Any]]] = {
    "memory": memory,
    "tangents": tangents,
    "summarize": summarize,
    "fit": fit,
    "shares": shares,
    "posterior": posterior,
    "laplace-torch": laplace_torch,
    "adaptive": adaptive,
    "resampling": resampling,
    "growth": growth,
}


def run_parts(
    summarizer: Summarizer,
    plan: BenchPlan,
    *,
    parts: Sequence[str] = (),
    on_part: Callable[[str, float], None] = lambda name, seconds: None,
) -> dict[str, Any]:
    """All parts, or those that are named, in the order of `PARTS`; told the seconds of each.

    Raises:
        DataError: a name is unknown.
    """
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        raise DataError(
            "bench.unknown_part",
            "There is no part {name}. Choose from {known}.",
            name=", ".join(unknown),
            known=", ".join(PARTS),
        )
    figures: dict[str, Any] = {}
    for name, part in PARTS.items():
        if not parts or name in parts:
            started = perf_counter()
            figures |= part(summarizer, plan)
            on_part(name, perf_counter() - started)
    return {
        **figures,
        "base": summarizer.language.base_id,
        "adapter": summarizer.language.adapter_id,
        "posterior": summarizer.posterior_id,
        "step": summarizer.step.to_json(),
        "samples": plan.samples,
        "repeats": plan.repeats,
        "seed": plan.seed,
        "machine": machine_to_json(describe_machine()),
    }
