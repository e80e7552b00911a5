"""Whose a document is: a submitter sees own jobs and summaries, a reviewer everybody's.

In: a database, a number and the person who asks. Out: the job or summary, or "there is none" for what is not theirs,
so that numbers tell nothing. Knows nothing of pages or HTTP.
"""

from __future__ import annotations

from backend.errors import ReviewError
from backend.people.person import Person
from backend.review.intake import service
from backend.review.store.database import Database
from backend.review.store.views import JobView


def find_job(database: Database, job_id: int, *, person: Person) -> JobView:
    """Where a job stands.

    Raises:
        ReviewError: there is no such job, or it is somebody else's.
    """
    job = service.job(database, job_id)
    if job.submitted_by != person.name and not person.may("reviewer"):
        raise ReviewError("job.not_found", "There is no job {job}.", job=job_id)
    return job
