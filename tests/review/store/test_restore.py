"""The restore: what a backup held comes back, also over the log of a program that died, and nothing is lost."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from backend.errors import ReviewError
from backend.review.intake import service
from backend.review.store.backup import backup
from backend.review.store.database import open_database, upgrade
from backend.review.store.restore import restore
from tests.review.builders import build_document

ROOT = Path(__file__).parents[3]
DIES = """
import os, sys
from backend.review.intake import service
from backend.review.store.database import open_database
from tests.review.builders import build_document
database = open_database(sys.argv[1])
for _ in range(50):
    service.submit(database, document=build_document())
os._exit(9)
"""


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def make(path: Path, *, jobs: int = 1) -> Path:
    upgrade(url_of(path))
    submit(path, jobs=jobs)
    return path


def submit(path: Path, *, jobs: int) -> None:
    database = open_database(url_of(path))
    for _ in range(jobs):
        service.submit(database, document=build_document())
    database.close()


def back_up(path: Path, copy: Path) -> Path:
    database = open_database(url_of(path))
    backup(database, copy)
    database.close()
    return copy


def count_jobs(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return connection.execute("SELECT count(*) FROM jobs").fetchone()[0]


def test_a_backup_comes_back_over_the_log_of_a_program_that_died(tmp_path: Path):
    path = make(tmp_path / "tashika.db")
    copy = back_up(path, tmp_path / "copy 'quoted' 確か.db")
    died = subprocess.run([sys.executable, "-c", DIES, url_of(path)], cwd=ROOT, check=False)
    assert died.returncode == 9
    assert path.with_name("tashika.db-wal").stat().st_size > 0

    aside = restore(copy, url=url_of(path))

    left = {entry.name for entry in tmp_path.glob("tashika*")}
    assert left == {path.name, aside.name, f"{aside.name}-wal"}
    assert (count_jobs(path), count_jobs(aside)) == (1, 51)
    assert count_jobs(copy) == 1


def test_a_damaged_database_is_replaced_and_kept_with_its_log(tmp_path: Path):
    path = make(tmp_path / "tashika.db")
    copy = back_up(path, tmp_path / "copy.db")
    path.write_bytes(b"no database at all")
    path.with_name("tashika.db-wal").write_bytes(b"its log")
    aside = restore(copy, url=url_of(path))
    assert count_jobs(path) == 1
    assert aside.read_bytes() == b"no database at all"
    assert aside.with_name(f"{aside.name}-wal").read_bytes() == b"its log"


def test_every_restore_keeps_what_it_replaces(tmp_path: Path):
    path = make(tmp_path / "tashika.db")
    copy = back_up(path, tmp_path / "copy.db")
    submit(path, jobs=4)
    first, second = restore(copy, url=url_of(path)), restore(copy, url=url_of(path))
    assert first != second
    assert (count_jobs(first), count_jobs(second), count_jobs(path)) == (5, 1, 1)


def test_where_there_is_no_database_the_backup_becomes_it(tmp_path: Path):
    copy = back_up(make(tmp_path / "other.db", jobs=2), tmp_path / "copy.db")
    target = tmp_path / "new" / "tashika.db"
    assert restore(copy, url=url_of(target)) is None
    assert count_jobs(target) == 2


def test_a_database_in_use_is_not_replaced(tmp_path: Path):
    path = make(tmp_path / "tashika.db")
    copy = back_up(path, tmp_path / "copy.db")
    running = open_database(url_of(path))
    service.submit(running, document=build_document())  # its connection waits in the pool now
    with pytest.raises(ReviewError) as raised:
        restore(copy, url=url_of(path))
    assert raised.value.code == "restore.in_use"
    running.close()
    assert count_jobs(path) == 2
    assert {entry.name for entry in tmp_path.iterdir()} == {"tashika.db", "copy.db"}


def test_only_a_healthy_database_of_this_program_is_taken(tmp_path: Path):
    path = make(tmp_path / "tashika.db", jobs=3)
    torn = back_up(path, tmp_path / "torn.db")
    content = torn.read_bytes()
    torn.write_bytes(content[: len(content) // 2])
    text = tmp_path / "text.db"
    text.write_text("precious", encoding="utf-8")
    foreign = tmp_path / "foreign.db"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE songs (id INTEGER)")
    for source, code in (
        (torn, "restore.unhealthy"),
        (text, "restore.unhealthy"),
        (foreign, "restore.unhealthy"),
        (tmp_path / "no.db", "restore.missing"),
        (path, "restore.itself"),
    ):
        with pytest.raises(ReviewError) as raised:
            restore(source, url=url_of(path))
        assert raised.value.code == code, source
    assert count_jobs(path) == 3
    assert {entry.name for entry in tmp_path.glob("tashika*")} == {"tashika.db"}


def test_postgresql_is_left_to_its_own_tool(tmp_path: Path):
    with pytest.raises(ReviewError, match="pg_restore"):
        restore(tmp_path / "copy.dump", url="postgresql://user@host/name")
