"""`tashika cold-start`: learn the mapping from scores to the probability of an edit on generated documents.

The model in use summarizes documents whose facts are known, so that every error is known exactly; scikit-learn fits
the mapping that is in force until a plant's own verdicts replace it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from backend.config import Settings
from backend.corpus import GeneratedDocument, generate
from backend.evaluation.own_summaries import summarize_generated
from backend.pipeline import Summarizer, load_summarizer
from backend.uncertainty.fit import fit_cold_start
from backend.uncertainty.report import JudgedSummary


def learn(settings: Settings, *, count: int, seed: int, samples: int, output: Path) -> dict[str, Any]:
    """Summarize `count` generated documents, fit the mapping, write it as JSON; figures of what was seen."""
    documents = list(generate(count, seed=seed))
    judged = list(tqdm(judge_documents(load_summarizer(settings), documents, samples=samples), total=count))
    model = fit_cold_start(judged, seed=seed)
    output.write_text(json.dumps(model.to_json(), indent=1), "utf-8")
    flags = [flag for one in judged for flag in one.edited]
    return {
        "documents": len(judged),
        "wrong_summaries": sum(one.is_wrong for one in judged),
        "phrases": len(flags),
        "wrong_phrases": sum(flags),
    }


def judge_documents(
    summarizer: Summarizer, documents: Sequence[GeneratedDocument], *, samples: int
) -> Iterator[JudgedSummary]:
    """The model's own summaries with exact labels, one a document."""
    for own in summarize_generated(summarizer, documents, samples=samples):
        is_wrong = bool(own.check.errors or own.check.missed)
        yield JudgedSummary(
            key=own.generated.id, analysis=own.scored.analysis, edited=own.wrong_phrases(), is_wrong=is_wrong
        )
