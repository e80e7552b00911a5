"""`tashika simulate`: the score file, the days, and their diagram as one HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from backend.config import Settings
from backend.evaluation.simulation import (
    CheckFigures,
    FirstDecisions,
    MethodResult,
    Plan,
    check_figures,
    first_decisions,
    later_cases,
    perfect_share,
    simulate,
)
from backend.evaluation.simulation_cache import read_cases, score_cases
from backend.evaluation.simulation_methods import all_methods
from backend.pipeline import load_summarizer
from backend.uncertainty.edit_model import cold_start_model

FIRST_THRESHOLDS = (0.3, 0.4, 0.5, 0.6)  # the default among them
FIGURES = {
    "reviews": "Reviews so far",
    "escapes": "Wrong and unseen so far",
    "ece": "Calibration error of the day",
    "cost": "Cost so far",
}
RUNNING = frozenset({"reviews", "escapes", "cost"})  # drawn as totals: a day's count is mostly chance


@dataclass(frozen=True, slots=True)
class Simulated:
    """The methods' results; of the documents compared on: the least share of reviews possible, what the checks flag.

    `first` is what thresholds of the full system let through of all documents before the first verdict.
    """

    results: tuple[MethodResult, ...]
    perfect_share: float | None
    checks: CheckFigures
    first: tuple[FirstDecisions, ...]


def score(settings: Settings, cache: Path, *, count: int, seed: int, samples: int) -> Iterator[int]:
    """Score generated documents into the file; yields how many are there."""
    yield from score_cases(load_summarizer(settings), cache, count=count, seed=seed, samples=samples)


def run(cache: Path, *, plan: Plan) -> Simulated:
    """Simulate all methods on the cases of the file."""
    cases = read_cases(cache)
    methods = all_methods(cold_start_model())
    results = simulate(cases, methods=methods, plan=plan)
    checks = check_figures(later_cases(cases, plan=plan))
    first = tuple(first_decisions(cases, methods[-1].first, threshold=one) for one in FIRST_THRESHOLDS)
    return Simulated(results, perfect_share(cases, plan=plan), checks, first)


def results_json(simulated: Simulated, *, plan: Plan) -> dict[str, object]:
    """Figures by method, with the days behind them."""
    results = simulated.results
    return {
        "plan": asdict(plan),
        "perfect_review_share": simulated.perfect_share,
        "checks": asdict(simulated.checks),
        "first_decisions": [asdict(one) for one in simulated.first],
        "review_reduction": {one.method: one.review_reduction for one in results},
        "review_reduction_interval": {one.method: one.review_reduction_interval for one in results},
        "review_share_interval": {one.method: one.review_share_interval for one in results},
        "escape_rate": {one.method: one.escape_rate for one in results},
        "review_share": {one.method: one.review_share for one in results},
        "aurc": {one.method: one.aurc for one in results},
        "days": results_days(results),
    }


def describe_results(simulated: Simulated, *, plan: Plan) -> str:
    """A line a method, and what none can go below."""
    lines = [f"reviews of later documents that leave at most {plan.escape_rate:.0%} of them wrong and unseen:"]
    for one in simulated.results:
        total = sum(day.cost for day in one.days)
        if one.review_share is None:
            lines.append(f"{one.method}: no documents left to compare on; cost of all days {total:,.0f}")
            continue
        fewer = "nothing to reduce"
        if one.review_reduction is not None:
            low, high = one.review_reduction_interval
            fewer = f"{one.review_reduction:+.1%} [{low:+.1%}, {high:+.1%}] fewer"
        lines.append(f"{one.method}: {one.review_share:.1%} reviewed ({fewer}); cost of all days {total:,.0f}")
    if simulated.perfect_share is not None:
        lines.append(f"a method that knows the truth: {simulated.perfect_share:.1%} reviewed")
    found = simulated.checks
    lines.append(
        f"the checks flag {found.wrong_flagged} of {found.wrong} wrong phrases of these documents, "
        f"and {found.right_flagged} of {found.right} right ones"
    )
    lines += [
        f"before the first verdict {one.accepted} of {one.documents} summaries are below {one.threshold:.0%}, "
        f"{one.wrong} of them wrong, {one.wrong_or_incomplete} wrong or incomplete"
        for one in simulated.first
    ]
    return "\n".join(lines)


def write_plots(results: Sequence[MethodResult], target: Path) -> None:
    """One self-contained HTML page with a diagram a figure and a line a method."""
    days_figure(results_days(results)).write_html(target, include_plotlyjs=True)


def results_days(results: Sequence[MethodResult]) -> dict[str, list[dict[str, float]]]:
    """The days of each method as plain values, as in the JSON."""
    return {one.method: [asdict(day) for day in one.days] for one in results}


def days_figure(methods: Mapping[str, Sequence[Mapping[str, float]]]) -> go.Figure:
    """A diagram a figure, a line a method."""
    figure = make_subplots(rows=2, cols=2, subplot_titles=list(FIGURES.values()))
    colours = ("#7b8797", "#c9701a", "#7a5cc0", "#3a78bb")
    for place, name in enumerate(FIGURES):
        for (method, days), colour in zip(methods.items(), colours, strict=True):
            values = [day[name] for day in days]
            line = go.Scatter(
                x=[day["day"] for day in days],
                y=list(accumulate(values) if name in RUNNING else values),
                name=method.replace("_", " "),
                legendgroup=method,
                showlegend=place == 0,
                line={"color": colour},
            )
            figure.add_trace(line, row=place // 2 + 1, col=place % 2 + 1)
    figure.update_xaxes(title_text="day")
    figure.update_yaxes(rangemode="tozero")
    figure.update_layout(
        height=640,
        template="plotly_white",
        margin={"l": 40, "r": 20, "t": 70, "b": 40},
        legend={"orientation": "h", "y": 1.16},
    )
    return figure
