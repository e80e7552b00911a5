"""The routes that keep an item and a draft while somebody works, and what is said when another was faster."""

from __future__ import annotations

import fastapi
import pytest
from fastapi.testclient import TestClient

from app.pages.context import Context
from app.pages.draft_route import build_draft_route
from app.pages.holding import holding_value, is_for_others, leave_item, next_item, open_item
from app.pages.lease_route import build_lease_route
from backend.people import users
from backend.people.person import LOCAL_PERSON, Person
from backend.review.queue import dispatch, drafts, inbox, leases, verdicts
from backend.review.store import events
from tests.review.builders import SUMMARY, WRONG_SUMMARY, record_item
from tests.review.fixtures import database, migrated_file

__all__ = ["database", "migrated_file"]
ABE, ITO = Person("abe", "reviewer"), Person("ito", "reviewer")
DRAFT = {"user": "abe", "text": "mine", "note": "", "reason": "", "accepted": [], "tab": "0" * 24, "sequence": 1}


@pytest.fixture
def people():
    """The last one is asking."""
    return [Person("abe", "reviewer")]


@pytest.fixture
def context(database, people):
    return Context(database, model_state=None, score=None, person=lambda _: people[-1], data_dir="", model_name="")


@pytest.fixture
def client(context):
    app = fastapi.FastAPI()
    for build in (build_lease_route, build_draft_route):
        app.include_router(build(context))
    return TestClient(app, headers={"Referer": "http://x/ja/inbox"})


def test_an_item_is_kept_while_somebody_works_and_given_back(client, database):
    item = record_item(database).item_id
    kept = client.post(f"/leases/{item}", json={"user": "abe", "is_held": True}).json()
    assert (kept["state"], "自分が作業中" in kept["sentence"]) == ("own", True)
    assert inbox.item(database, item).lease.owner == "abe"
    assert client.post(f"/leases/{item}", json={"user": "abe", "is_held": False}).status_code == 204
    assert inbox.item(database, item).lease is None


def test_who_comes_late_is_shown_both_texts_and_the_draft_is_kept(client, database):
    item = record_item(database, text=WRONG_SUMMARY).item_id
    leases.claim(database, item_id=item, reviewer="ito")
    assert "theirs" in client.post(f"/leases/{item}", json={"user": "abe", "is_held": True}).json()
    verdicts.give(database, item_id=item, kind="correct", text="theirs <b>", reviewer="ito", expected_version=1)
    saved = client.post(f"/drafts/{item}", json=DRAFT)
    asked = client.post(f"/leases/{item}", json={"user": "abe", "is_held": True})
    assert saved.status_code == asked.status_code == 200
    for told in (saved.json(), asked.json()):
        assert (told["state"], told["theirs"]) == ("decided", "theirs <b>")
        assert "ito" in told["sentence"]
        assert told["whose"] == "ito さん：修正"
    assert drafts.find(database, item_id=item, reviewer="abe").text == "mine"
    assert inbox.item(database, item).verdict.reviewer == "ito"


def test_what_the_page_of_another_person_sends_is_refused(client, database, people):
    item = record_item(database).item_id
    people.append(Person("kei", "reviewer"))
    for path, body in ((f"/drafts/{item}", DRAFT), (f"/leases/{item}", {"user": "abe", "is_held": True})):
        refused = client.post(path, json=body)
        assert refused.status_code == 400
        assert "abe さんが開いたもので、現在は kei さん" in refused.json()["error"]
    assert (drafts.find(database, item_id=item, reviewer="kei"), inbox.item(database, item).lease) == (None, None)


def test_of_another_persons_work_that_has_not_begun_nothing_is_shown(client, database):
    item = record_item(database).item_id
    leases.claim(database, item_id=item, reviewer="ito")
    told = client.post(f"/leases/{item}", json={"user": "abe", "is_held": True}).json()
    assert (told["state"], told["theirs"]) == ("other", "")


def test_who_keeps_an_item_that_has_changed_is_told_so(client, database):
    item = record_item(database).item_id
    leases.claim(database, item_id=item, reviewer="abe")
    dispatch.escalate(database, item_id=item, reviewer="abe", to_role="reviewer", wants_second=True)
    assert client.post(f"/leases/{item}", json={"user": "abe", "is_held": True, "version": 2}).json()["state"] == "own"
    told = client.post(f"/leases/{item}", json={"user": "abe", "is_held": True, "version": 1}).json()
    assert (told["state"], told["theirs"]) == ("changed", "")
    assert "変更されました" in told["sentence"]
    assert client.post(f"/leases/{item}", json={"user": "abe", "is_held": True, "version": 0}).status_code == 422


