"""Prints a `SummariesReport` as plain text: a table a data set, a column a system.

In: the report. Out: lines for a terminal or a README's code block.
Does not compute any figure.
"""

from __future__ import annotations

from collections.abc import Sequence

from backend.evaluation.bootstrap import Interval
from backend.evaluation.summaries import SummariesReport, SystemFigures

_HEADINGS = {
    "rouge1": "ROUGE-1",
    "rouge2": "ROUGE-2",
    "rougeL": "ROUGE-L",
    "length_characters": "characters",
    "fact_recall": "fact recall",
    "fact_precision": "fact precision",
    "mu": "mu (wrong summaries)",
}


def format_table(report: SummariesReport) -> str:
    """All data sets below each other, with a line that says what the brackets are."""
    names = dict.fromkeys(figures.dataset for figures in report.figures)
    tables = [
        _format_dataset([figures for figures in report.figures if figures.dataset == name], report.compared)
        for name in names
    ]
    note = (
        f"[low, high]: 95 % intervals over documents ({report.bootstrap_samples} bootstrap samples, "
        f"seed {report.seed}; mu: Clopper-Pearson). * the interval excludes 0."
    )
    return "\n\n".join([*tables, note]) + "\n"


def _format_dataset(group: Sequence[SystemFigures], compared: str) -> str:
    title = f"{group[0].dataset or 'data'} ({group[0].documents} documents)"
    lines = [[title, *(figures.system for figures in group)]]
    for name, heading in _HEADINGS.items():
        if any(name in figures.metrics for figures in group):
            lines.append([heading, *(_format_metric(name, figures) for figures in group)])
    lines.append([f"ROUGE-L: {compared} minus this", *(_format_difference(figures) for figures in group)])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(_join_cells(line, widths) for line in lines)


def _join_cells(line: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _format_metric(name: str, figures: SystemFigures) -> str:
    interval = figures.metrics.get(name)
    if interval is None:
        return "-"
    if name == "length_characters":
        return f"{interval.mid:.0f}"
    counts = f" {figures.wrong_summaries}/{figures.checked_summaries}" if name == "mu" else ""
    return _format_interval(interval, sign="") + counts


def _format_difference(figures: SystemFigures) -> str:
    if figures.difference is None:
        return ""
    mark = " *" if figures.difference.excludes_zero else ""
    return _format_interval(figures.difference, sign="+") + mark


def _format_interval(interval: Interval, *, sign: str) -> str:
    return f"{interval.mid:{sign}.3f} [{interval.low:{sign}.3f}, {interval.high:{sign}.3f}]"
