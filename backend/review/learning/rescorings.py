"""Reviewed summaries of other models under the model in force, so that their verdicts calibrate it, too.

In: a database; the text of a summary scored by the model in force. Out: what is still to be scored, how far that is,
and analyses by summary. A summary itself keeps its scores: they are what people saw.

Only verdicts to learn from are scored again, and none on a document that the model has learned from. Certificates never
count such scores: they promise something about the summaries that a model writes itself. Knows nothing of the model.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.documents.document import Document
from backend.review.learning.evidence import Standing, deal, is_made_by, is_written_by, load_standing_lightly
from backend.review.policy import models
from backend.review.policy.models import ModelView
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.dialect import lock_versions
from backend.review.store.model_tables import RescoringRow
from backend.review.store.tables import DocumentRow, SummaryRow
from backend.uncertainty.features import FEATURE_VERSION
from backend.uncertainty.phrases import Analysis
from backend.uncertainty.serialization import analysis_to_json
from backend.uncertainty.summary import ScoredSummary


@dataclass(frozen=True, slots=True)
class Task:
    """A reviewed summary that the model in force has not scored yet."""

    summary_id: int
    text: str
    document: Document


@dataclass(frozen=True, slots=True)
class Extent:
    """How many reviewed summaries of other models are to be scored under the version in force, and have been."""

    version: int
    done: int
    total: int


def choose(learned: Sequence[Standing], *, model: dict[str, str], seen: Collection[str]) -> list[Standing]:
    """The verdicts to be scored again: those on another model's summary of an unseen document.

    Args:
        learned: the learning part of the verdicts, as `deal` gives it.
        model: names of base, adapter and posterior in force.
        seen: hashes of the documents that the adapter in force has learned from.
    """
    return [row for row in learned if row.sha256 not in seen and not is_written_by(row.summary, model)]


def extent(database: Database) -> Extent | None:
    """How far it is; None while no model has been in force."""
    view = models.current(database)
    if view is None:
        return None
    with database.reading() as session:
        wanted, done = _wanted(session, view), find_done(session, [view.version])
    return Extent(view.version, len(wanted & done), len(wanted))


def next_task(database: Database, *, without: Collection[int] = ()) -> Task | None:
    """The newest summary that waits, except for some; None when none does."""
    view = models.current(database)
    if view is None:
        return None
    with database.reading() as session:
        waiting = _wanted(session, view) - find_done(session, [view.version]) - set(without)
        if not waiting:
            return None
        summary = session.get_one(SummaryRow, max(waiting))
        document = session.get_one(DocumentRow, summary.document_id)
        return Task(summary.id, summary.text, _to_document(document))


def store(database: Database, task: Task, scored: ScoredSummary) -> bool:
    """Keep what the model in force makes of a summary; False when it was another model that scored it."""
    view = models.current(database)
    names = models.identity(scored)
    if view is None or names != models.identity(view.names):
        return False
    with database.session() as session:
        lock_versions(session)
        if task.summary_id not in find_done(session, [view.version]):
            session.add(to_row(task.summary_id, scored.analysis, model=view.version, samples=scored.samples))
            facts = {"summary": task.summary_id, "samples": scored.samples, **names}
            events.append(session, "scored_again", actor="", facts=facts)
        session.commit()
        return True


def to_row(summary_id: int, analysis: Analysis, *, model: int, samples: int) -> RescoringRow:
    """An analysis by the present features, to be stored beside the one that people saw."""
    return RescoringRow(
        summary_id=summary_id,
        model=model,
        feature_version=FEATURE_VERSION,
        samples=samples,
        analysis=analysis_to_json(analysis),
    )


def find_done(session: Session, versions: Sequence[int]) -> set[int]:
    """The summaries that one of these model versions has an analysis of, by the present features."""
    query = select(RescoringRow.summary_id).where(
        RescoringRow.model.in_(versions), RescoringRow.feature_version == FEATURE_VERSION
    )
    return set(session.scalars(query))


def load_analyses(session: Session, *, model: dict[str, str]) -> dict[int, dict[str, Any]]:
    """What is stored here of the model of these names, by the number of the summary."""
    with_names = models.versions_of(session, model)
    query = select(RescoringRow.summary_id, RescoringRow.analysis).where(
        RescoringRow.model.in_(with_names), RescoringRow.feature_version == FEATURE_VERSION
    )
    return {summary: analysis for summary, analysis in session.execute(query)}


def analyses_of(
    rows: Sequence[Standing], *, model: dict[str, str], again: Mapping[int, dict[str, Any]]
) -> dict[int, dict[str, Any]]:
    """What the model in force makes of each summary by the present features, where that is known.

    Args:
        model: names of base, adapter and posterior in force.
        again: analyses stored here, by summary; what a summary itself has goes before them.
    """
    own = [row.summary for row in rows if is_made_by(row.summary, model, feature_version=FEATURE_VERSION)]
    stored = {row.summary.id: again[row.summary.id] for row in rows if row.summary.id in again}
    return stored | {summary.id: summary.analysis for summary in own}


def _wanted(session: Session, view: ModelView) -> set[int]:
    seen = models.seen_documents(session, adapter=view.names.adapter)
    learned, _ = deal(load_standing_lightly(session))
    rows = choose(learned, model=models.identity(view.names), seen=seen)
    return {row.summary.id for row in rows}


def _to_document(row: DocumentRow) -> Document:
    return Document(
        title=row.title, text=row.text, kind=row.kind, language=row.language, source_name=row.source_name,
        notes=tuple(row.notes),
    )  # fmt: skip
