"""The diagrams of the page *Insights*, as Plotly figures.

In: reliability bins and risk–coverage points. Out: figures with titles in the language of the page; colours that
can be read on light and dark ground. Nothing is fetched: Gradio brings Plotly's JavaScript with it.
Knows nothing of the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from app.text import text
from app.theme import FONT_ORDER
from backend.review.store.views import RiskCoveragePoint
from backend.uncertainty.report import CalibrationReport, ReliabilityBin

BLUE = "#3a78bb"
ORANGE = "#c9701a"
GREY = "#667282"
HEIGHT_PX = 380


def reliability_figure(
    phrases: Sequence[ReliabilityBin], *, summaries: Sequence[ReliabilityBin], language: str
) -> go.Figure:
    """Predicted probability against the observed share, with the number of cases in each bin below.

    Args:
        phrases: probabilities of an edit, and how many were edited.
        summaries: risks, and how many needed any change.
        language: of the titles.
    """
    figure = _ideal_figure(language)
    for name, bins, colour in (("phrases", phrases, BLUE), ("summaries", summaries, ORANGE)):
        figure.add_trace(_bins_line(bins, name=text(language, f"chart.{name}"), colour=colour))
    return figure


def held_out_figure(report: CalibrationReport, *, language: str) -> go.Figure:
    """The same of phrases that neither calibration has learned from: the present one against the new one."""
    figure = _ideal_figure(language)
    sides = (("before", report.phrases_before, ORANGE), ("after", report.phrases_after, BLUE))
    for side, scores, colour in sides:
        name = text(language, f"insights.report.{side}")
        figure.add_trace(_bins_line(scores.bins, name=name, colour=colour))
    return figure


def _ideal_figure(language: str) -> go.Figure:
    """Axes of a reliability diagram with the line on which both agree."""
    figure = _figure(language, x="chart.predicted", y="chart.observed")
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})
    figure.add_trace(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", name=text(language, "chart.ideal"),
                                line={"color": GREY, "dash": "dot"}, hoverinfo="skip"))  # fmt: skip
    return figure


def _bins_line(bins: Sequence[ReliabilityBin], *, name: str, colour: str) -> go.Scatter:
    filled = [part for part in bins if part.count]
    return go.Scatter(
        x=[part.mean_probability for part in filled],
        y=[part.observed_share for part in filled],
        customdata=[[part.count] for part in filled],
        mode="lines+markers+text",
        text=[f"n={part.count}" for part in filled],
        textposition="top center",
        name=name,
        line={"color": colour},
        marker={"size": 9},
        hovertemplate="%{x:.0%} → %{y:.0%} (n=%{customdata[0]})<extra></extra>",
    )


def risk_coverage_figure(
    points: Sequence[RiskCoveragePoint], *, language: str, marks: Mapping[str, tuple[float, float, float]] | None = None
) -> go.Figure:
    """Share of wrong summaries among those accepted, against the share that is accepted.

    Args:
        points: the curve.
        language: of the titles.
        marks: coverage, share of wrong ones and threshold of policies: "asked" and "cheapest".
    """
    figure = _figure(language, x="chart.coverage", y="chart.wrong")
    figure.add_trace(
        go.Scatter(
            x=[point.coverage for point in points],
            y=[point.error_share for point in points],
            customdata=[[point.threshold] for point in points],
            mode="lines+markers",
            line={"color": ORANGE, "shape": "hv"},
            marker={"size": 6},
            name=text(language, "chart.wrong"),
            hovertemplate=text(language, "chart.threshold")
            + " %{customdata[0]:.0%}: %{x:.0%} → %{y:.0%}<extra></extra>",
        )
    )
    for name, (coverage, share, threshold) in (marks or {}).items():
        figure.add_trace(_mark(name, coverage, share, threshold, language=language))
    return figure


def _mark(name: str, coverage: float, share: float, threshold: float, *, language: str) -> go.Scatter:
    label = f"{text(language, f'chart.{name}')} ({threshold:.0%})"
    is_best = name == "cheapest"
    return go.Scatter(
        x=[coverage],
        y=[share],
        mode="markers+text",
        text=[label],
        textposition="top left" if is_best else "bottom left",
        marker={"size": 14, "symbol": "star" if is_best else "circle-open", "color": BLUE if is_best else GREY},
        name=label,
        hovertemplate=f"{label}<extra></extra>",
    )


def _figure(language: str, *, x: str, y: str) -> go.Figure:
    axis = {"range": [-0.02, 1.05], "tickformat": ".0%", "gridcolor": "rgba(128,140,160,0.25)", "zeroline": False}
    return go.Figure(
        layout={
            "height": HEIGHT_PX,
            "margin": {"l": 60, "r": 20, "t": 16, "b": 56},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": ", ".join(FONT_ORDER[language]), "color": GREY, "size": 13},
            "xaxis": {**axis, "title": {"text": text(language, x)}},
            "yaxis": {**axis, "title": {"text": text(language, y)}},
            "showlegend": False,
        }
    )
