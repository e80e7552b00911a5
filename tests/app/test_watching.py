from __future__ import annotations

import os

import pytest

from app.commands.watching import Watcher
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
