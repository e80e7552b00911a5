"""Analyses of judged summaries by the features of this program, where an earlier version of it made them.

In: a database. Out: stored analyses (`rescorings.load_analyses`), made from the tokens' scores that are kept with every
summary, so that no model is needed. The summary keeps the analysis that people saw.

Without this an update of the checks would make every earlier verdict worthless for calibrations and certificates.
Only summaries of the model in force: those of others wait for its scores (`rescorings`).
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.review.learning import rescorings
from backend.review.learning.evidence import find_model
from backend.review.policy import models
from backend.review.store.database import Database
from backend.review.store.dialect import lock_versions
from backend.review.store.model_tables import RescoringRow
from backend.review.store.standing import stands
from backend.review.store.tables import DocumentRow, ItemRow, SummaryRow, VerdictRow
from backend.uncertainty.analyze import analyze
from backend.uncertainty.features import FEATURE_VERSION
from backend.uncertainty.serialization import tokens_from_json

#: Analyses that are stored at once: a stop loses no more.
SUMMARIES_AT_ONCE = 50


def renew(database: Database) -> int:
    """Renew what is missing; returns how many analyses were made. No transaction is open while they are."""
    with database.reading() as session:
        model = find_model(session)
        versions = models.versions_of(session, model)
        missing = _find_outdated(session, model, versions=versions) if versions else []
    for start in range(0, len(missing), SUMMARIES_AT_ONCE):
        part = missing[start : start + SUMMARIES_AT_ONCE]
        rows = [_renew_one(database, summary, version=versions[-1]) for summary in part]
        with database.session() as session:
            lock_versions(session)
            done = rescorings.find_done(session, versions)
            session.add_all(row for row in rows if row.summary_id not in done)
            session.commit()
    return len(missing)


def _find_outdated(session: Session, model: dict[str, str], *, versions: list[int]) -> list[int]:
    query = (
        select(SummaryRow.id, SummaryRow.base, SummaryRow.adapter, SummaryRow.posterior)
        .join(ItemRow, ItemRow.summary_id == SummaryRow.id)
        .join(VerdictRow, VerdictRow.item_id == ItemRow.id)
        .where(stands(), SummaryRow.analysis["feature_version"].as_integer() != FEATURE_VERSION)
        .order_by(SummaryRow.id)
    )
    done = rescorings.find_done(session, versions)
    own = [row.id for row in session.execute(query) if models.identity(row) == model]
    return [summary for summary in dict.fromkeys(own) if summary not in done]


def _renew_one(database: Database, summary_id: int, *, version: int) -> RescoringRow:
    with database.reading() as session:
        summary = session.get_one(SummaryRow, summary_id)
        document = session.get_one(DocumentRow, summary.document_id)
        text, language = document.text, document.language
        written, tokens, samples = summary.text, tokens_from_json(summary.tokens), summary.samples
    analysis = analyze(text, summary=written, tokens=tokens, language=language)
    return rescorings.to_row(summary_id, analysis, model=version, samples=samples)
