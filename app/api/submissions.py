"""Submit a document, ask how far it is, fetch the summary.

In: a text or a file. Out: the number of a job; later the JSON that `tashika summarize --json` prints.
With an `Idempotency-Key` a program may send a document again after a broken connection without submitting it twice.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Header, UploadFile

from app.api.authorizing import OpenDatabase, caller
from app.api.forms import ErrorAnswer, JobAnswer, Kind, Number, SubmittedAnswer, TextToSubmit
from app.commands.reviewing import summary_json
from backend.documents import Document, read_file, read_text
from backend.errors import ReviewError
from backend.people.ownership import find_job
from backend.people.person import Person
from backend.review.intake import service
from backend.review.intake.submissions import MAX_KEY_CHARACTERS, submit_once
from backend.review.store.database import Database
from backend.review.store.views import JobView

router = APIRouter(tags=["summaries"])
Submitter = Annotated[Person, Depends(caller("submit", role="submitter"))]
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=1, max_length=MAX_KEY_CHARACTERS,
           description="Any text of your choice; the same key leads to the same job, until that fails."),
]  # fmt: skip


@router.post("/documents", status_code=202)
def submit_text(body: TextToSubmit, person: Submitter, database: OpenDatabase, key: Key = None) -> SubmittedAnswer:
    """Queue a text to be summarized."""
    document = read_text(body.text, title=body.title)
    return _submit(database, _of_kind(document, body.kind), person=person, key=key)


@router.post("/files", status_code=202)
def submit_file(
    file: UploadFile,
    person: Submitter,
    database: OpenDatabase,
    kind: Annotated[Kind | None, Form()] = None,
    key: Key = None,
) -> SubmittedAnswer:
    """Queue a txt, md, csv, xlsx, docx or pdf file to be summarized."""
    with tempfile.TemporaryDirectory(prefix="tashika-") as folder:
        copy = Path(folder) / "upload"
        copy.write_bytes(file.file.read())
        document = read_file(copy, name=file.filename or "")
    return _submit(database, _of_kind(document, kind), person=person, key=key)


@router.get("/jobs/{job}")
def read_status(job: Number, person: Submitter, database: OpenDatabase) -> JobAnswer:
    """How far a job is."""
    return _to_answer(find_job(database, job, person=person))


@router.get("/jobs/{job}/result")
def read_result(job: Number, person: Submitter, database: OpenDatabase) -> dict[str, Any]:
    """The summary with the uncertainty of every token and phrase, once the job is done."""
    return result_of(database, job, person=person)


def result_of(database: Database, job: int, *, person: Person) -> dict[str, Any]:
    """What `tashika summarize --json` prints of a job that is done.

    Raises:
        ReviewError: there is no such job of this person, it failed, or it is not done yet.
    """
    found = find_job(database, job, person=person)
    if found.state == "failed":
        raise ReviewError("job.failed", "The job {job} failed: {reason}", job=job, reason=_error(found).message)
    if found.summary_id is None:
        raise ReviewError("job.unfinished", "The job {job} is not done yet; ask again later.", job=job)
    return summary_json(service.summary(database, found.summary_id))


def _submit(database: Database, document: Document, *, person: Person, key: str | None) -> SubmittedAnswer:
    if key is None:
        return SubmittedAnswer(job=service.submit(database, document=document, submitted_by=person.name), is_new=True)
    submission = submit_once(database, document=document, submitted_by=person.name, key=key)
    return SubmittedAnswer(job=submission.job_id, is_new=submission.is_new)


def _of_kind(document: Document, kind: Kind | None) -> Document:
    return document if kind is None else replace(document, kind=kind)


def _to_answer(job: JobView) -> JobAnswer:
    return JobAnswer(
        job=job.id,
        state=job.state,
        stage=job.stage,
        done=job.done,
        total=job.total,
        position=job.position,
        summary=job.summary_id,
        error=_error(job) if job.error is not None else None,
    )


def _error(job: JobView) -> ErrorAnswer:
    return ErrorAnswer(code=job.error.code, message=job.error.sentence.format(**job.error.parameters))
