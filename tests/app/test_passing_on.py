"""What the review page offers beside a verdict: to reopen, to take back."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from app.pages.passing_on import build_escalate, passing_on_value
from app.team import people_by_role
from backend.errors import AccessError
from backend.people import users
from backend.people.person import Person
from backend.review.intake import service
from backend.review.policy import policies
from backend.review.queue import dispatch, inbox, verdicts, vigilance
from backend.review.store.tables import now
from tests.review.builders import build_document, build_scored, record_item
from tests.review.fixtures import database, migrated_file

__all__ = ["database", "migrated_file"]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_decided_item_can_be_reopened_and_a_waiting_one_not(database, language):
    item = record_item(database).item_id
    before = passing_on_value(inbox.item(database, item), language=language)
    assert (before["reopen"], before["wake"]) == (None, None)
    verdicts.give(database, item_id=item, kind="approve", reviewer="abe", expected_version=1)
    after = passing_on_value(inbox.item(database, item), language=language)
    assert set(after["reopen"]) == {"text", "reason"}
    assert after["wake"] is None


def test_what_is_put_off_can_be_taken_back_until_its_time_comes(database):
    item = record_item(database).item_id
    dispatch.postpone(database, item_id=item, reviewer="abe", until=now() + timedelta(hours=1))
    assert "Until" in passing_on_value(inbox.item(database, item), language="en")["wake"]["until"]
    dispatch.wake(database, item_id=item, reviewer="abe")
    assert passing_on_value(inbox.item(database, item), language="en")["wake"] is None


def test_an_answered_check_is_not_reopened(database):
    policies.save(database, threshold=1.0, samples=8, audit_share=0.0, seed_share=1.0)
    document = build_document()
    service.record(database, document=document, scored=build_scored(document=document, probability=0.99))
    item = inbox.next_pending(database)
    vigilance.give(database, item_id=item, kind="reject", reviewer="abe", expected_version=1)
    assert passing_on_value(inbox.item(database, item), language="en")["reopen"] is None


def test_an_item_passed_on_comes_next_to_the_named_user_however_the_name_was_typed(database):
    for name, role in (("root", "admin"), ("yamada", "reviewer")):
        users.add(database, name=name, role=role)
    item = record_item(database).item_id
    context = SimpleNamespace(
        database=database, person=lambda request: Person("root", "admin"), team=lambda: people_by_role(database)
    )
    said = []
    escalate = build_escalate(lambda *values, person: said.append(values[3]), language="en", context=context)

    def pass_on_to(person):
        asked = {"item": item, "person": person, "role": "", "note": "", "user": "root"}
        escalate(1, "pending", SimpleNamespace(request=None), SimpleNamespace(_data=asked))

    with pytest.raises(AccessError, match="no user yamata who may review"):
        pass_on_to("Yamata")
    pass_on_to("Ｙamada ")
    assert "yamada" in said[0]
    assert inbox.next_pending(database, reviewer="yamada", roles=("submitter", "reviewer")) == item
