"""The page *Insights*: how good the probabilities are, what confident summaries let through, and *Recalibrate*.

In: nothing but a press of the button. Out: counts, diagrams, calibration versions, and a report in words.
Knows nothing of the mathematics behind the figures.
"""

from __future__ import annotations

import gradio as gr

from app.components.charts import held_out_figure, reliability_figure, risk_coverage_figure
from app.components.element import build_element
from app.components.highlight import reason_text
from app.pages.context import Context
from app.pages.frame import PAGE_ROLES, build_frame
from app.pages.handling import LISTENER, authorizes, require_id
from app.pages.team import build_team
from app.pages.watching import build_watch
from app.text import local_time, percent, text
from backend.review.learning import calibration
from backend.review.policy import insights
from backend.review.store.views import CalibrationUse, CalibrationView, Overview, RecalibrationResult
from backend.uncertainty.report import CalibrationReport, Scores


def build_insights(language: str, context: Context) -> None:
    """Build the page inside the Blocks under construction."""
    build_frame(language, path="insights")
    counts = build_element("sheet", elem_id="counts")
    with gr.Row(equal_height=False):
        with gr.Column(min_width=320):
            gr.Markdown(f"## {text(language, 'insights.reliability')}", elem_classes="tk-heading", container=False)
            gr.Markdown(text(language, "insights.reliability.info"), elem_classes="tk-note-text", container=False)
            reliability = gr.Plot(show_label=False, elem_id="reliability", visible=False)
            reliability_empty = build_element("sheet")
        with gr.Column(min_width=320):
            gr.Markdown(f"## {text(language, 'insights.coverage')}", elem_classes="tk-heading", container=False)
            gr.Markdown(text(language, "insights.coverage.info"), elem_classes="tk-note-text", container=False)
            coverage = gr.Plot(show_label=False, elem_id="coverage", visible=False)
            coverage_empty = build_element("sheet")
    escape = build_element("sheet", elem_id="escape")
    build_team(language, context)
    gr.Markdown(f"## {text(language, 'insights.calibrations')}", elem_classes="tk-heading", container=False)
    gr.Markdown(text(language, "insights.calibrations.info"), elem_classes="tk-note-text", container=False)
    with gr.Row():
        button = gr.Button(
            text(language, "insights.recalibrate"),
            variant="primary",
            scale=0,
            min_width=240,
            elem_id="recalibrate",
        )
    report = build_element("sheet", elem_id="report")
    held_out = gr.Plot(show_label=False, elem_id="held-out", visible=False)
    versions = build_element("sheet", elem_id="calibrations")
    build_watch(language, context)
    views = [counts, reliability, reliability_empty, coverage, coverage_empty, escape, versions]
    guarded = authorizes(language, context=context, role=PAGE_ROLES["insights"])

    def open_page() -> tuple:
        return _show(language=language, context=context)

    def recalibrate(request: gr.Request) -> tuple:
        user = context.current_user(request.request)
        result = calibration.recalibrate(context.database, requested_by=user)
        said = report_value(result, language=language)
        return said, _held_out(result.report, language=language), *_show(language=language, context=context)

    def activate(request: gr.Request, event: gr.EventData) -> tuple:
        version = require_id(event._data.get("number"))
        calibration.activate(context.database, version, activated_by=context.current_user(request.request))
        said = _note(text(language, "insights.activated", version=version))
        return said, *_show(language=language, context=context)

    gr.context.Context.root_block.load(guarded(open_page), None, views, **LISTENER)
    button.click(guarded(recalibrate), None, [report, held_out, *views], **{**LISTENER, "concurrency_limit": 1})
    versions.press(guarded(activate), None, [report, *views], **LISTENER)


def _show(*, language: str, context: Context) -> tuple:
    overview = insights.overview(context.database)
    versions = calibration.versions(context.database)
    has_bins = any(part.count for part in (*overview.phrase_reliability, *overview.summary_reliability))
    has_points = bool(overview.risk_coverage)
    empty = _note(text(language, "insights.no_verdicts"))
    return (
        counts_value(overview, language=language),
        gr.Plot(
            reliability_figure(overview.phrase_reliability, summaries=overview.summary_reliability, language=language),
            visible=True,
        )
        if has_bins
        else gr.Plot(visible=False),
        {} if has_bins else empty,
        gr.Plot(risk_coverage_figure(overview.risk_coverage, language=language), visible=True)
        if has_points
        else gr.Plot(visible=False),
        {} if has_points else empty,
        escape_value(overview, language=language),
        versions_value(versions, uses=overview.calibrations, language=language),
    )


def counts_value(overview: Overview, *, language: str) -> dict:
    """How many summaries went which way, as tiles."""
    counts = overview.counts
    decided = counts.approved + counts.corrected + counts.rejected
    tiles = [
        ("summaries", counts.summaries, {}),
        ("accepted", counts.accepted, {}),
        ("pending", counts.pending, {}),
        ("decided", decided, {
            "approved": counts.approved, "corrected": counts.corrected, "rejected": counts.rejected,
        }),
    ]  # fmt: skip
    items = [
        {
            "figure": f"{figure:,}",
            "caption": text(language, f"insights.count.{name}"),
            "hint": text(language, f"insights.count.{name}.hint", **parameters) if parameters else None,
        }
        for name, figure, parameters in tiles
    ]
    return {"blocks": [{"type": "tiles", "items": items}]}