def test_only_reviewers_take_items(client, database, people):
    item = record_item(database).item_id
    people.append(Person("x", "submitter"))
    assert client.post(f"/leases/{item}", json={"user": "abe", "is_held": True}).status_code == 400
    assert inbox.item(database, item).lease is None
    assert client.post(f"/leases/{item}", json={"user": "abe", "is_held": "yes"}).status_code == 422
    people.append(Person("abe", "reviewer"))
    assert client.post("/leases/99", json={"user": "abe", "is_held": True}).status_code == 400


def test_opening_takes_a_free_item_and_leaving_gives_it_back(context, database):
    item = record_item(database).item_id
    assert open_item(context, item, person=ABE).lease.owner == "abe"
    seen = open_item(context, item, person=ITO)
    assert holding_value(seen, person=ITO, team=None, language="en")["state"] == "other"
    leave_item(context, item, user="ito")
    assert inbox.item(database, item).lease.owner == "abe"
    leave_item(context, item, user="abe")
    assert inbox.item(database, item).lease is None


def test_who_has_judged_blind_does_not_take_the_second_review(context, database):
    item = record_item(database).item_id
    dispatch.escalate(database, item_id=item, reviewer="x", to_role="reviewer", wants_second=True)
    verdicts.give(database, item_id=item, kind="approve", reviewer="abe", roles=ABE.roles, expected_version=2)
    seen = open_item(context, item, person=ABE)
    assert is_for_others(seen, user="abe", team=context.team())
    assert seen.lease is None
    assert holding_value(seen, person=ABE, team=None, language="en")["state"] == "given"
    other = open_item(context, item, person=ITO)
    assert (other.history, other.lease.owner) == ((), "ito")


def test_the_only_person_who_can_decide_is_never_told_to_wait_for_another(context, client, database, people):
    people.append(LOCAL_PERSON)
    item, late = (record_item(database, number=number).item_id for number in range(2))
    dispatch.escalate(database, item_id=late, reviewer="x", to_role="reviewer", wants_second=True)
    said = {"kind": "approve", "reviewer": "local", "roles": LOCAL_PERSON.roles}
    verdicts.give(database, item_id=late, expected_version=2, **said)  # as before, without a look at who is there
    assert next_item(context, LOCAL_PERSON, after=item) == late
    seen = open_item(context, late, person=LOCAL_PERSON)
    assert holding_value(seen, person=LOCAL_PERSON, team=context.team(), language="en")["state"] == "own"
    assert (
        client.post(f"/leases/{late}", json={"user": "local", "is_held": True, "version": seen.version}).json()["state"]
        == "own"
    )
    users.add(database, name="ueda", role="lead", password="long enough password")
    assert context.team() == {
        "submitter": {"ueda"}, "reviewer": {"ueda"}, "lead": {"ueda"}, "admin": set()
    }  # fmt: skip
    assert (
        client.post(f"/leases/{late}", json={"user": "local", "is_held": True, "version": seen.version}).status_code
        == 400
    )


def test_who_lacks_the_role_reads_the_item_and_does_not_take_it(context, client, database):
    item = record_item(database).item_id
    dispatch.escalate(database, item_id=item, reviewer="x", to_role="lead")
    seen = open_item(context, item, person=ABE)
    assert seen.lease is None
    assert holding_value(seen, person=ABE, team=None, language="en") == {
        "state": "given",
        "sentence": "This item is for the role lead; you can look, and write a draft.",
    }
    assert client.post(f"/leases/{item}", json={"user": "abe", "is_held": True}).status_code == 400
    assert open_item(context, item, person=Person("ueda", "lead")).lease.owner == "ueda"


def test_what_is_for_a_role_comes_to_who_may_do_what_it_does(context, database):
    item = record_item(database, text=SUMMARY).item_id
    dispatch.escalate(database, item_id=item, reviewer="x", to_role="lead")
    assert next_item(context, Person("abe", "reviewer")) is None
    assert next_item(context, Person("ueda", "lead")) == item
    assert next_item(context, Person("root", "admin")) == item
    assert [event.kind for event in events.of_item(database, item)][-1] == "escalated"
