from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.commands.watching import Watcher, submit_folder
from backend.config import Settings
from backend.errors import ReviewError
from backend.jobs import queue
from backend.review.intake import service
from tests.review.builders import LOG
from tests.review.fixtures import database, migrated_file

__all__ = ["database", "migrated_file"]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "in"
    made.mkdir()
    return made


def look(watcher):
    return [outcome.line for outcome in watcher.look()]


def test_a_file_is_submitted_once_it_no_longer_changes(database, folder):
    watcher = Watcher(database, folder, owner="local")
    (folder / "log.txt").write_text(LOG[:20], "utf-8")
    assert look(watcher) == []
    (folder / "log.txt").write_text(LOG, "utf-8")
    assert look(watcher) == []
    assert watcher.is_waiting
    assert look(watcher) == ["log.txt: job 1"]
    assert look(watcher) == []
    assert not watcher.is_waiting
    assert (folder / "log.txt").read_text("utf-8") == LOG
    assert service.job(database, 1).submitted_by == "local"


def test_a_restart_a_copy_and_another_name_submit_nothing_twice(database, folder):
    (folder / "log.txt").write_text(LOG, "utf-8")
    for expected in ("log.txt: job 1", "log.txt: submitted before"):
        watcher = Watcher(database, folder, owner="local")
        look(watcher)
        assert look(watcher) == [expected]
    os.rename(folder / "log.txt", folder / "renamed.txt")
    look(watcher)
    assert look(watcher) == ["renamed.txt: submitted before"]
    assert len(service.recent_jobs(database)) == 1


def test_a_changed_file_is_another_document(database, folder):
    watcher = Watcher(database, folder, owner="local")
    (folder / "log.txt").write_text(LOG, "utf-8")
    look(watcher)
    look(watcher)
    (folder / "log.txt").write_text(LOG + "Lot B-2 NG.\n", "utf-8")
    look(watcher)
    assert look(watcher) == ["log.txt: job 2"]


def test_what_cannot_be_read_is_said_once_with_the_reason(database, folder):
    (folder / "a.pdf").write_bytes(b"%PDF-1.7 broken")
    (folder / "b.txt").write_text(" ", "utf-8")
    watcher = Watcher(database, folder, owner="local")
    look(watcher)
    outcomes = list(watcher.look())
    assert [outcome.is_refused for outcome in outcomes] == [True, True]
    assert outcomes[1].line.startswith("b.txt: ")
    assert look(watcher) == []


def test_hidden_files_links_office_locks_and_other_kinds_are_left_alone(database, folder, tmp_path):
    (tmp_path / "secret.txt").write_text(LOG, "utf-8")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    for name in (".hidden.txt", "~$book.xlsx", "picture.png", ".git"):
        (folder / name).write_text(LOG, "utf-8")
    (folder / "line 4").mkdir()
    (folder / "line 4" / "log.txt").write_text(LOG, "utf-8")
    watcher = Watcher(database, folder, owner="local")
    look(watcher)
    assert look(watcher) == ["line 4/log.txt: job 1"]


def test_a_file_whose_job_failed_is_submitted_again_by_the_next_start(database, folder):
    (folder / "log.txt").write_text(LOG, "utf-8")
    first = Watcher(database, folder, owner="local")
    look(first)
    assert look(first) == ["log.txt: job 1"]
    queue.cancel(database, 1)
    assert look(first) == []
    second = Watcher(database, folder, owner="local")
    look(second)
    assert look(second) == ["log.txt: job 2"]


def rename_jobs(path, before, after):
    """Take the table of jobs away, or bring it back: to a program the database fails, and is there again."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"ALTER TABLE {before} RENAME TO {after}")


def test_a_database_that_is_away_for_a_moment_gets_the_file_at_a_later_look(database, folder, caplog):
    (folder / "log.txt").write_text(LOG, "utf-8")
    watcher = Watcher(database, folder, owner="local")
    assert look(watcher) == []
    rename_jobs(database.engine.url.database, "jobs", "jobs_away")
    assert (look(watcher), look(watcher)) == ([], [])
    assert watcher.is_waiting
    assert "no such table: jobs" in watcher.trouble
    assert [record.levelname for record in caplog.records] == ["WARNING"]  # said once, not at every look
    rename_jobs(database.engine.url.database, "jobs_away", "jobs")
    assert look(watcher) == ["log.txt: job 1"]
    assert watcher.trouble == ""


def test_without_watching_a_database_that_is_away_ends_the_command_with_a_sentence(tmp_path, folder):
    (folder / "log.txt").write_text(LOG, "utf-8")
    settings = Settings(data=tmp_path / "data", database_url="")
    assert list(submit_folder(settings, tmp_path / "in", owner=None, is_watching=False))
    (folder / "log 2.txt").write_text(f"{LOG}Lot B-2 NG.\n", "utf-8")
    rename_jobs(settings.data / "tashika.db", "jobs", "jobs_away")
    with pytest.raises(ReviewError) as raised:
        list(submit_folder(settings, folder, owner=None, is_watching=False))
    assert raised.value.code == "submit.interrupted"
    assert "no such table" in str(raised.value)


def test_a_share_that_is_away_for_a_moment_ends_nothing(database, folder, monkeypatch):
    (folder / "log.txt").write_text(LOG, "utf-8")
    (folder / "other.txt").write_text(f"{LOG}Lot B-2 NG.\n", "utf-8")
    watcher = Watcher(database, folder, owner="local")
    look(watcher)
    lstat = Path.lstat

    def fail_of_one(path):
        if path.name == "log.txt":
            raise OSError(116, "Stale file handle")
        return lstat(path)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "lstat", fail_of_one)
        assert look(watcher) == ["other.txt: job 1"]
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rglob", lambda path, pattern: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        assert look(watcher) == []
    assert watcher.trouble.endswith("Input/output error")
    look(watcher)
    assert look(watcher) == ["log.txt: job 2"]
