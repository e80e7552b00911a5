"""`tashika export`, `import`, `audit verify`, `bench inbox`: records out, in and checked; speed of the inbox."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from app.commands.reviewing import PERSON, opened
from backend.config import Settings
from backend.errors import DocumentError
from backend.review.intake import export, importing
from backend.review.store import events
from backend.review.store.database import open_database, upgrade
from backend.review.store.inbox_views import ChainReport

_PROBLEMS = {
    "missing": "the entry before it was taken out",
    "previous": "it does not follow from the entry before it",
    "changed": "it was changed",
}


def export_verdicts(settings: Settings, *, form: str) -> int:
    """Write all verdicts to standard output as bytes."""
    write = {"csv": export.verdicts_csv, "jsonl": export.verdicts_jsonl, "xlsx": export.verdicts_xlsx}[form]
    with opened(settings) as database:
        return write(database, sys.stdout.buffer, exported_by=PERSON)


def import_verdicts(settings: Settings, file: Path) -> int:
    """Read an export into the installation's empty database.

    Raises:
        DocumentError: it cannot be read.
    """
    try:
        with file.open("rb") as lines, opened(settings) as database:
            return importing.verdicts_jsonl(database, lines, imported_by=PERSON)
    except OSError as error:
        raise DocumentError("import.unreadable", "The file {name} cannot be read.", name=file.name) from error


def verify(settings: Settings) -> ChainReport:
    """Audit the record of this installation."""
    with opened(settings) as database:
        return events.verify(database)


def report_json(report: ChainReport) -> dict[str, object]:
    """The stable form that other programs read; keep `head` elsewhere to notice a cut-off end."""
    return {"is_intact": report.broken_id is None, **asdict(report)}


def describe(report: ChainReport) -> str:
    """One line for a terminal."""
    if report.broken_id is None:
        return f"{report.events} entries, all in order; head {report.head}"
    return f"entry {report.broken_id} is the first broken link: {_PROBLEMS[report.problem]}"


def bench_inbox(*, items: int, repeats: int) -> dict[str, object]:
    """Fill a SQLite database in a temporary folder and time the inbox on it."""
    from backend.evaluation.bench import describe_machine, machine_to_json  # noqa: PLC0415 - torch, for its threads
    from backend.evaluation.inbox_bench import fill, measure  # noqa: PLC0415 - scikit-learn, for the analysis

    with tempfile.TemporaryDirectory(prefix="tashika-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        upgrade(url)
        database = open_database(url)
        try:
            fill(database, items=items)
            figures = measure(database, items=items, repeats=repeats)
        finally:
            database.close()
    return {**asdict(figures), "repeats": repeats, "machine": machine_to_json(describe_machine())}


def describe_bench(figures: dict[str, object]) -> str:
    """The figures in words."""
    names = {"page": "page", "search": "search", "next": "next item", "verdict": "verdict"}
    parts = [f"{name} {figures[f'{key}_p95_ms']:.1f} ms" for key, name in names.items()]
    return f"{figures['items']:,} items, 95th percentiles: {', '.join(parts)}"
