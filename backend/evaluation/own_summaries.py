"""The model's own summaries of generated documents, scored and held against the known facts: exact labels.

In: a summarizer, generated documents. Out: one `OwnSummary` a document that the model wrote something about.
Does not know what the labels are used for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backend.corpus import GeneratedDocument, SummaryCheck, check_summary, overlaps
from backend.documents import Document
from backend.language.decoding import write_batch
from backend.pipeline import Summarizer
from backend.uncertainty import Analysis, ScoredSummary

DOCUMENTS_AT_ONCE = 8  # written in one batch: the weights are read from memory once for all


@dataclass(frozen=True, slots=True)
class OwnSummary:
    """A summary by the model in use, with what is wrong about it.

    Attributes:
        generated: the document.
        prompt_ids, ids: the request and the summary as tokens.
        scored: the summary with its uncertainty.
        check: what it says against the known facts.
    """

    generated: GeneratedDocument
    prompt_ids: tuple[int, ...]
    ids: tuple[int, ...]
    scored: ScoredSummary
    check: SummaryCheck

    def wrong_phrases(self) -> tuple[bool, ...]:
        """For each phrase, whether a person would have to change it."""
        return wrong_phrases(self.scored.analysis, self.check)


def wrong_phrases(analysis: Analysis, check: SummaryCheck) -> tuple[bool, ...]:
    """For each phrase, whether it shares a character with a wrong claim or a made-up word."""
    errors = check.errors
    return tuple(overlaps((phrase.start_char, phrase.end_char), errors) for phrase in analysis.phrases)


def summarize_generated(
    summarizer: Summarizer, documents: Sequence[GeneratedDocument], *, samples: int
) -> Iterator[OwnSummary]:
    """Write, score and check a summary of each document; one that the model wrote nothing about is left out."""
    for start in range(0, len(documents), DOCUMENTS_AT_ONCE):
        part = documents[start : start + DOCUMENTS_AT_ONCE]
        texts = [Document(one.title, one.document, one.kind, one.language, "", ()) for one in part]
        readings = [summarizer.read(text) for text in texts]
        prompts = [reading.prompt.ids for reading in readings]
        written = write_batch(summarizer.language, prompts, max_tokens=summarizer.max_summary_tokens)
        for generated, text, reading, ids in zip(part, texts, readings, written, strict=True):
            if ids:
                scored = summarizer.score_written(text, reading, ids, samples=samples)
                check = check_summary(generated, scored.text)
                yield OwnSummary(generated, tuple(reading.prompt.ids), tuple(ids), scored, check)
