"""What differs between SQLite and PostgreSQL, one function a difference.

In: a URL, an engine, a connection or a session. Out: the same behaviour on both.
Knows nothing of the tables' meaning or the use cases.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import (
    URL,
    ColumnElement,
    CompoundSelect,
    Connection,
    Engine,
    Integer,
    Select,
    Table,
    and_,
    column,
    event,
    func,
    literal_column,
    select,
    text,
    union,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TextualSelect

from backend.errors import ReviewError

#: Longest wait for another writer. Transactions are short, so this is only reached when something hangs.
BUSY_TIMEOUT_SECONDS = 30
_VERSIONS_LOCK = 7_426_553_001  # any number that no other program on the same PostgreSQL database uses
_CHAIN_LOCK = 7_426_553_002
_TRIGRAM = 3  # characters that SQLite's index needs at least


def parse_url(url: str) -> URL:
    """The URL with its driver named; refuses what cannot hold reviews."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # a port that is no number is a ValueError
        raise ReviewError(  # without the URL, which may hold a password
            "database.url_unreadable",
            "The URL of the database (TASHIKA_DATABASE_URL) cannot be read; write sqlite:///file.db or "
            "postgresql://user@host:5432/name.",
        ) from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise ReviewError(
            "database.unsupported",
            "The database {name} is not supported; use SQLite or PostgreSQL.",
            name=backend,
        )
    if parsed.database in (None, "", ":memory:"):
        # Every thread of an in-memory SQLite database would see an empty one of its own.
        raise ReviewError(
            "database.in_memory",
            "A database in memory cannot be shared between threads; name a file: sqlite:///file.db.",
        )
    return parsed


def create_folder(url: URL) -> None:
    """Make the folder of a SQLite file; a server has its own."""
    if url.get_backend_name() == "sqlite":
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)


def prepare_engine(engine: Engine, *, enforces_foreign_keys: bool = True) -> None:
    """Set up every new connection, and let the engine's option `begin` choose how transactions begin."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: SqliteConnection, _record: object) -> None:
        # The driver's own transaction handling begins too late and too weak; `begin` below does it.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")  # a verdict that was seen saved survives a power cut
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if enforces_foreign_keys else 'OFF'}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def writing_options(engine: Engine) -> dict[str, Any]:
    """Options of a transaction that writes: SQLite takes the write lock at once, so none fails half-way."""
    return {"begin": "BEGIN IMMEDIATE"} if engine.dialect.name == "sqlite" else {}


def reading_options(engine: Engine) -> dict[str, Any]:
    """Options of a transaction that only reads one consistent state."""
    if engine.dialect.name == "sqlite":
        return {"begin": "BEGIN"}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def lock_versions(connection: Connection | Session) -> None:
    """Let no other transaction number a version until this one ends.

    SQLite's writers already come one after another (`BEGIN IMMEDIATE`).
    """
    if _name(connection) == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _VERSIONS_LOCK})


def lock_chain(session: Session) -> None:
    """Let no other transaction add to the record until this one ends. Take no other lock after it."""
    if _name(session) == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})


def index_words(session: Session, *, item_id: int, texts: tuple[str, ...]) -> None:
    """Make an item findable by its texts. PostgreSQL indexes the rows themselves."""
    if _name(session) == "sqlite":
        index_many_words(session, [(item_id, texts)])


def index_many_words(session: Session, items: Sequence[tuple[int, tuple[str, ...]]]) -> None:
    """Make items findable on SQLite: by trigrams, and by what is shorter than three characters."""
    rows = []
    for item_id, texts in items:
        words = unicodedata.normalize("NFKC", "\n".join(texts))
        rows.append({"id": item_id, "words": words, "short": " ".join(sorted(_to_short_words(words)))})
    session.execute(text("INSERT INTO item_search (rowid, words) VALUES (:id, :words)"), rows)
    session.execute(text("INSERT INTO item_search_pairs (rowid, words) VALUES (:id, :short)"), rows)


def contains_words(
    session: Session, *, item_id: ColumnElement[int], words: str, texts: Select[tuple[int, str]]
) -> ColumnElement[bool]:
    """Condition: every word (parted by spaces) stands somewhere in the item's texts, whatever its case or width.

    `texts` selects item numbers and texts, which PostgreSQL indexes themselves (`normalize(…, NFKC)`, migration 0015).
    """
    parts = unicodedata.normalize("NFKC", words).split()
    if _name(session) == "postgresql":
        return and_(*[item_id.in_(_select_containing(texts, part)) for part in parts])
    long = [part for part in parts if len(part) >= _TRIGRAM]
    short = [part.lower() for part in parts if len(part) < _TRIGRAM]
    found = (("item_search", long), ("item_search_pairs", short))
    return and_(*[item_id.in_(_match(index, " ".join(map(_quote, asked)))) for index, asked in found if asked])


def _match(index: str, asked: str) -> TextualSelect:
    found = text(f"SELECT rowid FROM {index} WHERE {index} MATCH :asked_{index}")
    return found.bindparams(**{f"asked_{index}": asked}).columns(column("rowid", Integer))


def _quote(part: str) -> str:
    return '"' + part.replace('"', '""') + '"'


def _to_short_words(words: str) -> set[str]:
    """Every character and every two side by side, signs too, in small letters."""
    runs = words.lower().split()
    return {run[place : place + size] for run in runs for place in range(len(run)) for size in (1, 2)}


def _select_containing(texts: Select[tuple[int, str]], part: str) -> CompoundSelect:
    # One branch a text: an OR over several tables would use none of their indexes.
    number, *columns = texts.selected_columns
    normal = [func.normalize(one, literal_column("NFKC")) for one in columns]
    return union(*[texts.with_only_columns(number).where(one.icontains(part, autoescape=True)) for one in normal])


def check_foreign_keys(connection: Connection) -> None:
    """Refuse to commit a migration that left a reference to nothing (SQLite checks none meanwhile)."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise RuntimeError(f"migration broke a reference: {tuple(broken)}")


def upsert(session: Session, table: Table, *, key: dict[str, Any], values: dict[str, Any]) -> None:
    """Insert a row, or change the one that has this unique key."""
    insert = sqlite.insert if _name(session) == "sqlite" else postgresql.insert
    statement = insert(table).values(**key, **values)
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


def restart_numbers(session: Session, tables: Sequence[Table]) -> None:
    """Go on numbering rows after the highest number there is; SQLite does so by itself."""
    if _name(session) == "postgresql":
        for table in tables:
            highest = select(func.coalesce(func.max(table.c.id), 1)).scalar_subquery()
            session.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), highest)))


def copy_database(engine: Engine, target: Path) -> None:
    """Write a consistent copy of the whole database into one new file."""
    if engine.dialect.name != "sqlite":
        raise ReviewError(
            "backup.needs_pg_dump",
            "A PostgreSQL database is backed up with its own tool: pg_dump --format=custom --file={name} …",
            name=target.name,
        )
    connection = engine.raw_connection()  # VACUUM runs outside of any transaction
    try:
        connection.cursor().execute("VACUUM INTO ?", (str(target),))
    finally:
        connection.close()


def _name(connection: Connection | Session) -> str:
    bind = connection.get_bind() if isinstance(connection, Session) else connection
    return bind.dialect.name
