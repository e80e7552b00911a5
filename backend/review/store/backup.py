"""A copy of the whole database in one file, made while the program runs.

In: an open SQLite database and a file name. Out: a file that opens as a database of its own, which `restore` puts
back. Knows nothing of what is stored.
"""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Error as SqliteError

from backend.errors import ReviewError
from backend.review.store import dialect
from backend.review.store.database import Database


def backup(database: Database, target: Path) -> Path:
    """Write a consistent copy to a new file, which appears only when it is whole.

    Raises:
        ReviewError: when the file exists, cannot be written, or the database is a PostgreSQL one.
    """
    if target.exists():
        raise ReviewError("backup.exists", "The file {name} exists already; name a new one.", name=str(target))
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        dialect.copy_database(database.engine, unfinished)
        unfinished.replace(target)
    except (OSError, SqliteError) as error:
        unfinished.unlink(missing_ok=True)
        raise ReviewError(
            "backup.failed",
            "The backup {name} could not be written ({reason}); check the folder, its rights and the space.",
            name=str(target),
            reason=str(error),
        ) from error
    return target
