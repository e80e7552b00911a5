"""The page *Summarize*: a document in, its job while it runs, its summary with doubtful phrases marked.

In: what a person pastes, uploads or picks. Out: a row in the queue, and what that row has become.
A job's number stands in the address, so that a reload or a closed tab loses nothing.
Knows nothing of models; what a job does is the worker's business.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import gradio as gr

from app.components.element import build_element
from app.components.highlight import highlight_value, note_text
from app.components.status import progress_value, readiness_value
from app.pages.context import Context
from app.pages.frame import PAGE_ROLES, address_script, build_frame
from app.pages.handling import LISTENER, authorizes, optional_id, require_choice, require_id
from app.pages.recent import recent_value
from app.pages.samples import SAMPLES, read_sample
from app.text import catalogue, text
from backend.documents import MAX_CHARACTERS, Document, paste_too_long, read_file, read_text
from backend.errors import DocumentError, ReviewError
from backend.jobs import queue
from backend.people.ownership import find_job
from backend.people.person import Person
from backend.review.intake import service, submissions
from backend.review.learning import calibration
from backend.review.store.database import Database
from backend.review.store.views import JobView

KINDS = ("inspection_log", "specification", "report")
# What the file dialog offers; the last three cannot be read. Whatever arrives, the reader says what to do with it:
# Gradio would refuse other types before that, and in English.
FILE_TYPES = [".txt", ".log", ".md", ".csv", ".tsv", ".xlsx", ".docx", ".pdf", ".xls", ".doc", ".ppt"]
POLL_SECONDS = 0.7
MAX_NAME_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Form:
    """The components that take a document."""

    column: gr.Column
    document: gr.Textbox
    kind: gr.Radio
    is_kind_chosen: gr.Checkbox
    source_name: gr.Textbox
    notes: gr.Textbox
    remarks: gr.HTML
    upload: gr.UploadButton
    dropzone: gr.HTML
    submit: gr.Button
    samples: tuple[gr.Button, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """The components that show a job, and the list of the last ones."""

    column: gr.Column
    job: gr.Number
    progress: gr.HTML
    again: gr.Button
    result: gr.HTML
    recent: gr.HTML
    readiness: gr.HTML
    timer: gr.Timer


def build_summarize(language: str, context: Context) -> None:
    """Build the page inside the Blocks under construction."""
    build_frame(language, path="")
    readiness = build_element("sheet", elem_id="readiness")
    form = _build_form(language)
    with gr.Column(visible=False, elem_id="job-view") as column:
        gr.Button(text(language, "summarize.new"), link=f"/{language}/", link_target="_self", size="sm", elem_id="new")
        progress = build_element("progress", elem_id="progress")
        again = gr.Button(text(language, "summarize.again"), visible=False, size="sm", elem_id="again")
        result = build_element("highlight", elem_id="result")
    recent = build_element("listing", elem_id="recent")
    job = gr.Number(visible=False, precision=0)
    timer = gr.Timer(POLL_SECONDS, active=False)
    work = Work(column, job, progress, again, result, recent, readiness, timer)
    _wire_form(form, language=language, context=context)
    _wire_work(form, work, language=language, context=context)


def _build_form(language: str) -> Form:
    with gr.Column(elem_id="form") as column:
        with gr.Row(elem_id="samples", elem_classes="tk-samples"):
            gr.Markdown(text(language, "summarize.samples"), elem_classes="tk-note-text", container=False)
            samples = tuple(
                gr.Button(text(language, f"sample.{name}"), size="sm", elem_id=f"sample-{name}") for name in SAMPLES
            )
        with gr.Row(equal_height=False):
            with gr.Column(scale=5, min_width=320):
                document = gr.Textbox(
                    label=text(language, "summarize.document"),
                    placeholder=text(language, "summarize.placeholder"),
                    lines=14,
                    max_lines=14,
                    elem_id="document",
                )
                remarks = build_element("sheet", elem_id="remarks")
            with gr.Column(scale=2, min_width=260):
                upload = gr.UploadButton(text(language, "summarize.upload"), type="filepath", elem_id="upload")
                dropzone = build_element(
                    "dropzone",
                    value={
                        "text": text(language, "summarize.drop"),
                        "limit": MAX_CHARACTERS,
                        "accept": ",".join(FILE_TYPES),
                    },
                    elem_id="dropzone",
                )
                gr.Markdown(text(language, "summarize.formats"), elem_classes="tk-note-text", container=False)
                kind = gr.Radio(
                    choices=[(text(language, f"kind.{name}"), name) for name in KINDS],
                    label=text(language, "summarize.kind"),
                    info=text(language, "summarize.kind.info"),
                    value=KINDS[0],
                    elem_id="kind",
                )
                # Until the page's own state is there: its answer would wipe out the job of a quicker press.
                submit = gr.Button(
                    text(language, "summarize.submit"), variant="primary", interactive=False, elem_id="submit"
                )
                gr.Markdown(text(language, "summarize.stays"), elem_classes="tk-note-text", container=False)
        is_kind_chosen = gr.Checkbox(visible=False)
        source_name = gr.Textbox(visible=False)
        notes = gr.Textbox(visible=False)
    return Form(column, document, kind, is_kind_chosen, source_name, notes, remarks, upload, dropzone, submit, samples)


def _wire_form(form: Form, *, language: str, context: Context) -> None:
    guarded = authorizes(language, context=context, role=PAGE_ROLES[""])
    filled = [form.document, form.kind, form.is_kind_chosen, form.source_name, form.notes, form.remarks]
    # In the browser: a sample that came by way of the server would find a quick "Summarize" with an empty form.
    for name, button in zip(SAMPLES, form.samples, strict=True):
        button.click(None, None, filled, js=sample_script(name), **LISTENER)
    form.upload.upload(
        guarded(partial(fill_upload, language=language)),
        form.upload,
        [*filled, form.upload],
        **LISTENER,
    )
    form.dropzone.refuse(guarded(refuse_paste), None, None, **LISTENER)
    # In the browser, so that a guess under way for the next keystroke cannot overtake it.
    form.kind.input(None, None, form.is_kind_chosen, js="() => true", **LISTENER)
    # Not `input`: Gradio sends that for keys only, not for a paste.
    form.document.change(
        guarded(guess),
        [form.document, form.kind, form.is_kind_chosen],
        form.kind,
        trigger_mode="always_last",
        **LISTENER,
    )


def _wire_work(form: Form, work: Work, *, language: str, context: Context) -> None:
    guarded = authorizes(language, context=context, role=PAGE_ROLES[""])
    moving = [work.progress, work.again, work.result, work.recent, work.readiness, work.timer]
    views = [form.column, work.column, work.job, *moving]
    form_values = [form.document, form.kind, form.is_kind_chosen, form.source_name, form.notes]

    def submit(
        document: str, kind: str, is_kind_chosen: bool, source_name: str, notes: str, request: gr.Request
    ) -> tuple:
        checked = read_form(document, kind=kind, is_kind_chosen=is_kind_chosen, source_name=source_name, notes=notes)
        person = context.person(request.request)
        job_id = service.submit(context.database, document=checked, submitted_by=person.name)
        return show_job(job_id, person=person, language=language, context=context)

    def open_page(request: gr.Request) -> tuple:
        job_id = optional_id(request.query_params.get("job"))
        return show_job(job_id, person=context.person(request.request), language=language, context=context)

    def choose(request: gr.Request, event: gr.EventData) -> tuple:
        job_id = require_id(event._data.get("id"))
        return show_job(job_id, person=context.person(request.request), language=language, context=context)

    def poll(job_id: float | None, request: gr.Request) -> tuple:
        person = context.person(request.request)
        return show_job(optional_id(job_id), person=person, language=language, context=context)[3:]

    def cancel(job_id: float | None, request: gr.Request) -> tuple:
        person, number = context.person(request.request), require_id(job_id)
        cancel_job(context.database, number, user=person.name)
        return show_job(number, person=person, language=language, context=context)[3:]

    def try_again(job_id: float | None, request: gr.Request) -> tuple:
        person = context.person(request.request)
        number = submissions.try_again(context.database, job_id=require_id(job_id), submitted_by=person.name)
        return show_job(number, person=person, language=language, context=context)

    def keep_address(event: gr.events.Dependency) -> None:
        event.then(None, work.job, None, js=address_script("job"))

    def ready() -> gr.Button:
        return gr.Button(interactive=True)

    opened = gr.on(gr.context.Context.root_block.load, guarded(open_page), None, views, **LISTENER)
    for event in (opened.success, opened.failure):  # whatever the address was worth
        event(guarded(ready), None, form.submit, **LISTENER)
    keep_address(form.submit.click(guarded(submit), form_values, views, **LISTENER))
    keep_address(work.recent.choose(guarded(choose), None, views, **LISTENER))
    keep_address(work.again.click(guarded(try_again), work.job, views, **LISTENER))
    work.progress.cancel(guarded(cancel), work.job, moving, **LISTENER)
    work.timer.tick(guarded(poll), work.job, moving, **LISTENER)


def cancel_job(database: Database, job_id: int, *, user: str) -> None:
    """End a job of this user; another's is as good as absent.

    Raises:
        ReviewError: when there is no such job of this user, or it is over.
    """
    if service.job(database, job_id).submitted_by != user:
        raise ReviewError("job.not_found", "There is no job {job}.", job=job_id)
    queue.cancel(database, job_id, by=user)


def sample_script(name: str) -> str:
    """JavaScript that puts a sample document into the form."""
    content = read_sample(name)
    return f"() => {json.dumps([content, read_text(content).kind, False, '', '', {}])}"


def fill_upload(path: str | None, *, language: str) -> tuple:
    """The text of an uploaded file in the form, with what was done to it. The uploaded copy is deleted."""
    if path is None:
        raise DocumentError("document.no_file", "No file arrived; choose it again.")
    upload = Path(path)
    try:
        document = read_file(upload)
    finally:
        upload.unlink(missing_ok=True)
    lines = [note_text(language, code) for code in document.notes]
    title = text(language, "summarize.read", name=document.source_name)
    remarks = {"blocks": [{"type": "note", "tone": "good", "title": title, "lines": lines}]}
    return document.text, document.kind, False, document.source_name, ",".join(document.notes), remarks, None


def refuse_paste(event: gr.EventData) -> None:
    """Say why a text was not let into the form: too long to be read, and to be laid out by a browser.

    Raises:
        DocumentError: always.
    """
    raise paste_too_long(require_id(event._data.get("characters")))


def guess(content: str, kind: str, is_kind_chosen: bool) -> str:
    """The kind that the text looks like, until a person has chosen one."""
    if is_kind_chosen or not content.strip():
        return kind
    try:
        return read_text(content).kind
    except DocumentError:  # said in full when the document is submitted
        return kind


def read_form(content: str, *, kind: str, is_kind_chosen: bool, source_name: str, notes: str) -> Document:
    """The document that the form holds.

    Raises:
        DocumentError: the text is empty or too long.
        RequestError: the form holds what this page never sends.
    """
    document = read_text(content or "")
    known = catalogue("en")
    codes = [code for code in str(notes or "").split(",") if f"note.{code}" in known]
    name = str(source_name or "")[:MAX_NAME_CHARACTERS]
    return replace(
        document,
        kind=require_choice(kind, choices=KINDS) if is_kind_chosen else document.kind,
        source_name=name,
        title=(Path(name).stem or document.title)[:80],
        notes=tuple(dict.fromkeys((*codes, *document.notes))),
    )


def show_job(job_id: int | None, *, person: Person, language: str, context: Context) -> tuple:
    """Everything below the form: the job, its progress or its summary, and the last documents."""
    model = context.model_state()
    job = find_job(context.database, job_id, person=person) if job_id is not None else None
    recent = service.recent_jobs(context.database, submitted_by=person.name)
    is_moving = job is not None and job.state in ("queued", "running")
    return (
        gr.Column(visible=job is None),
        gr.Column(visible=job is not None),
        job_id,
        progress_value(job, model=model, language=language) if job is not None else {},
        gr.Button(visible=job is not None and job.state == "failed" and job.submitted_by == person.name),
        _result(job, person=person, language=language, context=context) if job is not None else {},
        recent_value(recent, open_job=job_id, language=language),
        readiness_value(model, language=language) if not is_moving else {},
        gr.Timer(active=is_moving or model.status in ("waiting", "loading")),
    )


def _result(job: JobView, *, person: Person, language: str, context: Context) -> dict:
    if job.summary_id is None:
        return {}
    summary = service.summary(context.database, job.summary_id)
    versions = calibration.versions(context.database)
    is_cold_start = any(one.is_cold_start for one in versions if one.version == summary.calibration)
    value = highlight_value(summary, language=language, is_cold_start=is_cold_start)
    if summary.item_id is None or not person.may(PAGE_ROLES["inbox"]):
        return value
    link = {"text": text(language, "highlight.open_item"), "href": f"/{language}/inbox?item={summary.item_id}"}
    return {**value, "link": link}
