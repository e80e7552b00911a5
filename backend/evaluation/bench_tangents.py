"""What samples of all tokens cost: time in forward passes, memory, error against exact tangents, and their growth.

The unit is one stock forward pass of the same sequence: the PEFT model as it was loaded, SDPA attention, float32,
logits at the scored positions only. K samples are K/2 deviations, each used with its mirror image.
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from backend.evaluation.bench import Timing, compare, median_of, time_interleaved
from backend.evaluation.bench_plan import BenchPlan, sequence
from backend.laplace.curvature import Batch, target_logits
from backend.laplace.lora import find_pairs, named_matrices
from backend.laplace.prefix import Prefix
from backend.laplace.scores import PredictiveSums, predictive_sums, score_text
from backend.laplace.step import DEFAULT_STEP, relative_error, take_chunks
from backend.laplace.tangents import exact_tangents
from backend.pipeline import Summarizer

MOST_SECONDS = 60.0  # a row of a table that would take longer than so is left out, and the table says so


def tangents(summarizer: Summarizer, plan: BenchPlan) -> dict[str, Any]:
    """`forwards_per_sample` and `cached_prefix_ratio`, with the error of both against exact tangents."""
    batch = sequence(summarizer, tokens=plan.sequence_tokens, scored=plan.scored_tokens)
    drawn = summarizer.draw(plan.samples)
    prefix = prefix_of(summarizer, batch, plan.samples)
    works = {
        "forward": lambda: stock_forward(summarizer, batch),
        "tangents": lambda: drain(take_chunks(summarizer.language.model, batch, drawn, summarizer.step)),
        "scores": lambda: predictive_sums(summarizer.language.model, batch, drawn, step=summarizer.step),
        "cached": lambda: drain(prefix.chunks(batch["labels"])),
        "cached scores": lambda: score_text(prefix, batch["labels"][0].tolist()),
    }
    timings = time_interleaved(works, repeats=plan.repeats)
    per_call = compare(timings["tangents"], reference=timings["forward"]).of_medians
    deviations = next(iter(drawn.values())).shape[0]
    errors = _errors(summarizer, batch, drawn, prefix)
    return {
        "forwards_per_sample": per_call / plan.samples,
        "cached_prefix_ratio": compare(timings["cached"], reference=timings["tangents"]).of_medians,
        "tangents": {
            "tangent_error": errors["whole"],
            "cached_tangent_error": errors["cached"],
            "forwards": per_call,
            "forwards_per_tangent": per_call / deviations,
            "cached_forwards_per_sample": per_sample(timings["cached"], timings["forward"], plan.samples),
            "scored_forwards_per_sample": per_sample(timings["scores"], timings["forward"], plan.samples),
            "seconds": {name: timing.to_json() for name, timing in timings.items()},
            "sequence_tokens": plan.sequence_tokens,
            "scored_tokens": plan.scored_tokens,
            "deviations": deviations,
        },
    }


def memory(summarizer: Summarizer, plan: BenchPlan) -> dict[str, Any]:
    """`peak_memory_mb` above what the loaded model takes, for K and for eight times as many samples."""
    batch = sequence(summarizer, tokens=plan.sequence_tokens, scored=plan.scored_tokens)
    peaks = {}
    for samples in (plan.samples, 8 * plan.samples):
        drawn = summarizer.draw(samples)  # the deviations themselves, of the adapter's size, are not counted
        before = _reset_peak()
        predictive_sums(summarizer.language.model, batch, drawn, step=summarizer.step)
        peak = _peak_mb()
        peaks[samples] = None if before is None or peak is None else peak - before
    if peaks[plan.samples] is None:
        return {"peak_memory_mb": None, "memory": {"reason": "this system does not tell a process its peak memory"}}
    return {"peak_memory_mb": peaks[plan.samples], "memory": {"by_samples": {str(k): v for k, v in peaks.items()}}}


def growth(summarizer: Summarizer, plan: BenchPlan) -> dict[str, Any]:
    """Seconds by number of samples, length, documents in a batch, adapter rank and vocabulary, the others held."""
    tables: dict[str, list[dict[str, Any]]] = {"samples": [], "length": [], "batch": [], "rank": [], "vocabulary": []}
    for samples in plan.growth_samples:
        row = _grown(summarizer, plan, tokens=plan.sequence_tokens, samples=samples)
        tables["samples"].append({"samples": samples, **row})
    for tokens in plan.growth_lengths:
        tables["length"].append({"tokens": tokens, **_grown(summarizer, plan, tokens=tokens)})
        if tables["length"][-1]["seconds"] > MOST_SECONDS:
            break
    for rows in plan.growth_batches:
        tokens = plan.sequence_tokens // 2
        row = _grown(summarizer, plan, tokens=tokens, rows=rows)
        tables["batch"].append({"documents": rows, **row, "seconds_per_document": row["seconds"] / rows})
    for rank in plan.growth_ranks:
        with _adapter_of_rank(summarizer.language.model, rank):
            tables["rank"].append({"rank": rank, **_at_random_deviations(summarizer, plan)})
    for vocabulary in plan.growth_vocabularies:
        tables["vocabulary"].append({"vocabulary": vocabulary, **_summed(plan, vocabulary)})
    return {"growth": tables}


def stock_forward(summarizer: Summarizer, batch: Batch) -> None:
    """The unit of all figures; see the module."""
    with torch.inference_mode():
        target_logits(summarizer.language.model, batch)


def drain(chunks: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Compute all tangents and let go of them."""
    for _ in chunks:
        pass


