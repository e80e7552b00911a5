"""The section of *Insights* that tells whether something has changed.

In: nothing but the database. Out: a warning in words, and weeks as a table.
Knows nothing of the mathematics behind a warning.
"""

from __future__ import annotations

import gradio as gr

from app.components.element import build_element
from app.pages.context import Context
from app.pages.frame import PAGE_ROLES
from app.pages.handling import LISTENER, authorizes
from app.text import local_date, text
from backend.review.learning import watch
from backend.review.learning.watch import DriftReport, Week


def build_watch(language: str, context: Context) -> None:
    """Build the section inside the Blocks under construction."""
    gr.Markdown(f"## {text(language, 'insights.drift')}", elem_classes="tk-heading", container=False)
    gr.Markdown(text(language, "insights.drift.info"), elem_classes="tk-note-text", container=False)
    shown = build_element("sheet", elem_id="drift")

    def open_section() -> dict:
        return drift_value(watch.watch(context.database), language=language)

    guarded = authorizes(language, context=context, role=PAGE_ROLES["insights"])
    gr.context.Context.root_block.load(guarded(open_section), None, shown, **LISTENER)


def drift_value(report: DriftReport, *, language: str) -> dict:
    """The warning or its absence, and the weeks."""
    lines = [_risks_line(report, language=language)]
    lines += [_week_line(week, language=language) for week in report.weeks if week.is_surprising]
    is_quiet = not report.has_changed and not any(week.is_surprising for week in report.weeks)
    note = {"type": "note", "tone": "plain" if is_quiet else "warn", "lines": lines}
    if not report.weeks:
        return {"blocks": [note]}
    columns = ("week", "verdicts", "wrong", "expected", "z")
    table = {
        "type": "table",
        "label": text(language, "insights.drift"),
        "head": [text(language, f"insights.drift.{name}") for name in columns],
        "rows": [
            [
                local_date(language, week.start),
                f"{week.verdicts:,}",
                f"{week.wrong:,}",
                f"{week.expected:.1f}",
                f"{week.z:+.1f}",
            ]
            for week in report.weeks
        ],
    }
    return {"blocks": [note, table]}


def _risks_line(report: DriftReport, *, language: str) -> str:
    key = "insights.drift.changed" if report.has_changed else "insights.drift.steady"
    parameters = {"summaries": report.summaries, "version": report.calibration}
    return text(language, key, odds=f"{report.martingale:,.1f}", **parameters)


def _week_line(week: Week, *, language: str) -> str:
    key = "insights.drift.more" if week.z > 0 else "insights.drift.fewer"
    return text(
        language, key,
        week=local_date(language, week.start), wrong=week.wrong, verdicts=week.verdicts,
        expected=f"{week.expected:.1f}",
    )  # fmt: skip
