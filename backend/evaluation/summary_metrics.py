"""Scores one summary: ROUGE against the reference, its length, and its facts where they are known.

In: a row and a summary. Out: plain numbers by name, one set a document; intervals are `bootstrap`'s work.

ROUGE is that of the package rouge-score, F-measure, with its English tokens (lower case, ASCII letters and
digits, Porter stems). That tokenizer drops every Japanese character, so **Japanese is declared differently**:
after NFKC and lower-casing, every Japanese character is a token, and so is every run of Latin letters and
digits with its inner points and hyphens (`12.4`, `lot-7a`). Figures of the two languages are therefore not
comparable.

Does not know where a summary comes from.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from rouge_score import rouge_scorer, tokenizers

from backend.corpus import GeneratedDocument, check_summary, from_row
from backend.datasets import Row

ROUGE_KINDS = ("rouge1", "rouge2", "rougeL")
_JAPANESE_TOKEN = re.compile(r"[a-z0-9]+(?:[.\-/:][a-z0-9]+)*|[^\W_]")


class FactScores(NamedTuple):
    """How a summary treats the known facts of its document; None where there is nothing to count."""

    recall: float | None
    precision: float | None
    has_wrong_fact: bool


class CharacterTokenizer(tokenizers.Tokenizer):
    """Japanese tokens for ROUGE: single characters, and whole runs of Latin letters and digits."""

    def tokenize(self, text: str) -> list[str]:
        """Splits `text`; punctuation and spaces are dropped."""
        return _JAPANESE_TOKEN.findall(unicodedata.normalize("NFKC", text).lower())


def score_text(summary: str, *, row: Row) -> dict[str, float]:
    """ROUGE-1/2/L (F-measure, 0…1) against the row's reference; length in characters and ROUGE tokens."""
    tokenizer = _tokenizer_of(row.language)
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


@lru_cache(maxsize=2)
def _tokenizer_of(language: str) -> tokenizers.Tokenizer:
    return CharacterTokenizer() if language == "ja" else tokenizers.DefaultTokenizer(use_stemmer=True)
