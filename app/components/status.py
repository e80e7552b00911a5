"""Where a job and the model stand, as plain values for `progress.js` and `sheet.js`.

In: a `JobView`, a `ModelState`. Out: sentences that are true at the moment of asking.
Knows nothing of the database or the queue.
"""

from __future__ import annotations

from app.model_loading import ModelState
from app.text import error_text, text
from backend.errors import TashikaError
from backend.review.store.views import JobError, JobView

STAGES = ("reading", "writing", "scoring")


def progress_value(job: JobView, *, model: ModelState, language: str) -> dict:
    """One line about a job, with a bar where the share is known, and the text so far."""
    if job.state == "done":
        return {}
    value = {
        "state": job.state,
        "sentence": _sentence(job, model=model, language=language),
        "detail": job.document_title,
        "text": job.text,
    }
    if job.state in ("queued", "running"):
        value["cancel"] = text(language, "progress.cancel")
    share = _percent_done(job, model=model)
    return value if share is None else {**value, "percent": share}


def _sentence(job: JobView, *, model: ModelState, language: str) -> str:
    if job.state == "failed" and job.error is not None:
        return job_error_text(language, job.error)
    if job.state == "queued":
        if model.status == "failed" and not model.has_model:
            return text(language, "progress.held", reason=model_sentence(model, language=language))
        key = "progress.queued.elsewhere" if model.status == "elsewhere" else "progress.queued"
        return text(language, key, position=job.position)
    if model.status not in ("ready", "elsewhere") and not model.has_model:
        return model_sentence(model, language=language)
    if job.stage in STAGES:
        return text(language, f"progress.{job.stage}", done=job.done, total=job.total or "?")
    return text(language, "progress.starting")


def job_error_text(language: str, error: JobError) -> str:
    """Why a job failed, in the language of the page."""
    return error_text(language, TashikaError(error.code, error.sentence, **error.parameters))


def _percent_done(job: JobView, *, model: ModelState) -> int | None:
    if job.state != "running":
        return None
    if model.status == "loading" and not model.has_model:
        return round(100 * model.share)
    return round(100 * min(1.0, job.done / job.total)) if job.total else None


def model_sentence(model: ModelState, *, language: str) -> str:
    """The state of the model in words."""
    if model.error is not None:
        reason = error_text(language, model.error)
        return text(language, "model.kept", reason=reason) if model.has_model else reason
    key = "model.changing" if model.status == "loading" and model.has_model else f"model.{model.status}"
    return text(language, key, percent=round(100 * model.share))


def readiness_value(model: ModelState, *, language: str) -> dict:
    """A notice while the model is not ready; nothing once it is, or where other processes write the summaries."""
    if model.status in ("ready", "elsewhere"):
        return {}
    tone = "warn" if model.status == "failed" else "plain"
    lines = [model_sentence(model, language=language)]
    if not model.has_model:  # documents have to wait
        lines.append(text(language, f"model.{'failed' if model.status == 'failed' else 'loading'}.hint"))
    return {"blocks": [{"type": "note", "tone": tone, "lines": lines}]}
