"""Leases: one person at a time, taken over when they expire, and never an overwrite."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from backend.errors import ReviewError
from backend.review.queue import dispatch, drafts, inbox, leases, verdicts
from backend.review.queue.conflicts import ReviewConflict
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.tables import ItemRow, now
from tests.review.builders import SUMMARY, WRONG_SUMMARY, record_item

CORRECTED = "Lot A-1741: diameter 12.4 mm, result OK. 確か"


def expire(database: Database, item_id: int) -> None:
    """Let the lease of an item run out."""
    with database.session() as session:
        past = now() - timedelta(seconds=1)
        session.execute(update(ItemRow).where(ItemRow.id == item_id).values(lease_until=past))
        session.commit()


def _kinds(database: Database, item_id: int) -> list[str]:
    return [event.kind for event in events.of_item(database, item_id)]


def test_a_claim_shows_its_owner_and_its_end_to_everybody(database: Database):
    item_id = record_item(database).item_id
    lease = leases.claim(database, item_id=item_id, reviewer="安倍")
    assert inbox.item(database, item_id).lease == lease
    (row,) = inbox.page(database).rows
    assert (row.lease_owner, row.lease_until) == ("安倍", lease.until)
    assert timedelta(seconds=590) < lease.until - now() <= timedelta(seconds=600)


def test_a_held_item_is_refused_to_others_and_comes_next_to_nobody_else(database: Database):
    first = record_item(database, number=1, probability=0.2).item_id
    second = record_item(database, number=2, probability=0.9).item_id
    leases.claim(database, item_id=first, reviewer="abe")
    with pytest.raises(ReviewConflict, match="abe works on item") as raised:
        leases.claim(database, item_id=first, reviewer="ito")
    assert (raised.value.code, raised.value.conflict.owner) == ("review.lease_passed", "abe")
    assert inbox.next_pending(database, reviewer="abe") == first
    assert inbox.next_pending(database, reviewer="ito") == second
    assert inbox.next_pending(database) == second


def test_renewing_holds_longer_and_is_no_new_event(database: Database):
    item_id = record_item(database).item_id
    first = leases.claim(database, item_id=item_id, reviewer="abe", seconds=60)
    second = leases.claim(database, item_id=item_id, reviewer="abe", seconds=120)
    assert second.until > first.until
    assert _kinds(database, item_id).count("claimed") == 1


def test_a_released_item_is_free_again_and_only_its_holder_releases_it(database: Database):
    item_id = record_item(database).item_id
    leases.claim(database, item_id=item_id, reviewer="abe")
    assert not leases.release(database, item_id=item_id, reviewer="ito")
    assert leases.release(database, item_id=item_id, reviewer="abe")
    assert inbox.item(database, item_id).lease is None
    leases.claim(database, item_id=item_id, reviewer="ito")


def test_after_a_takeover_the_late_one_meets_both_texts_and_nothing_is_overwritten(database: Database):
    item_id = record_item(database, text=WRONG_SUMMARY).item_id
    leases.claim(database, item_id=item_id, reviewer="abe")
    drafts.save(database, item_id=item_id, reviewer="abe", text="abe's first words")
    expire(database, item_id)
    assert inbox.page(database).rows[0].lease_owner is None
    leases.claim(database, item_id=item_id, reviewer="ito")
    drafts.save(database, item_id=item_id, reviewer="ito", text="ito's words")
    with pytest.raises(ReviewConflict) as raised:
        drafts.save(database, item_id=item_id, reviewer="abe", text="abe's last words")
    conflict = raised.value.conflict
    assert (conflict.mine, conflict.theirs, conflict.owner) == ("abe's last words", "ito's words", "ito")
    assert (conflict.summary, conflict.verdict, conflict.version) == (WRONG_SUMMARY, None, 1)
    assert drafts.find(database, item_id=item_id, reviewer="abe").text == "abe's last words"
    assert drafts.find(database, item_id=item_id, reviewer="ito").text == "ito's words"
    with pytest.raises(ReviewConflict) as raised:
        verdicts.give(
            database, item_id=item_id, kind="correct", text=CORRECTED, reviewer="abe", expected_version=1
        )  # fmt: skip
    assert (raised.value.code, raised.value.conflict.mine) == ("review.lease_passed", CORRECTED)
    assert inbox.item(database, item_id).history == ()


def test_a_late_verdict_meets_the_verdict_that_was_given_meanwhile(database: Database):
    item_id = record_item(database, text=WRONG_SUMMARY).item_id
    leases.claim(database, item_id=item_id, reviewer="abe")
    expire(database, item_id)
    leases.claim(database, item_id=item_id, reviewer="ito")
    verdicts.give(database, item_id=item_id, kind="correct", text=CORRECTED, reviewer="ito", expected_version=1)
    with pytest.raises(ReviewConflict) as raised:
        verdicts.give(
            database, item_id=item_id, kind="correct", text="abe's", reviewer="abe", expected_version=1
        )  # fmt: skip
    conflict = raised.value.conflict
    assert (conflict.mine, conflict.theirs, conflict.owner, conflict.verdict) == ("abe's", CORRECTED, "ito", "correct")
    assert inbox.item(database, item_id).lease is None


def test_a_decided_or_unknown_item_cannot_be_claimed(database: Database):
    item_id = record_item(database).item_id
    verdicts.give(database, item_id=item_id, kind="approve", reviewer="abe", expected_version=1)
    with pytest.raises(ReviewConflict, match="decided by abe") as raised:
        leases.claim(database, item_id=item_id, reviewer="ito")
    assert raised.value.conflict.theirs == SUMMARY
    with pytest.raises(ReviewError, match="no review item 99"):
        leases.claim(database, item_id=99, reviewer="ito")


def test_of_many_people_one_claims(database: Database):
    item_id = record_item(database).item_id
    barrier, got = threading.Barrier(6), []

    def claim(person: str) -> None:
        barrier.wait()
        try:
            got.append(leases.claim(database, item_id=item_id, reviewer=person).owner)
        except ReviewConflict as error:
            got.append(error.code)

    threads = [threading.Thread(target=claim, args=(f"person {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got.count("review.lease_passed") == 5
    assert inbox.item(database, item_id).lease.owner in got


def test_a_held_item_cannot_be_put_off_by_another(database: Database):
    item_id = record_item(database).item_id
    leases.claim(database, item_id=item_id, reviewer="abe")
    with pytest.raises(ReviewConflict):
        dispatch.postpone(database, item_id=item_id, reviewer="ito", until=now() + timedelta(hours=1))
    with pytest.raises(ReviewConflict):
        dispatch.escalate(database, item_id=item_id, reviewer="ito", to_role="lead")
