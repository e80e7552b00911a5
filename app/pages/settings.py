"""The page *Settings*: the policy in force, what another threshold would cost, and what is installed here.

In: threshold, samples, audit share, two prices. Out: a new version of the policy (earlier decisions keep theirs), and
what it would have cost. Knows nothing of how a decision is made.
"""

from __future__ import annotations

import gradio as gr

from app.components.charts import risk_coverage_figure
from app.components.element import build_element
from app.components.policy_text import replay_lines
from app.pages.context import Context
from app.pages.frame import PAGE_ROLES, build_frame
from app.pages.handling import LISTENER, authorizes, require_id, require_number
from app.pages.promise import build_promise
from app.pages.rules import build_rules
from app.pages.second_looks import build_second_looks
from app.pages.trial import build_trial
from app.text import percent, text
from backend.review.policy import policies, what_if
from backend.review.policy.policies import MAX_SAMPLES
from backend.review.policy.what_if import MAX_PRICE, WhatIfReport
from backend.review.store.views import Policy

MAX_AUDIT_PERCENT = 50


def build_settings(language: str, context: Context) -> None:
    """Build the page inside the Blocks under construction."""
    build_frame(language, path="settings")
    version = gr.Number(
        visible=False, precision=0
    )  # of the policy that every section shows; an older one saves nothing
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            gr.Markdown(f"## {text(language, 'settings.policy')}", elem_classes="tk-heading", container=False)
            threshold = gr.Slider(0, 100, step=1, label=text(language, "settings.threshold"),
                                  info=text(language, "settings.threshold.info"), elem_id="threshold")  # fmt: skip
            answer = build_element("sheet", elem_id="what-if")
            samples = gr.Slider(1, MAX_SAMPLES, step=1, label=text(language, "settings.samples"),
                                info=text(language, "settings.samples.info"), elem_id="samples-dial")  # fmt: skip
            audit = gr.Slider(0, MAX_AUDIT_PERCENT, step=1, label=text(language, "settings.audit"),
                              info=text(language, "settings.audit.info"), elem_id="audit")  # fmt: skip
            save = gr.Button(text(language, "settings.save"), variant="primary", elem_id="save")
            saved = build_element("sheet", elem_id="saved")
            gr.Markdown(f"## {text(language, 'settings.prices')}", elem_classes="tk-heading", container=False)
            gr.Markdown(text(language, "settings.prices.info"), elem_classes="tk-note-text", container=False)
            with gr.Row():
                minute = gr.Number(label=text(language, "settings.price.minute"),
                                   elem_id="price-minute", min_width=120)  # fmt: skip
                missed = gr.Number(label=text(language, "settings.price.missed"),
                                   elem_id="price-missed", min_width=120)  # fmt: skip
            costs = build_element("sheet", elem_id="costs")
            curve = gr.Plot(show_label=False, elem_id="cost-curve", visible=False)
            build_rules(language, context, version=version)
        with gr.Column(scale=2, min_width=300):
            build_promise(language, context, dial=threshold, saved=saved, version=version)
            build_second_looks(language, context, version=version)
            build_trial(language, context)
            gr.Markdown(f"## {text(language, 'settings.about')}", elem_classes="tk-heading", container=False)
            build_element("sheet", value=about_value(context, language=language), elem_id="about")
    dials, prices, views = [threshold, samples, audit], [minute, missed], [answer, costs, curve]
    guarded = authorizes(language, context=context, role=PAGE_ROLES["settings"])

    def open_page() -> tuple:
        policy, set_prices = policies.current(context.database), what_if.current_prices(context.database)
        return policy.version, *_dials(policy), set_prices.minute, set_prices.missed_error, {}, *_ask(*_dials(policy))

    def ask(threshold_percent: float, samples_value: float, audit_percent: float) -> tuple:
        return _ask(threshold_percent, samples_value, audit_percent)

    def set_price(
        minute_price: float,
        missed_price: float,
        threshold_percent: float,
        samples_value: float,
        audit_percent: float,
        request: gr.Request,
    ) -> tuple:
        what_if.save_prices(
            context.database,
            minute=require_number(minute_price, low=0, high=MAX_PRICE),
            missed_error=require_number(missed_price, low=0, high=MAX_PRICE),
            saved_by=context.current_user(request.request),
        )
        return _ask(threshold_percent, samples_value, audit_percent)

    def _ask(threshold_percent: float, samples_value: float, audit_percent: float) -> tuple:
        # A policy saved elsewhere may check more of them than this dial reaches.
        threshold_value, samples_count, audit_share = _read_dials(
            threshold_percent, samples_value, audit_percent, most_audited=100
        )
        report = what_if.ask(
            context.database, threshold=threshold_value, samples=samples_count, audit_share=audit_share
        )
        return what_if_value(report, language=language), *costs_values(report, language=language)

    def keep(
        seen: float, threshold_percent: float, samples_value: float, audit_percent: float, request: gr.Request
    ) -> tuple[int, dict]:
        threshold_value, samples_count, audit_share = _read_dials(
            threshold_percent, samples_value, audit_percent, most_audited=MAX_AUDIT_PERCENT
        )
        policy = policies.save(
            context.database,
            threshold=threshold_value,
            samples=samples_count,
            audit_share=audit_share,
            seen_version=require_id(seen),
            saved_by=context.current_user(request.request),
        )
        return policy.version, _note("good", text(language, "settings.saved", version=policy.version))

    opened = [version, *dials, *prices, saved, *views]
    gr.context.Context.root_block.load(guarded(open_page), None, opened, **LISTENER)
    for dial in dials:
        dial.change(guarded(ask), dials, views, trigger_mode="always_last", **LISTENER)
    for price in prices:
        # Not on every key: each saved price is on record.
        gr.on(
            [price.blur, price.submit], guarded(set_price), [*prices, *dials], views,
            trigger_mode="always_last", **LISTENER,
        )  # fmt: skip
    save.click(guarded(keep), [version, *dials], [version, saved], **LISTENER)


def _read_dials(
    threshold_percent: float, samples_value: float, audit_percent: float, *, most_audited: float
) -> tuple[float, int, float]:
    return (
        require_number(threshold_percent, low=0, high=100) / 100,
        int(require_number(samples_value, low=1, high=MAX_SAMPLES)),
        require_number(audit_percent, low=0, high=most_audited) / 100,
    )


def costs_values(report: WhatIfReport | None, *, language: str) -> tuple[dict, gr.Plot]:
    """What the policy costs, in words and as marks on the curve of what is let through."""
    if report is None:
        return {}, gr.Plot(visible=False)
    note = _note("plain", *replay_lines(report, language=language))
    if not report.curve:
        return note, gr.Plot(visible=False)
    marks = {"asked": report.asked} | ({"cheapest": report.cheapest} if report.cheapest is not None else {})
    points = {name: (one.coverage, one.wrong_share.share, one.threshold) for name, one in marks.items()}
    return note, gr.Plot(risk_coverage_figure(report.curve, language=language, marks=points), visible=True)


def _dials(policy: Policy) -> tuple[float, int, float]:
    return round(100 * policy.threshold, 4), policy.samples, round(100 * policy.audit_share, 4)


def what_if_value(report: WhatIfReport | None, *, language: str) -> dict:
    """What a threshold would have done to the summaries so far, in words."""
    if report is None:
        return _note("plain", text(language, "settings.whatif.none"))
    answer = report.counts
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
