"""Scores one summary: ROUGE against the reference, its length, and its facts where they are known.

In: a row and a summary. Out: plain numbers by name, one set a document; intervals are `bootstrap`'s work.

ROUGE is F-measure, on the tokens of `training.rouge_tokens`.
Does not know where a summary comes from.
"""

from __future__ import annotations

from typing import NamedTuple

from rouge_score import rouge_scorer

from backend.corpus import GeneratedDocument, check_summary, from_row
from backend.datasets import Row
from backend.training.rouge_tokens import tokenizer_of

ROUGE_KINDS = ("rouge1", "rouge2", "rougeL")


class FactScores(NamedTuple):
    """How a summary treats the known facts of its document; None where there is nothing to count."""

    recall: float | None
    precision: float | None
    has_wrong_fact: bool


def score_text(summary: str, *, row: Row) -> dict[str, float]:
    """ROUGE-1/2/L (F-measure, 0…1) against the row's reference; length in characters and ROUGE tokens."""
    tokenizer = tokenizer_of(row.language)
    scores = rouge_scorer.RougeScorer(ROUGE_KINDS, tokenizer=tokenizer).score(row.reference, summary)
    return {
        **{kind: float(scores[kind].fmeasure) for kind in ROUGE_KINDS},
        "length_characters": float(len(summary)),
        "length_tokens": float(len(tokenizer.tokenize(summary))),
    }


def score_facts(summary: str, *, row: Row) -> FactScores | None:
    """Checks the summary against the row's known facts; None where the row has none (it was not generated).

    A summary that claims nothing has no precision, instead of a perfect one: silence must not raise the mean.

    Raises:
        DataError: the row's facts cannot be read.
    """
    if not isinstance(row.extra.get("facts"), list):
        return None
    document = _restore_document(row)
    check = check_summary(document, summary)
    has_carried = any(fact.must_carry for fact in document.facts)
    return FactScores(
        recall=check.fact_recall if has_carried else None,
        precision=check.fact_precision if check.claim_count else None,
        has_wrong_fact=check.has_wrong_fact,
    )


def _restore_document(row: Row) -> GeneratedDocument:
    return from_row(
        {
            "id": row.id,
            "document": row.document,
            "reference": row.reference,
            "kind": row.kind,
            "language": row.language,
            "title": str(row.extra.get("title", "")),
            "facts": row.extra["facts"],
        }
    )
