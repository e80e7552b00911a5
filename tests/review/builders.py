"""Small documents and scored summaries for the tests of the database and the queue.

The summarizer is a plain function here; its analysis is made by the real one.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from backend.documents.document import Document
from backend.review.intake.service import record
from backend.review.policy import policies
from backend.review.store.database import Database
from backend.review.store.views import SummaryView
from backend.uncertainty.analyze import analyze
from backend.uncertainty.summary import Progress, ScoredSummary
from backend.uncertainty.tokens import Alternative, ScoredToken

LOG = "Inspection log\nLot A-1741, 12 pieces.\nDiameter 12.4 mm, limit 12.5 mm.\nResult: OK.\n"
SUMMARY = "Lot A-1741: diameter 12.4 mm, result OK."
WRONG_SUMMARY = "Lot A-1741: diameter 18.9 mm, result OK."


def build_document(text: str = LOG, *, title: str = "Log 1", language: str = "en") -> Document:
    """A document as the reading room makes it."""
    return Document(title=title, text=text, kind="inspection_log", language=language, source_name="log.txt", notes=())


def build_scored(
    text: str = SUMMARY,
    *,
    document: Document | None = None,
    probability: float = 0.95,
    posterior: str = "posterior-1",
) -> ScoredSummary:
    """A summary whose tokens are its words, all equally probable."""
    document = document or build_document()
    tokens = _build_tokens(text, probability=probability)
    return ScoredSummary(
        text=text,
        tokens=tokens,
        analysis=analyze(document.text, summary=text, tokens=tokens, language=document.language),
        base="tiny",
        adapter="adapter-1",
        posterior=posterior,
        samples=8,
        seconds={"generate": 0.5, "score": 0.25},
        notes=("document.truncated",),
    )


def summarize(document: Document, *, samples: int, on_progress: Callable[[Progress], None]) -> ScoredSummary:
    """A summarizer of the right shape: the same summary for every document."""
    on_progress(Progress("reading", 1, 1))
    on_progress(Progress("writing", 1, 2, "Lot"))
    on_progress(Progress("scoring", samples, samples, SUMMARY))
    return build_scored(document=document)


def send_all_to_review(database: Database) -> None:
    """A policy under which every summary goes to a person."""
    policies.save(database, threshold=0.0, samples=8, audit_share=0.0)


def record_item(database: Database, *, number: int = 0, text: str = SUMMARY, probability: float = 0.95) -> SummaryView:
    """A summary in the inbox; every number is another document."""
    send_all_to_review(database)
    document = build_document(f"{LOG}Sheet {number}.\n", title=f"Log {number}")
    return record(database, document=document, scored=build_scored(text, document=document, probability=probability))


def record_audited(database: Database, *, audit_share: float, probability: float = 0.99, first: int = 0) -> SummaryView:
    """A confident summary on which the lot of an audit fell; `first` numbers the documents that are tried."""
    policies.save(database, threshold=1.0, samples=8, audit_share=audit_share)
    number = first
    while True:
        document = build_document(f"{LOG}Audited {number}.\n")
        scored = build_scored(document=document, probability=probability)
        view = record(database, document=document, scored=scored)
        if view.item_id is not None:
            return view
        number += 1


def _build_tokens(text: str, *, probability: float) -> tuple[ScoredToken, ...]:
    tokens = []
    for match in re.finditer(r"\s*\S+\s*$|\s*\S+", text):
        tokens.append(
            ScoredToken(
                text=match.group(),
                start_char=match.start(),
                end_char=match.end(),
                probability=probability,
                entropy_nats=round(1.0 - probability, 4),
                expected_entropy_nats=round((1.0 - probability) / 2, 4),
                mutual_information_nats=round((1.0 - probability) / 2, 4),
                logit_variance=0.5,
                alternatives=(Alternative(match.group(), probability), Alternative(" other", 0.01)),
            )
        )
    return tuple(tokens)
