"""Sizes of what `tashika bench laplace` measures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from backend.evaluation.bench_summarize import document_ids
from backend.pipeline import Summarizer, batch_of


@dataclass(frozen=True, slots=True)
class BenchPlan:
    """Sizes in tokens; K in samples.

    Attributes:
        samples: K of the main figures.
        sequence_tokens, scored_tokens: of the main sequence.
        document_tokens, summary_tokens: of the part summarize.
        fit_batch, fit_tokens, fit_targets: the batch that is fitted and trained on.
        share_texts, fit_shares: texts of the part shares, and the parts of them that are fitted, 0.5 among them.
        check_tokens: of the sequence whose token variances two posteriors are compared on.
        rival_tokens, rival_classes: sequence and outputs of laplace-torch; with 128 tokens it takes over 16 GB.
        documents, most_samples: of the part adaptive.
        growth_samples, growth_lengths, growth_batches, growth_ranks, growth_vocabularies: of the tables.
        folder: of the adapter whose posterior is measured; the one that ships by default.
    """

    samples: int = 8
    repeats: int = 3
    seed: int = 0
    sequence_tokens: int = 400
    scored_tokens: int = 100
    document_tokens: int = 340
    summary_tokens: int = 60
    fit_batch: int = 4
    fit_tokens: int = 256
    fit_targets: int = 64
    share_texts: int = 64
    fit_shares: tuple[float, ...] = (0.125, 0.25, 0.5)
    check_tokens: int = 128
    rival_tokens: int = 64
    rival_classes: int = 64
    documents: int = 6
    most_samples: int = 64
    growth_samples: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    growth_lengths: tuple[int, ...] = (128, 256, 512, 1024, 2048)
    growth_batches: tuple[int, ...] = (1, 8)
    growth_ranks: tuple[int, ...] = (4, 8, 16, 32)
    growth_vocabularies: tuple[int, ...] = (1024, 8192, 49152)
    folder: Path | None = None


def sequence(
    summarizer: Summarizer, *, tokens: int, scored: int, rows: int = 1, skip: int = 0
) -> dict[str, torch.Tensor]:
    """Rows of generated text whose last `scored` tokens are targets; each row is another passage."""
    ids = document_ids(summarizer, skip + rows * tokens)[skip:]
    parts = [ids[start : start + tokens] for start in range(0, rows * tokens, tokens)]
    batches = [batch_of(part[:-scored], part[-scored:]) for part in parts]
    return {name: torch.cat([batch[name] for batch in batches]) for name in batches[0]}
