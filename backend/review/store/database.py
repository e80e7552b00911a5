"""Opening a database by URL, its units of work, and bringing its tables up to date.

In: an SQLAlchemy URL. Out: a `Database` whose sessions are short transactions.
Knows nothing of the tables' meaning; what differs between SQLite and PostgreSQL stands in `dialect`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

import migrations
from backend.errors import ReviewError
from backend.review.store import dialect

# One thread of a page or of the worker holds a connection for milliseconds.
_POOL_SIZE = 10
_POOL_OVERFLOW = 30
_to_json = partial(json.dumps, ensure_ascii=False, allow_nan=False)


class Database:
    """An open database. Share one between all threads; close it at the end."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = engine.execution_options(**dialect.writing_options(engine))
        self._reading = engine.execution_options(**dialect.reading_options(engine))

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A unit of work that may write: `session.commit()` keeps it, leaving without rolls it back.

        On SQLite it holds the write lock from its first statement: read, decide and write quickly,
        and never run a model inside.
        """
        with Session(self._writing, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A unit of work that sees one consistent state, blocks no writer, and keeps nothing."""
        with Session(self._reading, autoflush=False) as session:
            yield session

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open the database of a URL; `upgrade(url)` makes or updates its tables."""
    parsed = dialect.parse_url(url)
    dialect.create_folder(parsed)
    engine = _create_engine(
        parsed,
        json_serializer=_to_json,
        hide_parameters=True,  # an error in the log must not quote somebody's document
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_OVERFLOW,
        pool_pre_ping=parsed.get_backend_name() != "sqlite",
    )
    dialect.prepare_engine(engine)
    return Database(engine)


def upgrade(url: str, *, revision: str = "head") -> None:
    """Create the tables, or bring older ones up to date; all of it or nothing.

    Two programs that start at once migrate one after the other.

    Raises:
        ReviewError: when the database cannot be opened, its driver is missing, or it comes from a newer version of the
            program.
    """
    parsed = dialect.parse_url(url)
    try:
        dialect.create_folder(parsed)
    except OSError as error:
        raise _unusable(parsed, error.strerror or str(error)) from error
    engine = _create_engine(parsed, poolclass=NullPool)
    # SQLite changes a table by copying it, which foreign keys would take for a deletion.
    dialect.prepare_engine(engine, enforces_foreign_keys=False)
    try:
        _migrate(engine, revision=revision)
    except CommandError as error:
        raise ReviewError(
            "database.newer",
            "The database {url} was made by a newer version of this program; install that version.",
            url=_shown(parsed),
        ) from error
    except DatabaseError as error:
        raise _unusable(parsed, str(error.orig).strip().splitlines()[0]) from error
    finally:
        engine.dispose()


def _create_engine(parsed: URL, **options: Any) -> Engine:
    try:
        return create_engine(parsed, **options)
    except ImportError as error:
        raise ReviewError(
            "database.driver",
            "The driver of {name} is not installed ({reason}); install it: python -m pip install '.[postgresql]'",
            name=parsed.get_backend_name(),
            reason=str(error).strip().splitlines()[0],
        ) from error


def _unusable(parsed: URL, reason: str) -> ReviewError:
    return ReviewError(
        "database.unusable",
        "The database {url} cannot be used ({reason}); check the address, the rights and the free space.",
        url=_shown(parsed),
        reason=reason,
    )


def _migrate(engine: Engine, *, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    writing = engine.execution_options(**dialect.writing_options(engine))
    with writing.begin() as connection:
        dialect.lock_versions(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        dialect.check_foreign_keys(connection)


def _shown(url: URL) -> str:
    return url.set(query={}).render_as_string(hide_password=True)  # a query may hold a password, too
