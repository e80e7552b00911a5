"""A document is submitted once, however often a program sends it: the same key leads to the same job.

In: a database, a document and a key of the submitter's choice. Out: the number of the job, and whether it is new.
Knows nothing of HTTP or of folders.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.documents.document import Document
from backend.errors import ReviewError
from backend.review.intake import summaries
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
    """Store a document and queue it, unless this person has used this key already.

    Raises:
        ReviewError: the key was used for another text, or the text cannot be stored.
    """
    person, cleaned = clean_typed(submitted_by), clean_typed(key)[:MAX_KEY_CHARACTERS]
    content = summaries.fingerprint(document.text)
    with database.session() as session:
        known = _find(session, submitted_by=person, key=cleaned)
        if known is not None:
            return _again(known, content=content)
        row = summaries.add_document(session, document, submitted_by=person)
        job_row = JobRow(document_id=row.id, state="queued", submitted_by=person)
        session.add(job_row)
        session.flush()
        session.add(SubmissionKeyRow(submitted_by=person, key=cleaned, content_sha256=content, job_id=job_row.id))
        try:
            session.commit()
        except IntegrityError:  # the same key at the same moment, on PostgreSQL
            session.rollback()
            return _again(_find(session, submitted_by=person, key=cleaned), content=content)
        return Submission(job_row.id, is_new=True)


def is_known(database: Database, *, submitted_by: str, key: str) -> bool:
    """Whether this person has used this key."""
    with database.reading() as session:
        return _find(session, submitted_by=clean_typed(submitted_by), key=key) is not None


def _find(session: Session, *, submitted_by: str, key: str) -> SubmissionKeyRow | None:
    query = select(SubmissionKeyRow).where(SubmissionKeyRow.submitted_by == submitted_by, SubmissionKeyRow.key == key)
    return session.scalars(query).first()


def _again(known: SubmissionKeyRow, *, content: str) -> Submission:
    if known.content_sha256 != content:
        raise ReviewError(
            "submission.key_reused",
            "The key {key} was used for another document (job {job}); send a new key with a new document.",
            key=known.key,
            job=known.job_id,
        )
    return Submission(known.job_id, is_new=False)
