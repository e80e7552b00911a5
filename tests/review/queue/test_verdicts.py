"""Verdicts: given once, undone once, never lost; drafts."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from backend.errors import ReviewError
from backend.review.queue import drafts, inbox, verdicts
from backend.review.queue.conflicts import ReviewConflict
from backend.review.store.database import Database
from backend.review.store.tables import VerdictRow
from tests.review.builders import SUMMARY, WRONG_SUMMARY, record_item

CORRECTED = "Lot A-1741: diameter 12.4 mm, result OK. 確か 😀"


def _give(database: Database, item_id: int, *, kind: str = "approve", version: int = 1, **values: object) -> int:
    return verdicts.give(database, item_id=item_id, kind=kind, reviewer="abe", expected_version=version, **values)


def _code(raised: pytest.ExceptionInfo[ReviewError]) -> str:
    return raised.value.code


def test_a_correction_is_kept_with_its_text_note_and_time(database: Database):
    item_id = record_item(database, text=WRONG_SUMMARY).item_id
    _give(database, item_id, kind="correct", text=CORRECTED + "\r\n", note="寸法\x00", seconds_spent=12.5)
    verdict = inbox.item(database, item_id).verdict
    assert (verdict.kind, verdict.text, verdict.note, verdict.seconds_spent) == (
        "correct",
        CORRECTED,
        "寸法",
        12.5,
    )
    with database.reading() as session:
        row = session.scalars(select(VerdictRow)).one()
    assert row.is_wrong
    assert any(row.edited)
    assert not all(row.edited)


def test_an_approval_marks_nothing_edited_and_keeps_no_text(database: Database):
    item_id = record_item(database).item_id
    _give(database, item_id, text="typed, then approved anyway", seconds_spent=float("nan"))
    verdict = inbox.item(database, item_id).verdict
    assert (verdict.kind, verdict.text, verdict.seconds_spent) == ("approve", None, None)
    with database.reading() as session:
        row = session.scalars(select(VerdictRow)).one()
    assert not row.is_wrong
    assert not any(row.edited)


def test_a_rejection_is_wrong_as_a_whole(database: Database):
    item_id = record_item(database).item_id
    _give(database, item_id, kind="reject", note="another document's summary")
    with database.reading() as session:
        assert session.scalars(select(VerdictRow)).one().is_wrong


def test_a_second_verdict_is_refused_with_the_name_of_the_first_reviewer(database: Database):
    item_id = record_item(database).item_id
    _give(database, item_id)
    for version in (1, 2):
        with pytest.raises(ReviewError, match="decided by abe") as raised:
            _give(database, item_id, kind="reject", version=version)
        assert _code(raised) == "review.already_decided"


def test_the_table_itself_refuses_a_second_verdict_of_one_round(database: Database, monkeypatch):
    item_id = record_item(database).item_id
    verdicts.undo(database, _give(database, item_id))
    monkeypatch.setattr(verdicts, "_count_verdicts", lambda *_args: 0)
    with pytest.raises(ReviewError) as raised:
        _give(database, item_id, version=3)
    assert _code(raised) == "review.changed"
    assert inbox.item(database, item_id).state == "pending"


def test_a_verdict_on_a_changed_item_is_refused(database: Database):
    item_id = record_item(database).item_id
    verdicts.undo(database, _give(database, item_id))
    with pytest.raises(ReviewError, match="changed since you opened") as raised:
        _give(database, item_id, version=1)
    assert _code(raised) == "review.changed"
    assert _give(database, item_id, version=3) > 0


def test_an_undone_verdict_makes_the_item_wait_again_and_stays_on_record(database: Database):
    item_id = record_item(database).item_id
    verdict_id = _give(database, item_id)
    verdicts.undo(database, verdict_id, undone_by="ito")
    view = inbox.item(database, item_id)
    assert (view.state, view.verdict, len(view.history)) == ("pending", None, 1)
    with pytest.raises(ReviewError) as raised:
        verdicts.undo(database, verdict_id)
    assert _code(raised) == "review.already_undone"


def test_undoing_an_old_verdict_twice_does_not_reopen_the_item(database: Database):
    item_id = record_item(database).item_id
    first = _give(database, item_id)
    verdicts.undo(database, first)
    _give(database, item_id, version=3)
    with pytest.raises(ReviewError):
        verdicts.undo(database, first)
    assert inbox.item(database, item_id).state == "decided"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"kind": "maybe"}, "review.unknown_kind"),
        ({"kind": "correct"}, "review.correction_empty"),
        ({"kind": "correct", "text": " \r\n "}, "review.correction_empty"),
        ({"kind": "correct", "text": f" {SUMMARY}\r\n"}, "review.correction_unchanged"),
    ],
)
def test_a_verdict_that_says_nothing_is_refused_and_leaves_the_item_waiting(
    database: Database, values: dict[str, str], code: str
):
    item_id = record_item(database).item_id
    with pytest.raises(ReviewError) as raised:
        _give(database, item_id, **values)
    assert _code(raised) == code
    assert inbox.item(database, item_id).state == "pending"


def test_an_unknown_item_or_verdict_is_an_error(database: Database):
    for call in (
        lambda: _give(database, 77),
        lambda: drafts.save(database, item_id=77, reviewer="abe", text="x"),
    ):
        with pytest.raises(ReviewError, match="no review item 77"):
            call()
    with pytest.raises(ReviewError, match="no verdict 77"):
        verdicts.undo(database, 77)


def test_a_draft_is_kept_for_each_reviewer_and_survives_the_verdict(database: Database):
    item_id = record_item(database).item_id
    assert drafts.find(database, item_id=item_id, reviewer="abe") is None
    drafts.save(database, item_id=item_id, reviewer="abe", text="first")
    drafts.save(database, item_id=item_id, reviewer="abe", text="確か\r\n😀")
    drafts.save(database, item_id=item_id, reviewer="ito", text="other")
    _give(database, item_id)
    with pytest.raises(ReviewConflict) as raised:
        drafts.save(database, item_id=item_id, reviewer="ito", text="typed too late")
    assert (raised.value.conflict.mine, raised.value.conflict.theirs) == ("typed too late", SUMMARY)
    assert (raised.value.conflict.owner, raised.value.conflict.verdict) == ("abe", "approve")
    assert drafts.find(database, item_id=item_id, reviewer="abe").text == "確か\n😀"
    assert drafts.find(database, item_id=item_id, reviewer="ito").text == "typed too late"


def test_of_many_people_on_one_item_one_decides_and_the_others_are_told(database: Database):
    item_ids = [record_item(database, number=number).item_id for number in range(6)]
    codes: list[str] = []
    barrier = threading.Barrier(8)

    def decide_all(reviewer: str) -> None:
        barrier.wait()
        for item_id in item_ids:
            try:
                verdicts.give(database, item_id=item_id, kind="approve", reviewer=reviewer, expected_version=1)
                codes.append("given")
            except ReviewError as error:
                codes.append(error.code)

    threads = [threading.Thread(target=decide_all, args=(f"person {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["given"] * 6 + ["review.already_decided"] * 42
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(VerdictRow)) == 6
