"""Time of a whole summary with uncertainty against stock `generate` of the same model without, in one run.

In: a loaded summarizer. Out: plain values, medians of interleaved runs. Knows nothing of what the summary says.
"""

from __future__ import annotations

import time
from typing import Any

import torch

from backend.corpus import generate
from backend.documents import read_text
from backend.evaluation.bench import compare, describe_machine, machine_to_json, time_interleaved
from backend.language.prompts import build_prompt, encode_text
from backend.pipeline import Summarizer

DOCUMENT_SEED = 20_260  # training used other documents


def bench_summarize(
    summarizer: Summarizer, *, samples: int, tokens: int, repeats: int, document_tokens: int = 340
) -> dict[str, Any]:
    """Seconds of each part and the ratio to stock; every run reads its document afresh.

    Args:
        tokens: length of the summary, for both.
        document_tokens: length of the document.
    """
    prompt_ids = build_prompt(
        summarizer.language.tokenizer, document_ids(summarizer, document_tokens), kind="inspection_log", language="en"
    ).ids
    parts: dict[str, list[float]] = {"prefill": [], "decode": [], "score": []}

    def ours() -> None:
        _time_parts(summarizer, prompt_ids, tokens=tokens, samples=samples, parts=parts)

    def stock() -> None:
        _generate(summarizer, prompt_ids, tokens=tokens)

    timings = time_interleaved({"tashika": ours, "stock": stock}, repeats=repeats)
    ratio = compare(timings["tashika"], reference=timings["stock"])
    seconds = {name: sorted(values[-repeats:])[repeats // 2] for name, values in parts.items()}
    seconds["stock"] = timings["stock"].median
    return {
        "ratio": ratio.of_medians,
        "ratio_pairs": ratio.to_json(),
        "seconds": seconds,
        "total_seconds": timings["tashika"].median,
        "prompt_tokens": len(prompt_ids),
        "summary_tokens": tokens,
        "samples": samples,
        "repeats": repeats,
        "machine": machine_to_json(describe_machine()),
    }


def document_ids(summarizer: Summarizer, count: int) -> list[int]:
    """Tokens of generated English logs, cut to the wanted length."""
    logs = generate(50, seed=DOCUMENT_SEED, languages={"en": 1.0}, kinds={"inspection_log": 1.0})
    text = read_text("\n\n".join(document.document for document in logs)).text
    ids = encode_text(summarizer.language.tokenizer, text)
    if len(ids) < count:
        raise ValueError(f"the generated documents have {len(ids)} tokens, fewer than {count}")
    return list(ids[:count])


def _generate(summarizer: Summarizer, prompt_ids: tuple[int, ...], *, tokens: int) -> None:
    inputs = torch.tensor([list(prompt_ids)])
    with torch.inference_mode():
        summarizer.language.model.generate(
            input_ids=inputs,
            attention_mask=torch.ones_like(inputs),
            max_new_tokens=tokens,
            min_new_tokens=tokens,
            do_sample=False,
            pad_token_id=summarizer.language.pad_id,
        )


def _time_parts(
    summarizer: Summarizer, prompt_ids: tuple[int, ...], *, tokens: int, samples: int, parts: dict[str, list[float]]
) -> None:
    """One run; the prefill reads the prompt with the weights of all samples, and both others go on from there."""
    summarizer.forget_prompts()
    marks = [time.perf_counter()]
    summarizer.read_prompt(prompt_ids, samples=samples)
    marks.append(time.perf_counter())
    ids = summarizer.write_ids(prompt_ids, samples=samples, max_tokens=tokens, end_ids=())
    marks.append(time.perf_counter())
    summarizer.score_ids(prompt_ids, ids, samples=samples)
    marks.append(time.perf_counter())
    for name, start, end in zip(parts, marks, marks[1:], strict=False):
        parts[name].append(end - start)
