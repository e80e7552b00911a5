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
from backend.corpus import GeneratedDocument, SummaryCheck, check_summary, generate
from backend.documents import Document
from backend.language.decoding import write_batch
from backend.pipeline import Summarizer, load_summarizer
from backend.uncertainty.fit import fit_cold_start
from backend.uncertainty.phrases import Phrase
from backend.uncertainty.report import JudgedSummary

DOCUMENTS_AT_ONCE = 8


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
    for part in _chunks(documents):
        texts = [_as_document(one) for one in part]
        readings = [summarizer.read(text) for text in texts]
        written = write_batch(
            summarizer.language,
            [reading.prompt.ids for reading in readings],
            max_tokens=summarizer.max_summary_tokens,
        )
        for generated, text, reading, ids in zip(part, texts, readings, written, strict=True):
            if not ids:
                continue
            scored = summarizer.score_written(text, reading, ids, samples=samples)
            check = check_summary(generated, scored.text)
            edited = tuple(is_wrong_phrase(phrase, check) for phrase in scored.analysis.phrases)
            is_wrong = check.has_wrong_fact or bool(check.missed)
            yield JudgedSummary(key=generated.id, analysis=scored.analysis, edited=edited, is_wrong=is_wrong)


def is_wrong_phrase(phrase: Phrase, check: SummaryCheck) -> bool:
    """Whether a phrase shares a character with a span that contradicts the known facts."""
    return any(phrase.start_char < end and start < phrase.end_char for start, end, _ in check.wrong_spans)


def _as_document(generated: GeneratedDocument) -> Document:
    return Document(
        title=generated.title,
        text=generated.document,
        kind=generated.kind,
        language=generated.language,
        source_name="",
        notes=(),
    )


def _chunks(documents: Sequence[GeneratedDocument]) -> Iterator[Sequence[GeneratedDocument]]:
    for start in range(0, len(documents), DOCUMENTS_AT_ONCE):
        yield documents[start : start + DOCUMENTS_AT_ONCE]
