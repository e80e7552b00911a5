from __future__ import annotations

import pytest

from backend.errors import ReviewError
from backend.review.queue import inbox, verdict_details, verdicts
from backend.review.queue.verdict_details import VerdictDetails
from backend.review.store.database import Database
from tests.review.builders import SUMMARY, record_item


def give(database: Database, item_id: int, *, kind: str, details: VerdictDetails, text: str | None = None) -> int:
    return verdicts.give(
        database, item_id=item_id, kind=kind, text=text, reviewer="abe", expected_version=1, details=details
    )


def test_a_verdict_keeps_its_reason_and_what_became_of_every_phrase(database: Database):
    item = inbox.item(database, record_item(database).item_id)
    first = item.summary.phrases[0]
    changed = SUMMARY[: first.start_char] + "other" + SUMMARY[first.end_char :]
    every = tuple(range(len(item.summary.phrases)))
    details = VerdictDetails(reason="wrong_number", accepted=every)
    verdict_id = give(database, item.id, kind="correct", text=changed, details=details)
    found = verdict_details.find(database, verdict_id)
    assert found.reason == "wrong_number"
    assert found.phrases[0] == "corrected"
    assert set(found.phrases[1:]) <= {"accepted", "corrected"}
    assert len(found.phrases) == len(every)


def test_phrases_that_nobody_looked_at_on_their_own_say_nothing(database: Database):
    item_id = record_item(database).item_id
    found = verdict_details.find(database, give(database, item_id, kind="approve", details=VerdictDetails()))
    assert set(found.phrases) == {""}


def test_an_unknown_reason_leaves_the_item_open(database: Database):
    item_id = record_item(database).item_id
    with pytest.raises(ReviewError, match="no reason because"):
        give(database, item_id, kind="reject", details=VerdictDetails(reason="because"))
    assert inbox.item(database, item_id).verdict is None
    assert inbox.item(database, item_id).state == "pending"
