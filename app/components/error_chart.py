"""The diagram of `tashika evaluate errors`: how well each signal finds wrong phrases, source by source.

In: rows of a report. Out: a Plotly figure, in English like the command's other output. Nothing is fetched.
Knows nothing of how a figure is computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from backend.evaluation.errors import COMBINATION, SignalFigures

BLUE = "#3a78bb"
ORANGE = "#c9701a"
LINE_PX = 20
READINGS = ("_max", "_first")  # of one signal over a phrase's tokens, beside the mean
LEFT_OUT = ("laplace", "sampling", "grounding")  # ablations that are drawn; the report has all


def errors_figure(rows: Sequence[SignalFigures], *, level: str = "phrase", metric: str = "auprc") -> go.Figure:
    """One column a source, one line a signal, best at the top of the first; whiskers are 95 % intervals.

    Of a signal's readings over a phrase (mean, largest, first token) the one that is best on the first source.
    """
    rows = [row for row in rows if row.level == level and ">" not in row.data and row.figures[metric] is not None]
    sources = list(dict.fromkeys(row.data for row in rows))
    order: dict[str, float] = {}
    for row in rows:
        order.setdefault(row.signal, row.figures[metric].mid)
    signals = _drawn(order)
    shown = [row for row in rows if row.signal in signals]
    figure = make_subplots(
        cols=max(1, len(sources)), shared_yaxes=True, subplot_titles=sources, horizontal_spacing=0.02
    )
    for column, source in enumerate(sources, start=1):
        own = {row.signal: row.figures[metric] for row in shown if row.data == source}
        figure.add_trace(_points(own, [signal for signal in signals if signal in own]), row=1, col=column)
    figure.update_layout(
        title=f"Finding wrong {level}s: {metric.upper()} with 95 % intervals over documents",
        height=150 + LINE_PX * len(signals),
        margin={"l": 10, "r": 20, "t": 90, "b": 40},
        showlegend=False,
        plot_bgcolor="white",
    )
    figure.update_xaxes(range=[0, 1], gridcolor="#dde2e8", tickvals=[0, 0.25, 0.5, 0.75])
    figure.update_yaxes(
        gridcolor="#eef1f4",
        categoryorder="array",
        categoryarray=signals,
        range=[-0.6, len(signals) - 0.4],
        automargin=True,
    )
    return figure


def _drawn(order: Mapping[str, float]) -> list[str]:
    """The signals to draw, least first: the combination, some ablations, the best reading of every other."""
    best: dict[str, str] = {}
    for signal in order:
        if signal.startswith(f"{COMBINATION}_without_"):
            if signal.removeprefix(f"{COMBINATION}_without_") in LEFT_OUT:
                best[signal] = signal
            continue
        plain = next((signal.removesuffix(one) for one in READINGS if signal.endswith(one)), signal)
        if plain not in best or order[signal] > order[best[plain]]:
            best[plain] = signal
    return sorted(best.values(), key=lambda signal: order[signal])


def _points(own: dict, signals: list[str]) -> go.Scatter:
    middles = [own[signal].mid for signal in signals]
    return go.Scatter(
        x=middles,
        y=signals,
        mode="markers",
        marker={"color": [ORANGE if signal.startswith(COMBINATION) else BLUE for signal in signals]},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [min(1.0, own[signal].high) - own[signal].mid for signal in signals],
            "arrayminus": [own[signal].mid - max(0.0, own[signal].low) for signal in signals],
            "thickness": 1,
        },
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
    )
