"""The list of the last documents, as plain values for `listing.js`.

In: jobs, newest first. Out: one row each, with its state in words. Knows nothing of the database.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.text import local_time, text
from backend.review.store.views import JobView

TONES = {"queued": "quiet", "running": "sure", "done": "sure", "failed": "doubtful"}


def recent_value(jobs: Sequence[JobView], *, open_job: int | None, language: str) -> dict:
    """What `listing.js` draws; nothing as long as there are no documents."""
    if not jobs:
        return {}
    return {
        "heading": text(language, "recent.heading"),
        "label": text(language, "recent.heading"),
        "rows": [
            {
                "id": job.id,
                "title": job.document_title,
                "meta": local_time(language, job.created_at),
                "badge": {"text": text(language, f"job.{job.state}"), "tone": TONES[job.state]},
                "is_open": job.id == open_job,
            }
            for job in jobs
        ],
    }
