"""`tashika evaluate errors`, `… variants` and `… shift`, as part of the group `evaluate`.

What a command needs is imported when it is called, so that `tashika --help` is quick.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.commands.which_adapter import AdapterOption, choose
from backend.config import Settings

errors_cli = typer.Typer()

Data = Annotated[
    list[Path] | None,
    typer.Option(
        help="JSONL of document, summary, unfaithful_spans; or of document, reference (errors are swapped in)."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Cache = Annotated[Path | None, typer.Option(help="File of finished signals, to go on after a stop.")]


@errors_cli.command("errors")
def evaluate_errors(
    data: Data = None,
    generated: Annotated[int, typer.Option(min=0, help="Generated documents that the model summarizes.")] = 60,
    limit: Annotated[int, typer.Option(min=0, help="Most summaries of one file; 0: all.")] = 35,
    samples: Annotated[int, typer.Option(min=0, help="Samples; 0: leave Laplace and random perturbation out.")] = 8,
    prior: Annotated[
        float | None, typer.Option(min=1e-6, help="Another prior precision than the posterior's own, to compare.")
    ] = None,
    ensemble: Annotated[list[Path] | None, typer.Option(help="Folder of another adapter; may be repeated.")] = None,
    max_document_tokens: Annotated[int, typer.Option(min=64, help="Longer documents are condensed.")] = 384,
    bootstrap: Annotated[int, typer.Option(min=20, help="Resamples of the documents.")] = 500,
    seed: Annotated[int, typer.Option(help="Of swaps, samples, folds and resamples.")] = 0,
    cache: Cache = None,
    adapter: AdapterOption = "",
    chart: Annotated[Path | None, typer.Option(help="HTML file of a chart to write.")] = None,
    as_json: AsJson = False,
) -> None:
    """Which signals find errors in summaries: each alone, all together, and without Laplace."""
    from app.commands import measuring_errors  # noqa: PLC0415

    chosen = choose(Settings().model_copy(update={"max_document_tokens": max_document_tokens}), adapter)
    report = measuring_errors.evaluate(
        chosen.settings, files=data or [], generated=generated, limit=limit, samples=samples, prior=prior,
        ensemble=ensemble or [],
        bootstrap_samples=bootstrap, seed=seed, cache=cache, chart=chart,
    )  # fmt: skip
    if as_json:
        _print({**measuring_errors.report_json(report), "used": chosen.to_json()})
    else:
        _print(measuring_errors.describe(report))


@errors_cli.command("variants")
def evaluate_variants(
    generated: Annotated[int, typer.Option(min=2, help="Generated documents that the model summarizes.")] = 60,
    prior: Annotated[
        list[float] | None, typer.Option(min=1e-6, help="A prior precision to try; may be repeated.")
    ] = None,
    samples: Annotated[int, typer.Option(min=2, help="Posterior samples.")] = 8,
    max_document_tokens: Annotated[int, typer.Option(min=64, help="Longer documents are condensed.")] = 384,
    bootstrap: Annotated[int, typer.Option(min=20, help="Resamples of the documents.")] = 500,
    seed: Annotated[int, typer.Option(help="Of samples, folds and resamples.")] = 0,
    cache: Cache = None,
    adapter: AdapterOption = "",
    as_json: AsJson = False,
) -> None:
    """Whether another prior, other matrices or more samples let Laplace find more wrong phrases."""
    from app.commands import measuring_variants  # noqa: PLC0415

    chosen = choose(Settings().model_copy(update={"max_document_tokens": max_document_tokens}), adapter)
    measured = measuring_variants.evaluate(
        chosen.settings, generated=generated, priors=prior or [], samples=samples, bootstrap_samples=bootstrap,
        seed=seed, cache=cache,
    )  # fmt: skip
    if as_json:
        _print({**measuring_variants.report_json(measured), "used": chosen.to_json()})
    else:
        _print(measuring_variants.describe(measured.report))


@errors_cli.command("shift")
def evaluate_shift(
    data: Annotated[
        list[Path] | None, typer.Option(help="JSONL of documents on other topics; may be repeated.")
    ] = None,
    count: Annotated[int, typer.Option(min=5, help="Generated documents; each is also damaged in three ways.")] = 30,
    limit: Annotated[int, typer.Option(min=0, help="Most documents of one file; 0: all.")] = 20,
    samples: Annotated[int, typer.Option(min=0, help="Posterior samples.")] = 8,
    threshold: Annotated[float | None, typer.Option(min=0, max=1, help="Of the risk; default: a new policy's.")] = None,
    max_document_tokens: Annotated[int, typer.Option(min=64, help="Longer documents are condensed.")] = 384,
    bootstrap: Annotated[int, typer.Option(min=20, help="Resamples of the documents.")] = 500,
    seed: Annotated[int, typer.Option(help="Of damages and resamples.")] = 0,
    cache: Cache = None,
    adapter: AdapterOption = "",
    as_json: AsJson = False,
) -> None:
    """Whether documents from outside (other topics, damaged, foreign, empty) are sent to review."""
    from app.commands import measuring_shift  # noqa: PLC0415

    chosen = choose(Settings().model_copy(update={"max_document_tokens": max_document_tokens}), adapter)
    measured = measuring_shift.evaluate(
        chosen.settings, files=data or [], count=count, limit=limit, samples=samples, threshold=threshold,
        bootstrap_samples=bootstrap, seed=seed, cache=cache,
    )  # fmt: skip
    if as_json:
        _print({**measuring_shift.report_json(measured), "used": chosen.to_json()})
    else:
        _print(measuring_shift.describe(measured.report))


def _print(value: object) -> None:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
    sys.stdout.write(f"{text}\n")
