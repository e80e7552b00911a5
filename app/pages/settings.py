"""The page *Settings*: the policy in force, what another threshold would cost, and what is installed here.

In: threshold, samples, audit share. Out: a new version of the policy. Earlier decisions keep theirs.
Knows nothing of how a decision is made.
"""

from __future__ import annotations

import gradio as gr

from app.components.element import build_element
from app.pages.context import Context
from app.pages.frame import build_frame
from app.pages.handling import LISTENER, require_number, shows_errors
from app.text import percent, text
from backend.review import policies
from backend.review.policies import MAX_SAMPLES
from backend.review.views import Policy, WhatIf

MAX_AUDIT_PERCENT = 50


def build_settings(language: str, context: Context) -> None:
    """Build the page inside the Blocks under construction."""
    build_frame(language, path="settings")
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            gr.Markdown(f"## {text(language, 'settings.policy')}", elem_classes="tk-heading", container=False)
            threshold = gr.Slider(0, 100, step=1, label=text(language, "settings.threshold"),
                                  info=text(language, "settings.threshold.info"), elem_id="threshold")  # fmt: skip
            what_if = build_element("sheet", elem_id="what-if")
            samples = gr.Slider(1, MAX_SAMPLES, step=1, label=text(language, "settings.samples"),
                                info=text(language, "settings.samples.info"), elem_id="samples-dial")  # fmt: skip
            audit = gr.Slider(0, MAX_AUDIT_PERCENT, step=1, label=text(language, "settings.audit"),
                              info=text(language, "settings.audit.info"), elem_id="audit")  # fmt: skip
            save = gr.Button(text(language, "settings.save"), variant="primary", elem_id="save")
            saved = build_element("sheet", elem_id="saved")
        with gr.Column(scale=2, min_width=300):
            gr.Markdown(f"## {text(language, 'settings.about')}", elem_classes="tk-heading", container=False)
            build_element("sheet", value=about_value(context, language=language), elem_id="about")
    dials = [threshold, samples, audit]
    guarded = shows_errors(language)

    def open_page() -> tuple:
        policy = policies.current(context.database)
        return *_dials(policy), _ask(policy.threshold, language=language, context=context), {}

    def ask(threshold_percent: float) -> dict:
        asked = require_number(threshold_percent, low=0, high=100) / 100
        return _ask(asked, language=language, context=context)

    def keep(threshold_percent: float, samples_value: float, audit_percent: float, request: gr.Request) -> dict:
        policy = policies.save(
            context.database,
            threshold=require_number(threshold_percent, low=0, high=100) / 100,
            samples=int(require_number(samples_value, low=1, high=MAX_SAMPLES)),
            audit_share=require_number(audit_percent, low=0, high=MAX_AUDIT_PERCENT) / 100,
            saved_by=context.current_user(request.request),
        )
        return _note("good", text(language, "settings.saved", version=policy.version))

    gr.context.Context.root_block.load(guarded(open_page), None, [*dials, what_if, saved], **LISTENER)
    threshold.change(guarded(ask), threshold, what_if, trigger_mode="always_last", **LISTENER)
    save.click(guarded(keep), dials, saved, **LISTENER)


def _dials(policy: Policy) -> tuple[float, int, float]:
    return round(100 * policy.threshold, 4), policy.samples, round(100 * policy.audit_share, 4)


def _ask(threshold: float, *, language: str, context: Context) -> dict:
    return what_if_value(policies.what_if(context.database, threshold), language=language)


def what_if_value(answer: WhatIf, *, language: str) -> dict:
    """What a threshold would have done to the summaries so far, in words."""
    if not answer.summaries:
        return _note("plain", text(language, "settings.whatif.none"))
    lines = [
        text(language, "settings.whatif.sent", sent=answer.sent, summaries=answer.summaries,
             more=answer.more, fewer=answer.fewer, share=percent(answer.sent / answer.summaries)),
    ]  # fmt: skip
    if answer.judged_let_through:
        lines.append(
            text(language, "settings.whatif.let_through",
                 wrong=answer.wrong_let_through, judged=answer.judged_let_through)
        )  # fmt: skip
    return _note("plain", *lines)


def about_value(context: Context, *, language: str) -> dict:
    """What is installed here, and under which licences."""
    rows = [
        ("data", context.data_dir),
        ("model", context.model_name),
        ("licence", text(language, "about.licence.value")),
        ("privacy", text(language, "about.privacy.value")),
        ("method", text(language, "about.method.value")),
    ]
    return {"blocks": [{"type": "facts", "rows": [[text(language, f"about.{name}"), entry] for name, entry in rows]}]}


def _note(tone: str, *lines: str) -> dict:
    return {"blocks": [{"type": "note", "tone": tone, "lines": list(lines)}]}
