"""Drift of stored risks and verdicts, under the calibration in force alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from backend.review.learning import calibration, watch
from backend.review.queue import inbox, verdicts
from backend.review.store.database import Database
from backend.review.store.tables import VerdictRow
from tests.review.builders import record_item


def _judge(database: Database, number: int, kind: str) -> float:
    view = record_item(database, number=number)
    version = inbox.item(database, view.item_id).version
    verdicts.give(database, item_id=view.item_id, kind=kind, reviewer="abe", expected_version=version)
    return view.risk


def test_an_empty_database_has_not_changed(database: Database):
    report = watch.watch(database)
    assert (report.summaries, report.has_changed, report.weeks) == (0, False, ())


def test_a_week_of_verdicts_is_held_against_its_risks(database: Database):
    risks = [_judge(database, number, "approve") for number in range(3)]
    report = watch.watch(database)
    (week,) = report.weeks
    assert (week.verdicts, week.wrong, report.summaries) == (3, 0, 3)
    assert abs(week.expected - sum(risks)) < 1e-9
    assert week.z < 0
    assert not week.is_surprising  # three verdicts surprise nobody
    assert week.start.weekday() == 0


def test_weeks_come_newest_first(database: Database):
    for number in range(2):
        _judge(database, number, "reject")
    with database.session() as session:
        earlier = datetime.now(UTC) - timedelta(days=14)
        table = VerdictRow.__table__
        session.execute(table.update().where(table.c.id == 1).values(created_at=earlier))
        session.commit()
    starts = [week.start for week in watch.watch(database).weeks]
    assert starts == sorted(starts, reverse=True)
    assert len(starts) == 2


def test_risks_of_another_calibration_are_left_out(database: Database, monkeypatch):
    _judge(database, 0, "approve")
    _, edit_model = calibration.current(database)
    monkeypatch.setattr(calibration, "current", lambda _database: (2, edit_model))
    report = watch.watch(database)
    assert (report.summaries, report.weeks) == (0, ())
