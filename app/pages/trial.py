"""A section of *Settings*: the policy in force against another one, first in the shadow, then live.

In: a threshold, an audit share, a number of samples and a model version to try. Out: figures of both with intervals;
stop or promote in one click. Knows nothing of how documents are assigned or figures computed.
"""

from __future__ import annotations

import gradio as gr

from app.components.element import build_element
from app.components.policy_text import experiment_value
from app.pages.context import Context
from app.pages.frame import PAGE_ROLES
from app.pages.handling import LISTENER, authorizes, require_number
from app.text import text
from backend.review.policy import comparison, experiments, policies
from backend.review.policy.experiments import Arm

MAX_AUDIT_PERCENT = 50
MAX_MODEL = 9_999


def build_trial(language: str, context: Context) -> None:
    """Build the section inside the Blocks under construction."""
    gr.Markdown(f"## {text(language, 'trial.title')}", elem_classes="tk-heading", container=False)
    gr.Markdown(text(language, "trial.info"), elem_classes="tk-note-text", container=False)
    with gr.Row():
        threshold = gr.Number(60, step=1, label=text(language, "settings.threshold"),
                              elem_id="trial-threshold", min_width=120)  # fmt: skip
        audit = gr.Number(10, step=1, label=text(language, "settings.audit"),
                          elem_id="trial-audit", min_width=120)  # fmt: skip
        samples = gr.Number(policies.DEFAULT_SAMPLES, step=1, precision=0,
                            label=text(language, "settings.samples"), elem_id="trial-samples",
                            min_width=120)  # fmt: skip
        model = gr.Number(0, step=1, precision=0, label=text(language, "trial.model"),
                          elem_id="trial-model", min_width=120)  # fmt: skip
    with gr.Row():
        buttons = {
            name: gr.Button(text(language, f"trial.{name}"), elem_id=f"trial-{name}", min_width=100)
            for name in ("start", "live", "stop", "promote")
        }
    shown = build_element("sheet", elem_id="trial")
    guarded = authorizes(language, context=context, role=PAGE_ROLES["settings"])
    database = context.database

    def show() -> dict:
        experiment = experiments.newest(database)
        figures = comparison.compare(database, experiment) if experiment is not None else ()
        return experiment_value(experiment, figures=figures, language=language)

    def start(
        threshold_percent: float, audit_percent: float, count: float, version: float | None, request: gr.Request
    ) -> dict:
        in_force = policies.current(database)
        tried = Arm(
            require_number(threshold_percent, low=0, high=100) / 100,
            require_number(audit_percent, low=0, high=MAX_AUDIT_PERCENT) / 100,
            round(require_number(count, low=1, high=policies.MAX_SAMPLES)),
            model=round(require_number(version or 0, low=0, high=MAX_MODEL)) or None,  # an emptied field comes as 0
        )
        arms = (Arm(in_force.threshold, in_force.audit_share, in_force.samples), tried)
        experiments.start(database, arms=arms, started_by=context.current_user(request.request))
        return show()

    def live(request: gr.Request) -> dict:
        experiments.go_live(database, by=context.current_user(request.request))
        return show()

    def stop(request: gr.Request) -> dict:
        experiments.stop(database, by=context.current_user(request.request))
        return show()

    def promote(request: gr.Request) -> dict:
        experiments.promote(database, arm=1, by=context.current_user(request.request))
        return show()

    gr.context.Context.root_block.load(guarded(show), None, shown, **LISTENER)
    buttons["start"].click(guarded(start), [threshold, audit, samples, model], shown, **LISTENER)
    for name, handler in (("live", live), ("stop", stop), ("promote", promote)):
        buttons[name].click(guarded(handler), None, shown, **LISTENER)
