"""What reviewers' verdicts teach the model itself: documents with the texts that people let stand.

In: a session with verdicts that stand. Out: `Pairs` by part; one pair a document, its newest text.
An approved summary stands as it was, a corrected one as it was corrected; a rejected one teaches nothing. Verdicts
that are kept for certificates, and documents that are kept for calibration, never get here (`evidence`).
Knows nothing of training.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.review.learning.evidence import PART_SHARES, Standing, deal, load_standing_lightly, part_of
from backend.review.store.tables import DocumentRow, ItemRow, SummaryRow, VerdictRow

#: Fewer than these cannot be learned from, tuned by or compared on.
LEAST = {"train": 20, "validation": 3, "held_out": 5}


@dataclass(frozen=True, slots=True)
class Pair:
    """A document and the summary of it that a person let stand."""

    verdict: int
    sha256: str
    document: str
    text: str
    kind: str
    language: str
    is_corrected: bool

    def to_row(self) -> dict[str, str]:
        """As a row to learn from or to compare on."""
        return {"document": self.document, "reference": self.text, "kind": self.kind, "language": self.language}


@dataclass(frozen=True, slots=True)
class Counts:
    """How many documents there are of each part, and how many more are needed, about.

    Attributes:
        parts: documents by part, "calibration" among them.
        corrected: of those that are trained on.
        certificates: verdicts kept for certificates.
        missing: reviewed documents still needed; 0 when there are enough.
    """

    parts: dict[str, int]
    corrected: int
    certificates: int
    missing: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """Verdicts to learn from, one a document, by part; and those kept for certificates."""

    parts: dict[str, tuple[Standing, ...]]
    kept: tuple[Standing, ...]


def choose(standing: Sequence[Standing]) -> Chosen:
    """Deal verdicts that stand into the parts; the parts share no document with each other or with those kept."""
    learned, kept = deal(standing)
    newest = {row.sha256: row for row in learned if row.verdict.kind in ("approve", "correct")}
    parts: dict[str, list[Standing]] = {name: [] for name in PART_SHARES}
    for row in newest.values():
        parts[part_of(row.sha256)].append(row)
    return Chosen({name: tuple(rows) for name, rows in parts.items()}, tuple(kept))


def count(chosen: Chosen) -> Counts:
    """The sizes of the parts, and what is missing."""
    sizes = {name: len(rows) for name, rows in chosen.parts.items()}
    needed = [math.ceil((least - sizes[name]) / PART_SHARES[name]) for name, least in LEAST.items()]
    return Counts(
        parts=sizes,
        corrected=sum(row.verdict.kind == "correct" for row in chosen.parts["train"]),
        certificates=len(chosen.kept),
        missing=max(0, *needed),
    )


def read_counts(session: Session) -> Counts:
    """The sizes now."""
    return count(choose(load_standing_lightly(session)))


def load_pairs(session: Session, verdicts: Sequence[int]) -> tuple[Pair, ...]:
    """The pairs of verdicts that a run was given, whatever has become of these since."""
    query = (
        select(VerdictRow, SummaryRow.text, DocumentRow)
        .join(ItemRow, ItemRow.id == VerdictRow.item_id)
        .join(SummaryRow, SummaryRow.id == ItemRow.summary_id)
        .join(DocumentRow, DocumentRow.id == SummaryRow.document_id)
        .where(VerdictRow.id.in_(verdicts))
        .order_by(VerdictRow.id)
    )
    return tuple(
        Pair(
            verdict=verdict.id,
            sha256=document.sha256,
            document=document.text,
            text=verdict.text if verdict.kind == "correct" and verdict.text else summary,
            kind=document.kind,
            language=document.language,
            is_corrected=verdict.kind == "correct",
        )
        for verdict, summary, document in session.execute(query)
    )
