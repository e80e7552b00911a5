"""The options of `export`, `import`, `audit` and `bench inbox`; what they do stands in `records`.

In: arguments of the command line. Out: text, JSON or a file. Imports late, so that `--help` is quick.
"""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from backend.config import Settings

export_cli = typer.Typer(help="Write records out.", no_args_is_help=True)
import_cli = typer.Typer(help="Read records in.", no_args_is_help=True)
audit_cli = typer.Typer(help="Check the record of what happened.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class ExportForm(StrEnum):
    """File formats of an export."""

    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"


def add_records(cli: typer.Typer, *, bench_cli: typer.Typer) -> None:
    """Add these commands to the command line."""
    cli.add_typer(export_cli, name="export")
    cli.add_typer(import_cli, name="import")
    cli.add_typer(audit_cli, name="audit")
    bench_cli.command("inbox")(bench_inbox)


@export_cli.callback()
def export_group() -> None:
    """Write records to standard output."""


@export_cli.command("verdicts")
def export_verdicts(
    form: Annotated[
        ExportForm, typer.Option("--format", help="csv or xlsx for a spreadsheet, jsonl for a program.")
    ] = ExportForm.CSV,
) -> None:
    """Write all verdicts to standard output."""
    from app.commands import records

    records.export_verdicts(Settings(), form=form.value)


@import_cli.callback()
def import_group() -> None:
    """Read records into an empty database."""


@import_cli.command("verdicts")
def import_verdicts(file: Annotated[Path, typer.Argument(help="Output of `export verdicts --format jsonl`.")]) -> None:
    """Read an export of verdicts, with their documents, into an empty database."""
    from app.commands import records

    sys.stdout.write(f"{records.import_verdicts(Settings(), file)} verdicts read\n")


@audit_cli.callback()
def audit_group() -> None:
    """Check the record of what happened."""


@audit_cli.command("verify")
def audit_verify(as_json: AsJson = False) -> None:
    """Walk the chain of hashes; exit with 1 and name the first entry changed or taken out of the middle.

    A cut-off end shows only against a `head` of an earlier walk that was kept elsewhere.
    """
    from app.commands import records

    report = records.verify(Settings())
    sys.stdout.write(f"{json.dumps(records.report_json(report)) if as_json else records.describe(report)}\n")
    if report.broken_id is not None:
        raise typer.Exit(1)


def bench_inbox(
    items: Annotated[int, typer.Option(min=100, help="Items in the inbox.")] = 100_000,
    repeats: Annotated[int, typer.Option(min=20, help="Calls of each kind.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Pages, searches, the next item and verdicts of a large inbox, in a database that is thrown away."""
    from app.commands import records

    figures = records.bench_inbox(items=items, repeats=repeats)
    sys.stdout.write(f"{json.dumps(figures, indent=1) if as_json else records.describe_bench(figures)}\n")
