"""A migrated, empty SQLite database for every test; and a PostgreSQL server where one is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.review.store import events
from backend.review.store.database import Database, open_database, upgrade
from backend.review.store.record_tables import EventRow


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the newest revision, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "empty.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def database(migrated_file: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty database in a file of its own."""
    path = tmp_path / "tashika.db"
    shutil.copyfile(migrated_file, path)
    opened = open_database(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The socket folder of a throw-away PostgreSQL server."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("PostgreSQL is not installed (apt install postgresql)")
    folder = tmp_path_factory.mktemp("pg")
    if os.geteuid() == 0:  # the server refuses to run as root
        own = Path("/tmp") / f"tashika-pg-{os.getpid()}-{os.urandom(3).hex()}"  # a file that imports this has its own
        yield from _serve(programs[-1].parent, own, user="postgres")
    else:
        yield from _serve(programs[-1].parent, folder, user=None)


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """An empty PostgreSQL database of its own."""
    psycopg = pytest.importorskip("psycopg")
    name = f"t{os.urandom(6).hex()}"
    address = f"host={postgres_server} user=postgres dbname=postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    return f"postgresql:///{name}?host={postgres_server}&user=postgres"


def _serve(programs: Path, folder: Path, *, user: str | None) -> Iterator[str]:
    folder.mkdir(exist_ok=True)
    if user is not None:
        shutil.chown(folder, user)

    def call(*command: str) -> None:
        # Nothing may hold the server's output pipe open, or the call would wait for the server's end.
        with (folder / "log").open("ab") as log:
            subprocess.run(command, check=True, user=user, stdout=log, stderr=log, cwd=folder)

    data = str(folder / "data")
    call(str(programs / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses='' -c fsync=off -k {folder}"
    call(str(programs / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "server.log"), "-o", options, "start")
    try:
        yield str(folder)
    finally:
        call(str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def recorded(database: Database) -> list[tuple[str, str, dict]]:
    """Every entry of the record, which is whole: its kind, who did it, the facts."""
    assert events.verify(database).problem == ""
    with database.reading() as session:
        rows = session.scalars(select(EventRow).order_by(EventRow.id)).all()
        return [(row.kind, row.actor, json.loads(row.facts)) for row in rows]
