"""A document is submitted once, however often a program sends it: the same key leads to the same job.

A job that failed or was cancelled is no answer: after it the same key makes a new one.

In: a database, a document and a key of the submitter's choice. Out: the number of the job, and whether it is new.
Knows nothing of HTTP or of folders.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Select, String, Text, UniqueConstraint, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.documents.document import Document
from backend.errors import ReviewError
from backend.review.intake import summaries
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.storable import clean_typed
from backend.review.store.tables import JobRow, Table, now

MAX_KEY_CHARACTERS = 200


class SubmissionKeyRow(Table):
    """The key that a submitter gave to a document, and the job that came of it."""

    __tablename__ = "submission_keys"
    __table_args__ = (UniqueConstraint("submitted_by", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submitted_by: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(String(MAX_KEY_CHARACTERS))
    content_sha256: Mapped[str] = mapped_column(String(64))
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)


@dataclass(frozen=True, slots=True)
class Submission:
    """A job, and whether this call made it."""

    job_id: int
    is_new: bool


def submit_once(database: Database, *, document: Document, submitted_by: str, key: str) -> Submission:
    """Store a document and queue it, unless this person has used this key already and its job has not failed.

    Raises:
        ReviewError: the key was used for another text, or the text cannot be stored.
    """
    person, cleaned = clean_typed(submitted_by), clean_typed(key)[:MAX_KEY_CHARACTERS]
    content = summaries.fingerprint(document.text)
    with database.session() as session:
        known = _find(session, submitted_by=person, key=cleaned)
        if known is not None:
            again = _again(known, content=content)
            if not _has_failed(session, known):
                return again
        row = summaries.add_document(session, document, submitted_by=person)
        job_row = JobRow(document_id=row.id, state="queued", submitted_by=person)
        session.add(job_row)
        session.flush()
        if known is None:
            session.add(SubmissionKeyRow(submitted_by=person, key=cleaned, content_sha256=content, job_id=job_row.id))
        else:
            known.job_id = job_row.id
        facts = {"job": job_row.id, "document": row.id, "document_sha256": row.sha256}
        try:
            events.append(session, "submitted", actor=person, facts=facts)
            session.commit()
        except IntegrityError:  # the same key at the same moment, on PostgreSQL
            session.rollback()
            return _again(_find(session, submitted_by=person, key=cleaned), content=content)
        return Submission(job_row.id, is_new=True)


def try_again(database: Database, *, job_id: int, submitted_by: str) -> int:
    """Queue the document of this person's failed job once more; the number of the new job, also if asked twice.

    Raises:
        ReviewError: there is no such job of this person, or it has not failed.
    """
    with database.session() as session:
        failed = session.get(JobRow, job_id, with_for_update=True)
        if failed is None or failed.submitted_by != clean_typed(submitted_by):
            raise ReviewError("job.not_found", "There is no job {job}.", job=job_id)
        if failed.state != "failed":
            raise ReviewError("job.not_failed", "The job {job} has not failed.", job=job_id)
        later = select(JobRow.id).where(JobRow.document_id == failed.document_id, JobRow.id > job_id)
        known = session.scalar(later.order_by(JobRow.id).limit(1))
        if known is not None:
            return known
        row = JobRow(document_id=failed.document_id, state="queued", submitted_by=failed.submitted_by)
        session.add(row)
        session.flush()
        session.execute(update(SubmissionKeyRow).where(SubmissionKeyRow.job_id == job_id).values(job_id=row.id))
        facts = {"job": row.id, "failed_job": job_id, "document": row.document_id}
        events.append(session, "job_tried_again", actor=row.submitted_by, facts=facts)
        session.commit()
        return row.id


def is_known(database: Database, *, submitted_by: str, key: str) -> bool:
    """Whether this person has used this key for a job that has not failed."""
    with database.reading() as session:
        known = session.scalars(_select(submitted_by=clean_typed(submitted_by), key=key)).first()
        return known is not None and not _has_failed(session, known)


def _find(session: Session, *, submitted_by: str, key: str) -> SubmissionKeyRow | None:
    """The key, held until the end of the transaction: of two that repeat a failed job the second sees the first's."""
    return session.scalars(_select(submitted_by=submitted_by, key=key).with_for_update()).first()


def _select(*, submitted_by: str, key: str) -> Select[tuple[SubmissionKeyRow]]:
    return select(SubmissionKeyRow).where(SubmissionKeyRow.submitted_by == submitted_by, SubmissionKeyRow.key == key)


def _has_failed(session: Session, known: SubmissionKeyRow) -> bool:
    """Whether the key's job failed or was cancelled."""
    return session.scalar(select(JobRow.state).where(JobRow.id == known.job_id)) == "failed"


def _again(known: SubmissionKeyRow, *, content: str) -> Submission:
    if known.content_sha256 != content:
        raise ReviewError(
            "submission.key_reused",
            "The key {key} was used for another document (job {job}); send a new key with a new document.",
            key=known.key,
            job=known.job_id,
        )
    return Submission(known.job_id, is_new=False)
