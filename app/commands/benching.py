"""`tashika bench …`: speed on this machine, for people and as JSON. Models are imported when a command is called."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from app.commands.which_adapter import AdapterOption, choose
from backend.config import Settings

bench_cli = typer.Typer(help="Measure speed.", no_args_is_help=True)


@bench_cli.callback()
def bench_group() -> None:
    """Measure speed on this machine."""


@bench_cli.command("summarize")
def bench_summarize(
    samples: Annotated[int, typer.Option(min=0)] = 8,
    tokens: Annotated[int, typer.Option(min=2, help="Length of the summary.")] = 60,
    repeats: Annotated[int, typer.Option(min=1)] = 5,
    adapter: AdapterOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """A summary with uncertainty against stock `generate` without, in one run."""
    from backend.evaluation.bench_summarize import bench_summarize as measure
    from backend.pipeline import load_summarizer

    chosen = choose(Settings(), adapter)
    figures = measure(load_summarizer(chosen.settings), samples=samples, tokens=tokens, repeats=repeats)
    figures["used"] = chosen.to_json()
    if as_json:
        _say(json.dumps(figures, ensure_ascii=False, indent=1))
    else:
        parts = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in figures["seconds"].items())
        _say(f"{figures['ratio']:.2f} times stock generate ({parts}; medians of {repeats})")


@bench_cli.command("laplace")
def bench_laplace(
    part: Annotated[
        list[str] | None,
        typer.Option(
            help="memory, tangents, summarize, fit, shares, posterior, laplace-torch, adaptive, resampling or growth; "
            "may be repeated; default: all."
        ),
    ] = None,
    samples: Annotated[int, typer.Option(min=2)] = 8,
    repeats: Annotated[int, typer.Option(min=1)] = 3,
    documents: Annotated[int, typer.Option(min=1, help="Generated documents of the part adaptive.")] = 6,
    seed: Annotated[int, typer.Option()] = 0,
    adapter: AdapterOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Cost, memory, size and error of the uncertainty itself, in one run."""
    from backend.evaluation.bench_laplace import BenchPlan, run_parts
    from backend.pipeline import load_summarizer

    chosen = choose(Settings(), adapter)
    plan = BenchPlan(samples=samples, repeats=repeats, documents=documents, seed=seed, folder=chosen.folder)
    figures = run_parts(load_summarizer(chosen.settings), plan, parts=part or (), on_part=_tell)
    figures["used"] = chosen.to_json()
    _say(json.dumps(figures, ensure_ascii=False, indent=1) if as_json else "\n".join(_lines(figures)))


def _tell(name: str, seconds: float) -> None:
    sys.stderr.write(f"{name}: {seconds:.0f} s\n")


def _lines(figures: dict[str, Any]) -> list[str]:
    """One line a figure; tables and the machine are left to the JSON."""
    return [f"{name} {value:.4g}" for name, value in figures.items() if isinstance(value, (int, float))]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
