"""What programs may call on the pages' own address with `gradio_client`: summarize a text, fetch a job's result.

In: a text, or the number of a job. Out: the JSON of `tashika summarize --json`. A token with the scope `submit` says
who calls (`app.login.gate`); everything else on the pages stays private. A call that breaks off loses nothing: the
job goes on, and `/result` has it. Knows nothing of models or of `/api/v1`'s other calls.
"""

from __future__ import annotations

import time
from dataclasses import replace

import gradio as gr

from app.api.submissions import result_of
from app.pages.context import Context
from app.pages.frame import PAGE_ROLES
from app.pages.handling import authorizes, require_choice, require_id
from app.pages.summarize import KINDS
from backend.documents import read_text
from backend.errors import ReviewError
from backend.people.ownership import find_job
from backend.review.intake import service

WAIT_SECONDS = 0.5
MAX_WAIT_SECONDS = 900.0
#: Each waits in a thread of the server; others wait in Gradio's queue.
MAX_WAITING = 4


def build_programs(language: str, context: Context) -> None:
    """Add the calls to the Blocks under construction."""
    guarded = authorizes(language, context=context, role=PAGE_ROLES[""])

    def summarize(request: gr.Request, text: str, kind: str = "") -> dict:
        """Summarize a text and wait for the summary with its uncertainty.

        Args:
            text: the document.
            kind: inspection_log, specification or report; guessed from the text when left out.
        """
        person = context.person(request.request)
        document = read_text(text or "")
        if kind:
            document = replace(document, kind=require_choice(kind, choices=KINDS))
        job_id = service.submit(context.database, document=document, submitted_by=person.name)
        limit = time.monotonic() + MAX_WAIT_SECONDS
        while find_job(context.database, job_id, person=person).state in ("queued", "running"):
            if time.monotonic() > limit:
                raise ReviewError("job.unfinished", "The job {job} is not done yet; ask again later.", job=job_id)
            time.sleep(WAIT_SECONDS)
        return {"job": job_id, **result_of(context.database, job_id, person=person)}

    def result(request: gr.Request, job: int) -> dict:
        """The summary of a job with its uncertainty, once the job is done.

        Args:
            job: its number.
        """
        number = require_id(job)
        return {"job": number, **result_of(context.database, number, person=context.person(request.request))}

    for call, limit in ((summarize, MAX_WAITING), (result, None)):
        gr.api(guarded(call), api_name=call.__name__, concurrency_limit=limit, api_visibility="public")
