"""The diagram of `tashika fit`: held-out NLL over the prior precision, beside MAP, temperature and evidence.

In: the record that `fit` writes (`posterior.json`). Out: a Plotly figure, in English like the command's other output.
Nothing is fetched. A record of an earlier version has no evidence and no values at T = 1: these lines are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

BLUE = "#3a78bb"
ORANGE = "#c9701a"
GREY = "#667282"
GREEN = "#3f8f5f"


def prior_figure(record: Mapping[str, Any]) -> go.Figure:
    """Lines over λ: the posterior alone, the posterior with its best temperature, MAP, MAP with its own, evidence."""
    curve: Sequence[Mapping[str, Any]] = record["curve"]
    figure = go.Figure()
    figure.add_trace(_line(curve, "nll_nats", "posterior and temperature", BLUE, text="temperature"))
    if _is_whole(curve, "plain_nll_nats"):
        figure.add_trace(_line(curve, "plain_nll_nats", "posterior", ORANGE))
    tempered = record["map_tempered"]
    figure.add_trace(_level(curve, record["map_nll_nats"], "MAP", GREY, "dash"))
    name = f"MAP, temperature {tempered['temperature']:.2f}"
    figure.add_trace(_level(curve, tempered["nll_nats"], name, GREY, "dot"))
    if _is_whole(curve, "evidence_nats"):
        figure.add_trace(_evidence(curve))
        figure.add_vline(x=record["evidence_prior_precision"], line={"color": GREEN, "dash": "dot"})
    figure.add_vline(x=record["prior_precision"], line={"color": BLUE, "width": 1})
    figure.update_layout(
        title=f"Prior precision of {record.get('name', 'the posterior')}: {record['prior_precision']:.4g} is taken",
        xaxis={"title": "prior precision λ", "type": "log", "gridcolor": "#dde2e8"},
        yaxis={"title": f"NLL of {record['held_out_tokens']} held-out tokens, nats a token", "gridcolor": "#dde2e8"},
        yaxis2={"title": "evidence below its highest, nats", "overlaying": "y", "side": "right", "showgrid": False},
        legend={"orientation": "h", "y": -0.2},
        plot_bgcolor="white",
    )
    return figure


def _is_whole(curve: Sequence[Mapping[str, Any]], name: str) -> bool:
    return all(point.get(name) is not None for point in curve)


def _line(
    curve: Sequence[Mapping[str, Any]], column: str, name: str, color: str, *, text: str | None = None
) -> go.Scatter:
    return go.Scatter(
        x=[point["prior_precision"] for point in curve],
        y=[point[column] for point in curve],
        customdata=[f", T = {point[text]:.2f}" if text else "" for point in curve],
        mode="lines+markers",
        name=name,
        line={"color": color},
        hovertemplate="λ = %{x:.4g}%{customdata}: %{y:.4f}<extra></extra>",
    )


def _level(curve: Sequence[Mapping[str, Any]], value: float, name: str, color: str, dash: str) -> go.Scatter:
    ends = [curve[0]["prior_precision"], curve[-1]["prior_precision"]]
    return go.Scatter(x=ends, y=[value, value], mode="lines", name=name, line={"color": color, "dash": dash})


def _evidence(curve: Sequence[Mapping[str, Any]]) -> go.Scatter:
    highest = max(point["evidence_nats"] for point in curve)
    return go.Scatter(
        x=[point["prior_precision"] for point in curve],
        y=[point["evidence_nats"] - highest for point in curve],
        mode="lines",
        name="evidence (right)",
        yaxis="y2",
        line={"color": GREEN},
    )
