"""The diagram of `tashika evaluate errors`: how well each signal finds wrong phrases, source by source.

In: rows of a report. Out: a Plotly figure, in English like the command's other output. Nothing is fetched.
Knows nothing of how a figure is computed.
"""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from backend.evaluation.errors import COMBINATION, SignalFigures

BLUE = "#3a78bb"
ORANGE = "#c9701a"
LINE_PX = 18


def errors_figure(rows: Sequence[SignalFigures], *, level: str = "phrase", metric: str = "auprc") -> go.Figure:
    """One column a source, one line a signal, best at the top of the first; whiskers are 95 % intervals."""
    shown = [row for row in rows if row.level == level and ">" not in row.data and row.figures[metric] is not None]
    sources = list(dict.fromkeys(row.data for row in shown))
    figure = make_subplots(cols=max(1, len(sources)), shared_yaxes=True, subplot_titles=sources)
    order: dict[str, float] = {}
    for row in shown:
        order.setdefault(row.signal, row.figures[metric].mid)
    signals = sorted(order, key=lambda signal: order[signal])
    for column, source in enumerate(sources, start=1):
        own = {row.signal: row.figures[metric] for row in shown if row.data == source}
        figure.add_trace(_points(own, [signal for signal in signals if signal in own]), row=1, col=column)
    figure.update_layout(
        title=f"Finding wrong {level}s: {metric.upper()} with 95 % intervals over documents",
        height=160 + LINE_PX * len(signals),
        showlegend=False,
        plot_bgcolor="white",
    )
    figure.update_xaxes(range=[0, 1], gridcolor="#dde2e8")
    figure.update_yaxes(gridcolor="#eef1f4", categoryorder="array", categoryarray=signals)
    return figure


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
