"""A round trip: what one installation exports, another one reads, and has the same verdicts."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from backend.errors import ReviewError
from backend.review.intake import export, importing, service
from backend.review.learning import calibration
from backend.review.policy import policies
from backend.review.queue import dispatch, inbox, verdicts
from backend.review.store import events
from backend.review.store.database import Database, open_database, upgrade
from backend.review.store.inbox_views import InboxFilter, Rule
from backend.review.store.tables import CalibrationRow, now
from backend.uncertainty.edit_model import cold_start_model
from tests.review.builders import SUMMARY, WRONG_SUMMARY, build_document, record_item


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Another, empty database of each kind."""
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'other.db'}" if is_sqlite else request.getfixturevalue("postgres_url")
    upgrade(url)
    opened = open_database(url)
    yield opened
    opened.close()


def _export(database: Database) -> bytes:
    out = io.BytesIO()
    export.verdicts_jsonl(database, out)
    return out.getvalue()


def _fill(database: Database) -> None:
    for number in range(3):
        item_id = record_item(database, number=number, text=WRONG_SUMMARY).item_id
        last = verdicts.give(
            database, item_id=item_id, kind="correct", text="直した 😀\n2", note="=1+1", reviewer="安倍",
            expected_version=1,
        )  # fmt: skip
    verdicts.undo(database, last, undone_by="ito")
    verdicts.give(database, item_id=item_id, kind="reject", reviewer="ito", expected_version=3)
    doubled = record_item(database, number=7).item_id
    dispatch.escalate(database, item_id=doubled, reviewer="x", to_role="lead", wants_second=True)
    for version, person in ((2, "abe"), (3, "ito")):
        verdicts.give(
            database, item_id=doubled, kind="approve", reviewer=person, roles=["lead"], expected_version=version
        )


def test_an_import_gives_the_same_verdicts_and_exports_the_same_lines(database: Database, empty: Database):
    _fill(database)
    exported = _export(database)
    assert importing.verdicts_jsonl(empty, io.BytesIO(exported), imported_by="ueda") == 6
    for item_id in (1, 2, 3, 4):
        one, other = inbox.item(database, item_id), inbox.item(empty, item_id)
        assert (other.history, other.verdict, other.state) == (one.history, one.verdict, one.state)
        assert (other.version, other.stage) == (one.version, one.stage)
        assert (other.summary.tokens, other.summary.phrases) == (one.summary.tokens, one.summary.phrases)
    assert [json.loads(line) for line in _export(empty).splitlines()] == [
        json.loads(line) for line in exported.splitlines()
    ]


def test_after_an_import_work_goes_on(database: Database, empty: Database):
    _fill(database)
    importing.verdicts_jsonl(empty, io.BytesIO(_export(database)))
    assert inbox.page(empty, where=InboxFilter(state="all", text="A-1741")).total == 4
    assert calibration.recalibrate(empty).report == calibration.recalibrate(database).report
    view = record_item(empty, number=50, text=SUMMARY)
    assert view.item_id == 5
    verdicts.give(empty, item_id=5, kind="approve", reviewer="abe", expected_version=1)
    verdicts.undo(empty, 7)
    assert events.verify(empty).broken_id is None


def test_a_filled_database_is_left_as_it_is(database: Database):
    service.submit(database, document=build_document())
    with pytest.raises(ReviewError, match="empty one"):
        importing.verdicts_jsonl(database, io.BytesIO(b"{}"))


def test_an_item_that_waits_again_keeps_for_whom_and_until_when(database: Database, empty: Database):
    policies.save(database, threshold=0.0, samples=8, audit_share=0.0, rules=[Rule(role="lead", hours=4.0)])
    for number in (0, 1):
        item_id = record_item(database, number=number).item_id
        given = verdicts.give(
            database, item_id=item_id, kind="approve", reviewer="abe", roles=["lead"], expected_version=1
        )
        verdicts.undo(database, given, undone_by="abe", roles=["lead"])
    dispatch.escalate(database, item_id=1, reviewer="abe", roles=["lead"], to_person="ito")
    until = now() + timedelta(hours=2)
    dispatch.postpone(database, item_id=2, reviewer="abe", roles=["lead"], until=until)
    exported = _export(database)
    importing.verdicts_jsonl(empty, io.BytesIO(exported))
    for item_id in (1, 2):
        one, other = inbox.item(database, item_id), inbox.item(empty, item_id)
        assert other.due_at is not None
        names = ("state", "due_at", "role", "assignee", "is_escalated", "postponed_until")
        assert [getattr(other, name) for name in names] == [getattr(one, name) for name in names]
    assert (inbox.item(empty, 1).assignee, inbox.item(empty, 2).role) == ("ito", "lead")
    assert inbox.item(empty, 2).postponed_until == until
    assert _export(empty) == exported


def test_an_export_from_before_items_told_for_whom_they_wait_can_be_read(database: Database, empty: Database):
    _fill(database)
    later = ("role", "assignee", "is_escalated", "due_at", "postponed_until")
    records = [json.loads(line) for line in _export(database).splitlines()]
    older = [{name: value for name, value in record.items() if name not in later} for record in records]
    lines = [json.dumps(record).encode() for record in older]
    assert importing.verdicts_jsonl(empty, lines) == len(records)


def _decide_under_three_calibrations(database: Database) -> None:
    for version in (1, 2, 3):
        if version > 1:
            parts = {"metrics": {}, "provenance": {}, "edit_model": cold_start_model().to_json()}
            with database.session() as session:
                session.add(CalibrationRow(version=version, parent=None, **parts))
                session.commit()
            calibration.activate(database, version)
        item_id = record_item(database, number=version).item_id
        verdicts.give(database, item_id=item_id, kind="approve", reviewer="abe", expected_version=1)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_the_calibration_that_was_in_force_is_in_force_again(database: Database, empty: Database, version: int):
    _decide_under_three_calibrations(database)
    calibration.activate(database, version)
    exported = _export(database)
    importing.verdicts_jsonl(empty, io.BytesIO(exported))
    assert calibration.current(empty)[0] == version
    assert [view.version for view in calibration.versions(empty) if view.is_current] == [version]
    assert [json.loads(line) for line in _export(empty).splitlines()] == [
        json.loads(line) for line in exported.splitlines()
    ]


def test_without_a_word_about_it_the_calibration_that_decided_last_is_in_force(database: Database, empty: Database):
    _decide_under_three_calibrations(database)
    calibration.activate(database, 2)
    verdicts.give(
        database, item_id=record_item(database, number=9).item_id, kind="approve", reviewer="abe", expected_version=1
    )
    records = [json.loads(line) for line in _export(database).splitlines()]
    assert [record.pop("calibration_in_force", None) for record in records] == [2, None, None, None]
    importing.verdicts_jsonl(empty, [json.dumps(record).encode() for record in records])
    assert calibration.current(empty)[0] == 2


@pytest.mark.parametrize("line", [b"{}", b"not json", b"[1]", b'{"policy": 1}', b"\xff\xfe"])
def test_a_line_that_is_no_record_is_named_and_nothing_is_kept(database: Database, tmp_path: Path, line: bytes):
    record_item(database)
    verdicts.give(database, item_id=1, kind="approve", reviewer="abe", expected_version=1)
    url = f"sqlite:///{tmp_path / 'other.db'}"
    upgrade(url)
    other = open_database(url)
    with pytest.raises(ReviewError, match="Line 2"):
        importing.verdicts_jsonl(other, io.BytesIO(_export(database) + line))
    assert inbox.page(other, state="all").total == 0
    other.close()
