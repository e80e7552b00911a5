"""`tashika demo-data` and `tashika extracts`: data sets to learn from.

What a command needs is imported when it is called, so that `tashika --help` is quick.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from backend.config import Settings

data_cli = typer.Typer()

Output = Annotated[Path, typer.Option(help="JSONL file to write.")]


@data_cli.command("demo-data")
def demo_data(
    output: Output,
    count: Annotated[int, typer.Option(min=1, help="Number of documents.")] = 200,
    seed: Annotated[int, typer.Option(help="Same seed, same documents.")] = 0,
) -> None:
    """Generate inspection logs and specification drafts with known facts."""
    from app.commands.training import write_demo_data

    sys.stdout.write(f"{write_demo_data(output, count=count, seed=seed)} documents written to {output}\n")


@data_cli.command("extracts")
def extracts(
    data: Annotated[Path, typer.Option(help="JSONL or CSV with document, reference.")],
    output: Output,
    max_document_tokens: Annotated[int, typer.Option(min=16, help="As in training: what the model reads.")] = 384,
    min_gain: Annotated[float, typer.Option(min=0.0, max=1.0, help="ROUGE-L that a change must add.")] = 0.03,
    least_words: Annotated[int, typer.Option(min=0, help="No change makes an extract shorter.")] = 40,
    candidates: Annotated[
        int, typer.Option(min=0, max=8, help="Extracts to list by their ROUGE-L, for training by risk; 0: none.")
    ] = 0,
) -> None:
    """Replace references by the document's own sentences closest to them: a target to copy for small models."""
    from app.commands.training import write_extracts

    count = write_extracts(
        Settings(), file=data, output=output, max_document_tokens=max_document_tokens, min_gain=min_gain,
        least_words=least_words, candidates=candidates,
    )  # fmt: skip
    sys.stdout.write(f"{count} rows written to {output}\n")
