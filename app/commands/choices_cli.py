"""`tashika evaluate choices`, as part of the group `evaluate`. What it needs is imported when it is called."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from backend.config import Settings

choices_cli = typer.Typer()

SET = "NAME=FILE: JSONL of question, answer; may be repeated."


@choices_cli.command("choices")
def evaluate_choices(
    train: Annotated[list[str], typer.Option(help=f"Set to fine-tune on, {SET}")],
    data: Annotated[list[str], typer.Option(help=f"Set to test on, {SET} Other names than trained on: shift.")],
    limit: Annotated[int, typer.Option(min=0, help="Most training questions of a set; 0: all.")] = 320,
    validation_limit: Annotated[int, typer.Option(min=0, help="Most validation questions; never over --limit.")] = 80,
    test_limit: Annotated[int, typer.Option(min=0, help="Most questions of a test set; 0: all.")] = 120,
    seeds: Annotated[int, typer.Option(min=1, help="Each trains a model; the ensembles two more.")] = 2,
    epochs: Annotated[int, typer.Option(min=1)] = 4,
    learning_rate: Annotated[float, typer.Option(min=0.0)] = 5e-4,
    rank: Annotated[int, typer.Option(min=1)] = 8,
    layers: Annotated[str, typer.Option(help="Layers with an adapter, like 10-29; empty: the upper two thirds.")] = "",
    dropout_passes: Annotated[int, typer.Option(min=1, help="Passes of MC dropout.")] = 5,
    by_words: Annotated[
        bool, typer.Option(help="Answer by the options' words instead of their names, which a small model cannot.")
    ] = False,
    exact_fisher: Annotated[
        bool, typer.Option(help="Sum over all answers instead of drawing one a question; a pass an answer.")
    ] = False,
    bootstrap: Annotated[int, typer.Option(min=20, help="Resamples of the questions.")] = 2000,
    folder: Annotated[
        Path | None, typer.Option(help="Where models and outputs are kept, to go on after a stop.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Multiple choice: accuracy, ECE and NLL of nine methods on fine-tuned models, and under shift."""
    from app.commands import measuring_choices

    sizes = measuring_choices.Sizes(train=limit, validation=validation_limit, test=test_limit)
    training = measuring_choices.TrainingOptions(epochs=epochs, learning_rate=learning_rate, rank=rank, layers=layers)
    report = measuring_choices.evaluate(
        Settings(), train=train, data=data, sizes=sizes, training=training, seeds=seeds, dropout_passes=dropout_passes,
        fisher="exact" if exact_fisher else "true", bootstrap_samples=bootstrap, folder=folder,
        by_words=by_words,
    )  # fmt: skip
    found = measuring_choices.report_json(report) if as_json else measuring_choices.describe(report.rows)
    sys.stdout.write(f"{found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, indent=1)}\n")
