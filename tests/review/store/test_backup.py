"""The backup: whole, consistent, restorable, never over an older one."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.errors import ReviewError
from backend.review.intake import service
from backend.review.queue import inbox, verdicts
from backend.review.store.backup import backup
from backend.review.store.database import Database, open_database, upgrade
from tests.review.builders import SUMMARY, build_document, record_item


def test_a_restored_backup_has_the_items_verdicts_and_jobs_of_its_moment(database: Database, tmp_path: Path):
    item_id = record_item(database).item_id
    verdicts.give(database, item_id=item_id, kind="approve", reviewer="abe", expected_version=1)
    job_id = service.submit(database, document=build_document())
    copy = backup(database, tmp_path / "copy 'quoted' 確か.db")
    service.submit(database, document=build_document())

    url = f"sqlite:///{copy}"
    upgrade(url)
    restored = open_database(url)
    view = inbox.item(restored, item_id)
    assert (view.state, view.verdict.kind, view.summary.text) == ("decided", "approve", SUMMARY)
    assert [job.id for job in service.recent_jobs(restored)] == [job_id]
    assert service.submit(restored, document=build_document()) == job_id + 1
    restored.close()


def test_an_existing_file_is_never_overwritten(database: Database, tmp_path: Path):
    target = tmp_path / "copy.db"
    target.write_text("precious", encoding="utf-8")
    with pytest.raises(ReviewError, match="exists already"):
        backup(database, target)
    assert target.read_text(encoding="utf-8") == "precious"


def test_a_backup_that_cannot_be_written_leaves_nothing_and_says_why(database: Database, tmp_path: Path):
    with pytest.raises(ReviewError) as raised:
        backup(database, tmp_path / "missing" / "copy.db")
    assert raised.value.code == "backup.failed"
    assert not (tmp_path / "missing").exists()
