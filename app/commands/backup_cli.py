"""`tashika backup` and `tashika restore`: the whole database to a file and back.

In: arguments of the command line. Out: a file, or the database. Imports late, so that `--help` is quick.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from backend.config import Settings


def add_backup(cli: typer.Typer) -> None:
    """Add these commands to the command line."""
    cli.command()(backup)
    cli.command()(restore)


def backup(target: Annotated[Path, typer.Argument(help="File to write; must not exist yet.")]) -> None:
    """Copy the SQLite database to a file, also while the program runs; adapters are files beside it, not in it."""
    from app.commands.reviewing import opened
    from backend.review.store.backup import backup as write

    with opened(Settings()) as database:
        write(database, target)
    sys.stdout.write(f"backup written to {target}\n")


def restore(source: Annotated[Path, typer.Argument(help="File that `tashika backup` wrote.")]) -> None:
    """Put a backup in the place of the SQLite database, while the program is stopped; the old one is kept aside."""
    from backend.review.store.restore import restore as put_back

    aside = put_back(source, url=Settings().url)
    kept = f"; the database of before is kept as {aside}" if aside is not None else ""
    sys.stdout.write(f"restored from {source}{kept}\n")
