"""The page *Models*: what reviewers' texts could teach, the training under way, versions, and which one is in force.

In: presses of buttons. Out: counts, progress, a comparison, versions with their provenance.
Knows nothing of training: it asks for a run, and another process carries it through.
"""

from __future__ import annotations

import gradio as gr

from app.components.element import build_element
from app.components.model_text import (
    OPEN,
    comparison_value,
    rescoring_value,
    run_value,
    texts_value,
    versions_value,
)
from app.pages.context import Context
from app.pages.frame import PAGE_ROLES, build_frame
from app.pages.handling import LISTENER, authorizes, require_id, require_number
from app.text import text
from backend.errors import ReviewError
from backend.review.learning import corrections, rescorings, retrainings
from backend.review.learning.retrainings import LARGEST_REPLAY, MOST_REPLAYED
from backend.review.policy import models

POLL_SECONDS = 1.0
SLOW_POLL_SECONDS = 5.0


def build_models(language: str, context: Context) -> None:
    """Build the page inside the Blocks under construction."""
    build_frame(language, path="models")
    _heading(language, "models.texts")
    texts = build_element("sheet", elem_id="texts")
    with gr.Row():
        replay = gr.Textbox(  # a Number that is empty reads 0 and sends 0, which is another wish than none
            label=text(language, "models.replay"), info=text(language, "models.replay.info", most=MOST_REPLAYED),
            max_lines=1, elem_id="replay",
        )  # fmt: skip
    with gr.Row():
        start = gr.Button(
            text(language, "models.start"), variant="primary", scale=0, min_width=240, elem_id="retrain"
        )  # fmt: skip
    progress = build_element("progress", elem_id="run")
    said = build_element("sheet", elem_id="said")
    _heading(language, "models.comparison")
    comparison = build_element("sheet", elem_id="comparison")
    _heading(language, "models.versions")
    with gr.Row():
        back = gr.Button(text(language, "models.roll_back"), scale=0, min_width=240, elem_id="roll-back")
    versions = build_element("sheet", elem_id="versions")
    rescoring = build_element("progress", elem_id="rescoring")
    timer, slow_timer = gr.Timer(POLL_SECONDS, active=False), gr.Timer(SLOW_POLL_SECONDS, active=False)
    slow_views = [rescoring, slow_timer]
    views = [texts, start, progress, comparison, versions, back, timer, *slow_views]
    guarded = authorizes(language, context=context, role=PAGE_ROLES["models"])
    database = context.database

    def open_page() -> tuple:
        return _show(language=language, context=context)

    def refresh() -> tuple:
        run = retrainings.newest(database)
        if run is None or run.state not in OPEN:
            return _show(language=language, context=context)
        still = [gr.skip()] * len(views)  # the texts are counted when the page opens, and not every second
        still[views.index(progress)] = run_value(run, language=language)
        return tuple(still)

    def refresh_rescoring() -> tuple:
        return _show_rescoring(language=language, context=context)

    def ask(typed: object, request: gr.Request) -> tuple:
        wanted = wanted_replay(typed)
        retrainings.request(database, requested_by=context.current_user(request.request), replay=wanted)
        return {}, *_show(language=language, context=context)

    def cancel(request: gr.Request) -> tuple:
        run = retrainings.newest(database)
        if run is None:
            raise ReviewError("retraining.none", "No training is under way.")
        retrainings.cancel(database, run.id, by=context.current_user(request.request))
        return {}, *_show(language=language, context=context)

    def use(request: gr.Request, event: gr.EventData) -> tuple:
        version = require_id(event._data.get("number"))
        models.use(database, version, by=context.current_user(request.request))
        return _switched(version, language=language), *_show(language=language, context=context)

    def roll_back(request: gr.Request) -> tuple:
        version = models.roll_back(database, by=context.current_user(request.request))
        return _switched(version, language=language), *_show(language=language, context=context)

    gr.context.Context.root_block.load(guarded(open_page), None, views, **LISTENER)
    timer.tick(guarded(refresh), None, views, **LISTENER)
    slow_timer.tick(guarded(refresh_rescoring), None, slow_views, **LISTENER)
    start.click(guarded(ask), [replay], [said, *views], **LISTENER)
    progress.cancel(guarded(cancel), None, [said, *views], **LISTENER)
    versions.press(guarded(use), None, [said, *views], **LISTENER)
    back.click(guarded(roll_back), None, [said, *views], **LISTENER)


def wanted_replay(typed: object) -> int | None:
    """Generated documents to learn again, rounded; None where the field is empty.

    Raises:
        RequestError: no number from 0 to `LARGEST_REPLAY`.
    """
    return None if typed in (None, "") else round(require_number(typed, low=0, high=LARGEST_REPLAY))


def _heading(language: str, key: str) -> None:
    gr.Markdown(f"## {text(language, key)}", elem_classes="tk-heading", container=False)
    gr.Markdown(text(language, f"{key}.info"), elem_classes="tk-note-text", container=False)


def _switched(version: int, *, language: str) -> dict:
    line = text(language, "models.switched", version=version)
    return {"blocks": [{"type": "note", "tone": "good", "lines": [line]}]}


def _show(*, language: str, context: Context) -> tuple:
    database = context.database
    with database.reading() as session:
        counts = corrections.read_counts(session)
    run, versions = retrainings.newest(database), models.versions(database)
    is_open = run is not None and run.state in OPEN
    return (
        texts_value(counts, language=language),
        gr.Button(interactive=not is_open and not counts.missing and bool(versions)),
        run_value(run, language=language),
        comparison_value(versions, language=language),
        versions_value(versions, language=language),
        gr.Button(interactive=sum(view.was_in_force for view in versions) > 1),
        gr.Timer(active=is_open),
        *_show_rescoring(language=language, context=context),
    )


def _show_rescoring(*, language: str, context: Context) -> tuple:
    """How far earlier summaries are scored under the version in force, and whether to ask again."""
    found = rescorings.extent(context.database)
    is_open = found is not None and found.done < found.total
    return rescoring_value(found, language=language), gr.Timer(active=is_open)
