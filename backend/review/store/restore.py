"""A backup put back in the place of the database, while no program has it open.

In: a file that `backup` wrote, and the URL of the database. Out: the same database as at that moment; what was there
before stays beside it under another name. Knows nothing of what is stored.

Putting the file there by hand is not enough: after a crash or a power cut a write-ahead log of the old database is
left, which SQLite would replay over the copy.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from backend.errors import ReviewError
from backend.review.store import dialect

#: What SQLite keeps beside a database; `-shm` holds nothing that is not in the others.
_LOGS = ("-wal", "-journal")
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def restore(source: Path, *, url: str) -> Path | None:
    """Replace the database of `url` by a backup.

    Returns:
        where the old database lies now, or `None` when there was none.

    Raises:
        ReviewError: the file is no healthy database of this program, the present one is in use, or it cannot be
            written. Then the present one is as it was.
    """
    target = _find_target(source, url=url)
    unfinished = target.with_name(f"{target.name}.restoring")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove(unfinished)
        _copy(source, unfinished)
        aside = _set_aside(target) if target.exists() else None
        _remove_logs(target)
        unfinished.replace(target)
        _flush(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise ReviewError(
            "restore.failed",
            "The database {name} could not be restored ({reason}); check the folder, its rights and the space.",
            name=str(target),
            reason=str(error),
        ) from error
    finally:
        _remove(unfinished)
    return aside


def _find_target(source: Path, *, url: str) -> Path:
    parsed = dialect.parse_url(url)
    if parsed.get_backend_name() != "sqlite":
        raise ReviewError(
            "restore.needs_pg_restore",
            "A PostgreSQL database is restored with its own tool: pg_restore --clean --dbname=… {name}",
            name=source.name,
        )
    if not source.is_file():
        raise ReviewError(
            "restore.missing", "There is no file {name}; name one that `tashika backup` wrote.", name=str(source)
        )
    target = Path(str(parsed.database)).resolve()
    if target.exists() and target.samefile(source):
        raise ReviewError(
            "restore.itself",
            "{name} is the database in use itself; name a file that `tashika backup` wrote.",
            name=str(source),
        )
    return target


def _copy(source: Path, unfinished: Path) -> None:
    """Copy by SQLite, which takes along what a write-ahead log of the source holds, and check the copy."""
    try:
        with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as backup:
            backup.execute("SELECT version_num FROM alembic_version").fetchone()
            backup.execute("SELECT id FROM documents LIMIT 1").fetchone()
            (found,) = backup.execute("PRAGMA integrity_check(1)").fetchone()
            if found != "ok":
                raise sqlite3.DatabaseError(found)
    except sqlite3.Error as error:
        raise ReviewError(
            "restore.unhealthy",
            "{name} is damaged, or no database of this program ({reason}); name another backup.",
            name=str(source),
            reason=str(error),
        ) from error
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as backup,
        closing(sqlite3.connect(unfinished)) as copy,
    ):
        backup.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, whatever the source was
    _flush(unfinished)


def _set_aside(target: Path) -> Path:
    # In this order: SQLite throws the log of a damaged database away when it closes it.
    aside = _keep_aside(target)
    try:
        _require_unused(target)
    except ReviewError:
        _remove(aside)
        raise
    return aside


def _require_unused(target: Path) -> None:
    """Refuse a database that a program has open; a damaged one, which cannot be asked, is to be replaced."""
    try:
        with closing(sqlite3.connect(target, timeout=0, isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # before the first access: no other may be there
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) in _BUSY:
            raise ReviewError(
                "restore.in_use", "The database {name} is in use; stop the program and try again.", name=str(target)
            ) from error


def _keep_aside(target: Path) -> Path:
    """Give the old database, with its logs, a second name that is still free."""
    number, aside = 1, target.with_name(f"{target.name}.before-restore")
    while aside.exists():
        number += 1
        aside = target.with_name(f"{target.name}.before-restore-{number}")
    for end in ("", *_LOGS):
        old = target.with_name(target.name + end)
        if old.exists():
            _link(old, aside.with_name(aside.name + end))
    _flush(aside.parent)
    return aside


def _link(old: Path, new: Path) -> None:
    """A second name for a file; a copy where the file system knows no second names."""
    try:
        os.link(old, new)
    except OSError:
        shutil.copyfile(old, new)
        _flush(new)


def _remove_logs(target: Path) -> None:
    for end in (*_LOGS, "-shm"):
        target.with_name(target.name + end).unlink(missing_ok=True)


def _remove(database: Path) -> None:
    _remove_logs(database)
    database.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Have a file or a folder on the disk before what comes next; Windows opens no folders."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
