"""The way of a document: submit it, follow its job, keep the finished summary, read it again.

In: a database and a document, a claimed job or a scored summary. Out: numbers and views.
Every function here is one use case and owns its transaction; none runs the model.
"""

from __future__ import annotations

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from backend.documents.document import Document
from backend.errors import ReviewError
from backend.review.intake import summaries
from backend.review.learning import calibration
from backend.review.policy import experiments
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.storable import clean_typed
from backend.review.store.tables import DocumentRow, JobRow, SummaryRow, now
from backend.review.store.views import ClaimedJob, JobError, JobView, SummaryView
from backend.uncertainty.summary import ScoredSummary


def submit(database: Database, *, document: Document, submitted_by: str = "") -> int:
    """Store a document and queue it; return the number of its job.

    Raises:
        ReviewError: when the text holds characters that cannot be stored.
    """
    with database.session() as session:
        row = summaries.add_document(session, document, submitted_by=submitted_by)
        job_row = JobRow(document_id=row.id, state="queued", submitted_by=row.submitted_by)
        session.add(job_row)
        session.flush()
        facts = {"job": job_row.id, "document": row.id, "document_sha256": row.sha256}
        events.append(session, "submitted", actor=row.submitted_by, facts=facts)
        session.commit()
        return job_row.id


def job(database: Database, job_id: int) -> JobView:
    """Where a job stands.

    Raises:
        ReviewError: when there is no such job.
    """
    with database.reading() as session:
        found = session.execute(_select_jobs().where(JobRow.id == job_id)).first()
        if found is None:
            raise ReviewError("job.not_found", "There is no job {job}.", job=job_id)
        return _to_view(session, *found)


def recent_jobs(database: Database, *, submitted_by: str | None = None, limit: int = 20) -> tuple[JobView, ...]:
    """The newest jobs, of one person or of all (None)."""
    query = _select_jobs().order_by(JobRow.id.desc()).limit(limit)
    if submitted_by is not None:
        query = query.where(JobRow.submitted_by == clean_typed(submitted_by))
    with database.reading() as session:
        return tuple(_to_view(session, *found) for found in session.execute(query))


def finish(database: Database, *, claim: ClaimedJob, scored: ScoredSummary) -> int:
    """Store the summary of a claimed job, decide about it, and end the job: all of it or nothing.

    Raises:
        ReviewError: when the job is no longer this worker's.
    """
    sha256 = summaries.fingerprint(claim.document.text)
    judgement = summaries.weigh(
        scored,
        document_sha256=sha256,
        kind=claim.document.kind,
        calibration=calibration.current(database),
        policy=experiments.policy_for(database, document_sha256=sha256),
    )
    with database.session() as session:
        _end_job(session, claim)
        document = session.get_one(DocumentRow, claim.document_id)
        summary_id = summaries.add_summary(session, scored, judgement=judgement, document=document, job_id=claim.job_id)
        session.commit()
        return summary_id


def record(database: Database, *, document: Document, scored: ScoredSummary, submitted_by: str = "") -> SummaryView:
    """Store a document that was summarized outside of the queue, and decide about it in the same way."""
    sha256 = summaries.fingerprint(document.text)
    judgement = summaries.weigh(
        scored,
        document_sha256=sha256,
        kind=document.kind,
        calibration=calibration.current(database),
        policy=experiments.policy_for(database, document_sha256=sha256),
    )
    with database.session() as session:
        row = summaries.add_document(session, document, submitted_by=submitted_by)
        facts = {"document": row.id, "document_sha256": row.sha256}
        events.append(session, "submitted", actor=row.submitted_by, facts=facts)
        summary_id = summaries.add_summary(session, scored, judgement=judgement, document=row, job_id=None)
        session.commit()
        return summaries.load(session, summary_id)


def summary(database: Database, summary_id: int) -> SummaryView:
    """A stored summary.

    Raises:
        ReviewError: when there is no such summary.
    """
    with database.reading() as session:
        return summaries.load(session, summary_id)


def _end_job(session: Session, claim: ClaimedJob) -> None:
    changed = session.execute(
        update(JobRow)
        .where(
            JobRow.id == claim.job_id,
            JobRow.state == "running",
            JobRow.worker == claim.worker,
            JobRow.attempts == claim.attempt,
        )
        .values(state="done", finished_at=now())
    )
    if changed.rowcount != 1:
        raise ReviewError(
            "job.not_owned",
            "The job {job} was cancelled or given to another worker; this result was not stored.",
            job=claim.job_id,
        )


def _select_jobs() -> Select[tuple[JobRow, str, int | None]]:
    return (
        select(JobRow, DocumentRow.title, SummaryRow.id)
        .join(DocumentRow, DocumentRow.id == JobRow.document_id)
        .outerjoin(SummaryRow, SummaryRow.job_id == JobRow.id)
    )


def _to_view(session: Session, row: JobRow, title: str, summary_id: int | None) -> JobView:
    return JobView(
        id=row.id,
        state=row.state,
        stage=row.stage,
        done=row.done,
        total=row.total,
        text=row.text,
        error=_to_error(row),
        summary_id=summary_id,
        position=_count_waiting_until(session, row),
        attempts=row.attempts,
        document_title=title,
        submitted_by=row.submitted_by,
        created_at=row.created_at,
    )


def _to_error(row: JobRow) -> JobError | None:
    if row.state != "failed":
        return None
    return JobError(row.error_code or "", row.error_sentence or "", dict(row.error_parameters or {}))


def _count_waiting_until(session: Session, row: JobRow) -> int:
    if row.state != "queued":
        return 0
    waiting = select(func.count()).where(JobRow.state == "queued", JobRow.id <= row.id)
    return session.scalar(waiting) or 0