def escape_value(overview: Overview, *, language: str) -> dict:
    """The share of wrong summaries among confident ones, with its interval and its meaning."""
    audit = overview.audit
    heading = {"type": "heading", "text": text(language, "insights.escape")}
    if not audit.audited:
        return {"blocks": [heading, *_note(text(language, "insights.escape.none"))["blocks"]]}
    sentence = text(
        language, "insights.escape.rate",
        wrong=audit.wrong, audited=audit.audited, share=percent(audit.share, digits=1),
        low=percent(audit.low, digits=1), high=percent(audit.high, digits=1),
    )  # fmt: skip
    lines = [sentence, text(language, "insights.escape.meaning")]
    if not audit.wrong:
        bound = percent(min(1.0, 3 / audit.audited), digits=1)
        lines.insert(1, text(language, "insights.escape.three", audited=audit.audited, bound=bound))
    return {"blocks": [heading, *_note(*lines)["blocks"]]}


def versions_value(versions: tuple[CalibrationView, ...], *, uses: tuple[CalibrationUse, ...], language: str) -> dict:
    """The table of calibration versions, newest first."""
    by_version = {use.version: use for use in uses}
    columns = ("version", "state", "created", "source", "summaries", "judged")
    return {
        "blocks": [
            {
                "type": "table",
                "label": text(language, "insights.calibrations"),
                "head": [text(language, f"insights.column.{name}") for name in columns],
                "rows": [_version_row(one, use=by_version.get(one.version), language=language) for one in versions],
            }
        ]
    }


def _version_row(one: CalibrationView, *, use: CalibrationUse | None, language: str) -> list[str | dict]:
    cold_start = "cold_start" if one.parent is None else "cold_start.update"
    source = cold_start if one.is_cold_start else "verdicts"
    judged = text(language, "insights.judged", judged=use.judged, wrong=use.wrong) if use is not None else "–"
    return [
        str(one.version),
        text(language, "insights.current") if one.is_current else _activate_button(one.version, language=language),
        local_time(language, one.created_at),
        text(language, f"insights.source.{source}", parent=one.parent or "–"),
        f"{use.summaries:,}" if use is not None else "0",
        judged,
    ]


def _activate_button(version: int, *, language: str) -> dict:
    """Puts an older or newer version in force, for later summaries."""
    label = text(language, "insights.activate.label", version=version)
    return {"press": version, "button": text(language, "insights.activate"), "label": label}


def report_value(result: RecalibrationResult, *, language: str) -> dict:
    """What a recalibration did, or why it did nothing, with the held-out figures before and after."""
    report = result.report
    outcome = "insights.report.new" if result.version is not None else "insights.report.kept"
    title = text(language, outcome, version=result.version or "")
    lines = [reason_text(language, report.reason), _judged_line(report, language=language)]
    if report.candidates:
        tried = ", ".join(f"{name} {loss:.4f}" for name, loss in sorted(report.candidates.items()))
        lines.append(text(language, "insights.report.candidates", tried=tried))
    note = {"type": "note", "tone": "good" if result.version is not None else "plain", "title": title, "lines": lines}
    table = _before_after(report, language=language) if report.folds else None
    return {"blocks": [block for block in (note, table) if block is not None]}


def _judged_line(report: CalibrationReport, *, language: str) -> str:
    return text(
        language, "insights.report.judged",
        judged=report.judged, wrong=report.wrong, edited=report.edited_phrases,
    )  # fmt: skip


def _held_out(report: CalibrationReport, *, language: str) -> gr.Plot:
    """The reliability of both calibrations on verdicts that they have not seen, where there are any."""
    if not report.phrases_after.bins:
        return gr.Plot(visible=False)
    return gr.Plot(held_out_figure(report, language=language), visible=True)


def _before_after(report: CalibrationReport, *, language: str) -> dict:
    pairs = (
        ("phrases", report.phrases_before, report.phrases_after),
        ("summaries", report.summaries_before, report.summaries_after),
    )
    columns = ("figure", "before", "after", "cases")
    return {
        "type": "table",
        "label": text(language, "insights.report.figures"),
        "head": [text(language, f"insights.report.{name}") for name in columns],
        "rows": [row for what, before, after in pairs for row in _score_rows(what, before, after, language=language)],
    }


def _score_rows(what: str, before: Scores, after: Scores, *, language: str) -> list[list[str]]:
    return [
        [
            text(language, f"insights.report.{what}.{figure}"),
            _with_interval(before, figure),
            _with_interval(after, figure),
            f"{after.count:,}",
        ]
        for figure in ("log_loss", "brier", "ece")
    ]


def _with_interval(scores: Scores, figure: str) -> str:
    value = f"{getattr(scores, figure):.4f}"
    if figure not in scores.intervals:
        return value
    low, high = scores.intervals[figure]
    return f"{value} [{low:.3f}–{high:.3f}]"


def _note(*lines: str) -> dict:
    return {"blocks": [{"type": "note", "tone": "plain", "lines": list(lines)}]}
