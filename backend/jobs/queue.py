"""The queue: rows of jobs that are claimed, kept alive, reported on, given back, and ended.

In: a database and a worker's name or claim. Out: claims, and whether a claim still holds.
Every change is one conditional update in one short transaction, so no job ever has two owners.
Knows nothing of threads or of what a job computes; `backend.review.intake.service.finish` stores a finished one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.documents.document import Document
from backend.errors import ReviewError, TashikaError
from backend.review.policy import experiments, policies
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.tables import DocumentRow, JobRow, now
from backend.review.store.views import ClaimedJob
from backend.uncertainty.summary import Progress

MAX_ATTEMPTS = 3
#: A worker that gave no sign for so long is taken for dead, wherever it ran.
STALE_AFTER = timedelta(seconds=60)


def claim(database: Database, *, worker: str) -> ClaimedJob | None:
    """Take the oldest waiting job, or None when none waits."""
    with database.reading() as session:  # an idle worker asks often and should lock nothing
        if session.scalar(_select_oldest_waiting()) is None:
            return None
    with database.session() as session:
        job_id = session.scalar(_select_oldest_waiting().with_for_update(skip_locked=True))
        if job_id is None or not _take(session, job_id, worker=worker):
            return None
        row = session.get_one(JobRow, job_id)
        document = session.get_one(DocumentRow, row.document_id)
        sha256 = document.sha256
        taken = {
            "job_id": row.id, "attempt": row.attempts, "document_id": document.id, "document": _to_document(document),
        }  # fmt: skip
        session.commit()
    arm = experiments.arm_of(database, document_sha256=sha256)
    policy = experiments.policy_under(arm, in_force=policies.current(database))
    model = arm.model if arm is not None else None
    return ClaimedJob(**taken, worker=worker, samples=policy.samples, model=model)


def is_idle(database: Database) -> bool:
    """Whether no document waits or is worked on."""
    with database.reading() as session:
        return session.scalar(select(JobRow.id).where(JobRow.state.in_(("queued", "running"))).limit(1)) is None


def beat(database: Database, claimed: ClaimedJob) -> bool:
    """Show that the worker lives; False when the job is no longer its own."""
    return _change(database, claimed, heartbeat_at=now())


def report(database: Database, claimed: ClaimedJob, progress: Progress) -> bool:
    """Store how far the job is; False when the job is no longer the worker's own."""
    return _change(
        database,
        claimed,
        stage=progress.stage,
        done=progress.done,
        total=progress.total,
        text=progress.text,
        heartbeat_at=now(),
    )


def release(database: Database, claimed: ClaimedJob) -> bool:
    """Put the job back in its place in the queue; neither a worker that stops nor a model that is away is its fault."""
    return _change(database, claimed, **_waiting(), attempts=JobRow.attempts - 1)


def fail(database: Database, claimed: ClaimedJob, error: TashikaError) -> bool:
    """End the job with a sentence for the person who submitted it."""
    return _change(database, claimed, **_failed(error))


def cancel(database: Database, job_id: int, *, by: str = "") -> None:
    """End a waiting or running job; its worker notices at its next report. `by` names who did it, for the record.

    Raises:
        ReviewError: when the job is over, or there is none.
    """
    cancelled = ReviewError("job.cancelled", "The job was cancelled.")
    with database.session() as session:
        query = update(JobRow).where(JobRow.id == job_id, JobRow.state.in_(("queued", "running")))
        if session.execute(query.values(**_failed(cancelled))).rowcount != 1:
            raise ReviewError("job.not_cancellable", "The job {job} is over already, or was never there.", job=job_id)
        events.append(session, "job_cancelled", actor=by, facts={"job": job_id})
        session.commit()


def requeue_abandoned(database: Database, *, is_gone: Callable[[str], bool]) -> int:
    """Put back the jobs of dead workers, and give up those that were tried too often; return how many.

    A worker is dead when `is_gone` knows it, or when its heartbeat is older than `STALE_AFTER`.
    """
    running = select(JobRow.id, JobRow.worker, JobRow.attempts, JobRow.heartbeat_at).where(JobRow.state == "running")
    with database.reading() as session:
        rows = session.execute(running).all()
    oldest_live = now() - STALE_AFTER
    count = 0
    for job_id, worker, attempt, heartbeat_at in rows:
        if heartbeat_at < oldest_live or is_gone(worker):
            count += _abandon(database, job_id, worker=worker, attempt=attempt, seen_at=heartbeat_at)
    return count


def _abandon(database: Database, job_id: int, *, worker: str, attempt: int, seen_at: Any) -> int:
    values = _waiting()
    if attempt >= MAX_ATTEMPTS:
        given_up = ReviewError(
            "job.given_up",
            "The program stopped {attempts} times while it worked on this document and does not try again; "
            "submit it once more, or a shorter part of it.",
            attempts=attempt,
        )
        values = _failed(given_up)
    with database.session() as session:
        query = _owned(job_id, worker=worker, attempt=attempt).where(JobRow.heartbeat_at == seen_at)
        changed = session.execute(query.values(**values)).rowcount
        session.commit()
    return changed


def _select_oldest_waiting() -> Any:
    return select(JobRow.id).where(JobRow.state == "queued").order_by(JobRow.id).limit(1)


def _take(session: Session, job_id: int, *, worker: str) -> bool:
    started = now()
    changed = session.execute(
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.state == "queued")
        .values(
            state="running",
            worker=worker,
            attempts=JobRow.attempts + 1,
            started_at=started,
            heartbeat_at=started,
        )
    )
    return changed.rowcount == 1


def _owned(job_id: int, *, worker: str, attempt: int) -> Any:
    """An update of the job, if it is still in these hands."""
    return update(JobRow).where(
        JobRow.id == job_id,
        JobRow.state == "running",
        JobRow.worker == worker,
        JobRow.attempts == attempt,
    )


def _change(database: Database, claimed: ClaimedJob, **values: Any) -> bool:
    query = _owned(claimed.job_id, worker=claimed.worker, attempt=claimed.attempt)
    with database.session() as session:
        changed = session.execute(query.values(**values)).rowcount == 1
        session.commit()
    return changed


def _waiting() -> dict[str, Any]:
    return {"state": "queued", "worker": None, "stage": "", "done": 0, "total": 0, "text": ""}


def _failed(error: TashikaError) -> dict[str, Any]:
    return {
        "state": "failed",
        "finished_at": now(),
        "error_code": error.code,
        "error_sentence": error.sentence,
        "error_parameters": dict(error.parameters),
    }


def _to_document(row: DocumentRow) -> Document:
    return Document(
        title=row.title,
        text=row.text,
        kind=row.kind,
        language=row.language,
        source_name=row.source_name,
        notes=tuple(row.notes),
    )