def prefix_of(summarizer: Summarizer, batch: Batch, samples: int) -> Prefix:
    """What is kept of the part of a sequence that is not scored."""
    count = batch["labels"].shape[1]
    return Prefix(
        summarizer.language.model,
        batch["input_ids"][:, :-count],
        batch["attention_mask"][:, :-count],
        summarizer.draw(samples),
        epsilon=summarizer.step.epsilon,
    )


def per_sample(timing: Timing, forward: Timing, samples: int) -> float:
    """Forward passes a sample."""
    return compare(timing, reference=forward).of_medians / samples


def _errors(summarizer: Summarizer, batch: Batch, drawn: dict[str, torch.Tensor], prefix: Prefix) -> dict[str, float]:
    """Relative error of all deviations together, against forward-mode differentiation."""
    exact = exact_tangents(summarizer.language.model, batch, drawn)[1]
    chunks = {
        "whole": take_chunks(summarizer.language.model, batch, drawn, summarizer.step),
        "cached": prefix.chunks(batch["labels"]),
    }
    return {name: relative_error(torch.cat([part for _, part in found]), exact) for name, found in chunks.items()}


def _grown(
    summarizer: Summarizer, plan: BenchPlan, *, tokens: int, samples: int | None = None, rows: int = 1
) -> dict[str, Any]:
    scored = min(plan.scored_tokens, tokens // 2)
    batch = sequence(summarizer, tokens=tokens, scored=scored, rows=rows)
    drawn = summarizer.draw(samples or plan.samples)
    model, step = summarizer.language.model, summarizer.step
    works = {
        "forward": lambda: stock_forward(summarizer, batch),
        "scores": lambda: predictive_sums(model, batch, drawn, step=step),
    }
    timings = time_interleaved(works, repeats=1, warmups=0)
    forwards = per_sample(timings["scores"], timings["forward"], samples or plan.samples)
    return {"seconds": timings["scores"].median, "scored_tokens": scored, "forwards_per_sample": forwards}


@contextmanager
def _adapter_of_rank(model: PeftModel, rank: int) -> Iterator[None]:
    """While active, a fresh adapter of that rank stands in the place of the model's own."""
    own = model.active_adapter
    model.add_adapter(f"rank_{rank}", replace(model.peft_config[own], r=rank, inference_mode=False))
    model.set_adapter(f"rank_{rank}")
    model.eval()
    try:
        yield
    finally:
        model.set_adapter(own)
        model.delete_adapter(f"rank_{rank}")


def _at_random_deviations(summarizer: Summarizer, plan: BenchPlan) -> dict[str, Any]:
    """Time alone: the adapter is not trained and has no posterior."""
    model = summarizer.language.model
    batch = sequence(summarizer, tokens=plan.sequence_tokens // 2, scored=plan.scored_tokens // 2)
    generator = torch.Generator().manual_seed(plan.seed)
    drawn = {
        name: 0.01 * torch.randn(plan.samples // 2, *matrix.weight.shape, generator=generator)
        for name, matrix in named_matrices(find_pairs(model)).items()
    }
    works = {
        "forward": lambda: stock_forward(summarizer, batch),
        "scores": lambda: predictive_sums(model, batch, drawn, step=DEFAULT_STEP),
    }
    timings = time_interleaved(works, repeats=1, warmups=0)
    forwards = per_sample(timings["scores"], timings["forward"], plan.samples)
    return {"seconds": timings["scores"].median, "forwards_per_sample": forwards}


def _summed(plan: BenchPlan, vocabulary: int) -> dict[str, Any]:
    """The part of scoring that grows with the vocabulary alone: summing the samples' distributions."""
    generator = torch.Generator().manual_seed(plan.seed)
    logits = torch.randn(plan.scored_tokens, vocabulary, generator=generator)
    moved = torch.randn(plan.samples // 2, *logits.shape, generator=generator)
    ids = torch.zeros(plan.scored_tokens, dtype=torch.long)
    timing = median_of(lambda: PredictiveSums(logits, ids).add(moved), repeats=plan.repeats)
    return {"seconds": timing.median, "scored_tokens": plan.scored_tokens}


def _reset_peak() -> float | None:
    """Start a new peak at what the process holds now, in MB; None where the system cannot."""
    if platform.system() != "Linux":
        return None
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)  # what is free in the heap would hide an allocation
    try:
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    except OSError:
        return None
    return _peak_mb()


def _peak_mb() -> float | None:
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return None
