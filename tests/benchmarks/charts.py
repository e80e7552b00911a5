"""Draws the README's charts from the measured results beside it: `python -m tests.benchmarks.charts`.

In: `errors.json`, `simulate.json`. Out: pictures in `.readme`, as Chromium shows the figures of the commands.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import plotly.graph_objects as go
from playwright.sync_api import sync_playwright

from app.commands.simulating import days_figure
from app.components.error_chart import errors_figure
from backend.evaluation.bootstrap import Interval
from backend.evaluation.errors import SignalFigures
from tests.browser.chromium import CHROMIUM, CHROMIUM_ARGUMENTS

HERE = Path(__file__).parent
PICTURES = HERE.parents[1] / ".readme"
WIDTH_PX = 1100


def main() -> None:
    """Draw both."""
    errors = json.loads((HERE / "errors.json").read_text("utf-8"))
    days = json.loads((HERE / "simulate.json").read_text("utf-8"))["days"]
    take(errors_figure([_figures(row) for row in errors["rows"]]), PICTURES / "errors.png")
    take(days_figure(days), PICTURES / "simulate.png")


def take(figure: go.Figure, target: Path) -> None:
    """The figure as a picture of its own size."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "chart.html"
        figure.write_html(page_file, include_plotlyjs=True)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(viewport={"width": WIDTH_PX, "height": figure.layout.height + 16})
        page.goto(page_file.as_uri())
        page.locator(".main-svg").first.wait_for()
        page.screenshot(path=target)
        browser.close()


def _figures(row: dict) -> SignalFigures:
    """A row of `SignalFigures.to_json`, read back."""
    names = ("data", "level", "signal")
    figures = {name: Interval(*value) if value else None for name, value in row.items() if name not in names}
    return SignalFigures(*(row[name] for name in names), figures)


if __name__ == "__main__":
    main()
