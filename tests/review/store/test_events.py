"""The record: complete, chained, and closed to changes."""

from __future__ import annotations

import sqlite3
import threading
from datetime import timedelta

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DatabaseError

from backend.review.intake import service
from backend.review.learning import calibration
from backend.review.policy import policies
from backend.review.queue import dispatch, inbox, leases, verdicts
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.record_tables import EventRow
from backend.review.store.tables import now
from tests.review.builders import build_document, record_item

LEAD = ("reviewer", "lead")


def _tamper(database: Database, statement: str) -> None:
    """What somebody with the file in hand can do."""
    connection = sqlite3.connect(str(database.engine.url.database))
    connection.executescript(f"DROP TRIGGER events_no_update; DROP TRIGGER events_no_delete; {statement};")
    connection.close()


def test_everything_that_happens_to_an_item_is_on_record_with_what_it_happened_under(database: Database):
    service.submit(database, document=build_document(), submitted_by="abe")
    item_id = record_item(database).item_id
    leases.claim(database, item_id=item_id, reviewer="abe")
    dispatch.skip(database, item_id=item_id, reviewer="abe", note="later")
    dispatch.postpone(database, item_id=item_id, reviewer="abe", until=now() + timedelta(hours=1))
    dispatch.wake(database, item_id=item_id, reviewer="abe")
    dispatch.escalate(database, item_id=item_id, reviewer="abe", to_role="lead", note="寸法?")
    dispatch.assign(database, item_ids=[item_id], assignee="ito", assigned_by="abe")
    verdict = verdicts.give(database, item_id=item_id, kind="approve", reviewer="ito", roles=LEAD, expected_version=1)
    verdicts.undo(database, verdict, undone_by="ito")
    verdicts.give(database, item_id=item_id, kind="reject", reviewer="ito", roles=LEAD, expected_version=3)
    verdicts.reopen(database, item_id=item_id, reopened_by="ueda", roles=LEAD, note="look again")
    found = events.of_item(database, item_id)
    assert [event.kind for event in found] == [
        "scored", "decided", "claimed", "skipped", "postponed", "woken", "escalated", "assigned", "verdict",
        "undone", "verdict", "reopened",
    ]  # fmt: skip
    escalated = found[6]
    assert (escalated.actor, escalated.facts["role"], escalated.facts["note"]) == ("abe", "lead", "寸法?")
    under = ("base", "adapter", "posterior", "calibration", "policy")
    assert {tuple(event.facts[name] for name in under) for event in found[1:]} == {
        ("tiny", "adapter-1", "posterior-1", 1, policies.current(database).version)
    }
    report = events.verify(database)
    assert (report.broken_id, report.head) == (None, found[-1].hash)
    assert report.events > len(found)


def test_a_policy_and_a_calibration_in_force_are_on_record(database: Database):
    calibration.current(database)
    policies.save(database, threshold=0.25, samples=8, audit_share=0.1, saved_by="ueda")
    with database.reading() as session:
        rows = session.scalars(text("SELECT kind FROM events ORDER BY id")).all()
    assert rows == ["calibration_activated", "policy_saved", "policy_saved"]


def test_what_fails_leaves_no_entry(database: Database):
    item_id = record_item(database).item_id
    before = events.verify(database).events
    leases.claim(database, item_id=item_id, reviewer="abe")
    for _ in range(2):
        with pytest.raises(Exception, match="abe works on"):
            verdicts.give(database, item_id=item_id, kind="approve", reviewer="ito", expected_version=1)
    assert events.verify(database).events == before + 1


@pytest.mark.parametrize("statement", [update(EventRow).values(actor="x"), delete(EventRow)])
def test_the_database_itself_refuses_a_change(database: Database, statement: object):
    record_item(database)
    with pytest.raises(DatabaseError, match="never changed"), database.session() as session:
        session.execute(statement)


@pytest.mark.parametrize(
    ("statement", "broken", "problem"),
    [
        ("UPDATE events SET actor = 'somebody else' WHERE id = 3", 3, "changed"),
        ("UPDATE events SET facts = replace(facts, 'review', 'accepted') WHERE kind = 'decided'", 6, "changed"),
        ("UPDATE events SET at = '2020-01-01 00:00:00.000000' WHERE id = 2", 2, "changed"),
        ("DELETE FROM events WHERE id = 2", 3, "missing"),
        ("DELETE FROM events WHERE id = 1", 2, "missing"),
        ("UPDATE events SET previous = hash WHERE id = 4", 4, "previous"),
    ],
)
def test_the_first_broken_link_is_named(database: Database, statement: str, broken: int, problem: str):
    record_item(database)
    _tamper(database, statement)
    report = events.verify(database)
    assert (report.broken_id, report.problem) == (broken, problem)


def test_the_chain_holds_under_many_hands(database: Database):
    item_ids = [record_item(database, number=number).item_id for number in range(6)]
    before = events.verify(database).events
    barrier = threading.Barrier(6)

    def work(item_id: int) -> None:
        barrier.wait()
        leases.claim(database, item_id=item_id, reviewer=f"person {item_id}")
        verdicts.give(
            database, item_id=item_id, kind="approve", reviewer=f"person {item_id}", expected_version=1
        )  # fmt: skip

    threads = [threading.Thread(target=work, args=(item_id,)) for item_id in item_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = events.verify(database)
    assert (report.broken_id, report.events) == (None, before + 12)
    assert inbox.counts(database).decided == 6


def test_a_blind_verdict_is_on_record_but_says_nothing_until_the_second_is_in(database: Database):
    item_id = record_item(database).item_id
    dispatch.escalate(database, item_id=item_id, reviewer="abe", to_role="lead", wants_second=True)
    verdicts.give(
        database, item_id=item_id, kind="reject", note="no", reviewer="abe", roles=LEAD,
        expected_version=inbox.item(database, item_id).version,
    )  # fmt: skip
    shown = events.of_item(database, item_id)[-1]
    assert (shown.kind, "said" in shown.facts, "note" in shown.facts) == ("verdict", False, False)
