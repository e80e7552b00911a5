"""Second review: blind, by another person, and settled by an arbiter."""

from __future__ import annotations

import io

import pytest

from backend.errors import AccessError, ReviewError
from backend.review.intake import export
from backend.review.intake.service import record
from backend.review.policy import policies
from backend.review.queue import agreement, dispatch, inbox, leases, verdicts
from backend.review.store import events
from backend.review.store.database import Database
from tests.review.builders import WRONG_SUMMARY, build_document, build_scored, record_item

REVIEWER, LEAD = ("submitter", "reviewer"), ("submitter", "reviewer", "lead")
FIXED = "Lot A-1741: diameter 12.4 mm, result OK!"


def _give(database: Database, item_id: int, person: str, kind: str = "approve", **values: object) -> int:
    version = inbox.item(database, item_id).version
    return verdicts.give(
        database, item_id=item_id, kind=kind, reviewer=person, expected_version=version, **{"roles": LEAD, **values}
    )  # fmt: skip


@pytest.fixture
def doubled(database: Database) -> int:
    """An item that two people shall see."""
    item_id = record_item(database, text=WRONG_SUMMARY).item_id
    dispatch.escalate(database, item_id=item_id, reviewer="ueda", to_role="reviewer", wants_second=True)
    assert inbox.item(database, item_id).stage == "first"
    return item_id


def test_the_first_verdict_is_hidden_from_everybody_else_until_the_second_is_in(database: Database, doubled: int):
    _give(database, doubled, "abe", "reject", note="secret")
    view = inbox.item(database, doubled, viewer="ito")
    assert (view.state, view.stage, view.verdict, view.history) == ("pending", "second", None, ())
    assert inbox.page(database).rows[0].verdict is None
    assert [one.note for one in inbox.item(database, doubled, viewer="abe").history] == ["secret"]
    assert export.verdicts_jsonl(database, io.BytesIO()) == 0
    _give(database, doubled, "ito", "reject")
    view = inbox.item(database, doubled, viewer="ueda")
    assert (view.state, view.verdict.reviewer) == ("decided", "ito")
    assert [(one.reviewer, one.is_final) for one in view.history] == [("abe", False), ("ito", True)]
    assert export.verdicts_jsonl(database, io.BytesIO()) == 2


def test_the_second_verdict_is_another_persons(database: Database, doubled: int):
    _give(database, doubled, "abe")
    with pytest.raises(ReviewError, match="another person"):
        _give(database, doubled, "abe")
    assert inbox.next_pending(database, reviewer="abe", roles=("reviewer",)) is None
    assert inbox.next_pending(database, reviewer="ito", roles=("reviewer",)) == doubled


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("approve", None), ("reject", None)),
        (("correct", FIXED), ("correct", FIXED + "!")),
        (("correct", FIXED), ("approve", None)),
    ],
)
def test_a_disagreement_goes_to_an_arbiter_who_is_neither_of_the_two(
    database: Database, doubled: int, first: tuple[str, str | None], second: tuple[str, str | None]
):
    _give(database, doubled, "abe", first[0], text=first[1])
    _give(database, doubled, "ito", second[0], text=second[1])
    view = inbox.item(database, doubled)
    assert (view.state, view.stage, view.role, len(view.history)) == ("pending", "arbiter", "lead", 2)
    for person in ("abe", "ito"):
        with pytest.raises(ReviewError, match="another person"):
            _give(database, doubled, person)
        assert inbox.next_pending(database, reviewer=person, roles=("lead",)) is None
    assert inbox.next_pending(database, reviewer="ueda", roles=("lead",)) == doubled
    _give(database, doubled, "ueda", "reject")
    view = inbox.item(database, doubled)
    assert (view.state, view.verdict.reviewer, view.verdict.kind) == ("decided", "ueda", "reject")


def test_only_a_person_with_the_role_is_the_arbiter_however_the_item_is_passed_on(database: Database, doubled: int):
    _give(database, doubled, "abe", "approve")
    _give(database, doubled, "ito", "reject")
    with pytest.raises(AccessError, match="role lead"):
        _give(database, doubled, "ota", "approve", roles=REVIEWER)
    with pytest.raises(AccessError, match="role lead"):
        leases.claim(database, item_id=doubled, reviewer="ota", roles=REVIEWER)
    with pytest.raises(AccessError, match="role lead"):
        dispatch.escalate(database, item_id=doubled, reviewer="ota", roles=REVIEWER, to_person="ota")
    assert inbox.item(database, doubled).role == "lead"
    dispatch.escalate(database, item_id=doubled, reviewer="ueda", roles=LEAD, to_person="ota")
    dispatch.assign(database, item_ids=[doubled], assignee="ota", assigned_by="ota")
    assert inbox.next_pending(database, reviewer="ota", roles=REVIEWER) is None
    with pytest.raises(AccessError, match="role lead"):
        _give(database, doubled, "ota", "approve", roles=REVIEWER)
    assert inbox.item(database, doubled).state == "pending"
    final = _give(database, doubled, "ueda", "approve")
    with pytest.raises(AccessError, match="role lead"):
        verdicts.undo(database, final, undone_by="abe", roles=REVIEWER)
    with pytest.raises(AccessError, match="role lead"):
        verdicts.reopen(database, item_id=doubled, reopened_by="abe", roles=REVIEWER, note="mine was right")
    assert inbox.item(database, doubled).verdict.reviewer == "ueda"


def test_an_item_for_a_role_is_decided_by_that_role_even_when_it_is_assigned_to_another_person(database: Database):
    item_id = record_item(database).item_id
    dispatch.escalate(database, item_id=item_id, reviewer="abe", to_role="lead")
    dispatch.assign(database, item_ids=[item_id], assignee="abe", assigned_by="abe")
    assert inbox.next_pending(database, reviewer="abe", roles=REVIEWER) is None
    with pytest.raises(AccessError, match="role lead"):
        _give(database, item_id, "abe", roles=REVIEWER)
    assert events.of_item(database, item_id)[-1].kind == "assigned"
    _give(database, item_id, "ueda")
    assert inbox.item(database, item_id).verdict.reviewer == "ueda"


def test_even_a_verdict_that_was_undone_stays_hidden_while_the_review_is_blind(database: Database, doubled: int):
    _give(database, doubled, "abe", "reject", note="secret")
    final = _give(database, doubled, "ito", "reject")
    verdicts.undo(database, final, undone_by="ito", roles=LEAD)
    assert inbox.item(database, doubled, viewer="ota").history == ()
    assert [one.reviewer for one in inbox.item(database, doubled, viewer="ito").history] == ["ito"]


@pytest.mark.parametrize("is_late", [False, True], ids=["from the start", "since the first verdict"])
def test_where_nobody_else_could_review_one_verdict_counts_on_record(database: Database, doubled: int, is_late: bool):
    team = {"reviewer": {"abe"}, "lead": {"abe"}}
    if is_late:
        _give(database, doubled, "abe", "reject", team={"reviewer": {"abe", "ito"}, "lead": {"abe"}})
        assert inbox.next_pending(database, reviewer="abe", roles=LEAD) is None
        assert inbox.next_pending(database, reviewer="abe", roles=LEAD, team=team) == doubled
        assert leases.claim(database, item_id=doubled, reviewer="abe", roles=LEAD, team=team).owner == "abe"
    _give(database, doubled, "abe", team=team)
    view = inbox.item(database, doubled)
    assert (view.state, view.stage, view.verdict.kind, view.verdict.is_final) == ("decided", "single", "approve", True)
    assert [event.kind for event in events.of_item(database, doubled)][-2:] == ["verdict", "second_review_ended"]
    assert agreement.measure(database, draws=1).items == 0


def test_an_arbiter_may_be_one_of_the_two_only_where_there_is_no_other(database: Database, doubled: int):
    team = {"reviewer": {"abe", "ueda"}, "lead": {"ueda"}}
    _give(database, doubled, "ueda", "reject", team=team)
    _give(database, doubled, "abe", "approve", team=team, roles=REVIEWER)
    assert inbox.item(database, doubled).stage == "arbiter"
    assert inbox.next_pending(database, reviewer="abe", roles=REVIEWER, team=team) is None
    with pytest.raises(ReviewError, match="another person"):
        _give(database, doubled, "ueda", team={**team, "reviewer": {"ota", *team["reviewer"]}, "lead": {"ueda", "ota"}})
    assert inbox.next_pending(database, reviewer="ueda", roles=LEAD, team=team) == doubled
    _give(database, doubled, "ueda", "reject", team=team)
    view = inbox.item(database, doubled)
    assert (view.state, view.stage, view.verdict.reviewer) == ("decided", "arbiter", "ueda")
    assert agreement.measure(database, draws=1).items == 1


def test_of_two_leads_who_disagree_either_decides_where_there_is_no_third(database: Database, doubled: int):
    team = {"reviewer": {"abe", "ueda", "ito"}, "lead": {"abe", "ueda"}}
    _give(database, doubled, "ueda", "reject", team=team)
    assert inbox.next_pending(database, reviewer="ueda", roles=LEAD, team=team) is None
    _give(database, doubled, "abe", "approve", team=team)
    for person in ("abe", "ueda"):
        assert inbox.next_pending(database, reviewer=person, roles=LEAD, team=team) == doubled
    _give(database, doubled, "abe", "approve", team=team)
    assert inbox.item(database, doubled).verdict.reviewer == "abe"


def test_equal_corrections_agree(database: Database, doubled: int):
    _give(database, doubled, "abe", "correct", text=FIXED)
    _give(database, doubled, "ito", "correct", text=f"{FIXED}\r\n")
    assert inbox.item(database, doubled).verdict.text == FIXED


def test_a_blind_verdict_is_undone_by_its_author_only_and_only_in_time(database: Database, doubled: int):
    first = _give(database, doubled, "abe")
    with pytest.raises(ReviewError, match="by who gave it"):
        verdicts.undo(database, first, undone_by="ito")
    verdicts.undo(database, first, undone_by="abe")
    assert inbox.item(database, doubled).stage == "first"
    again = _give(database, doubled, "abe", "reject")
    final = _give(database, doubled, "ito", "reject")
    with pytest.raises(ReviewError, match="Both verdicts"):
        verdicts.undo(database, again, undone_by="abe")
    verdicts.undo(database, final, undone_by="ueda", roles=LEAD)
    view = inbox.item(database, doubled, viewer="ito")
    assert (view.state, view.stage) == ("pending", "second")
    _give(database, doubled, "ito", "approve")
    arbiter = _give(database, doubled, "ueda", "approve")
    verdicts.undo(database, arbiter, undone_by="ueda", roles=LEAD)
    assert inbox.item(database, doubled).stage == "arbiter"


def test_a_share_of_the_policy_goes_to_two_people(database: Database):
    policies.save(database, threshold=0.0, samples=8, audit_share=1.0, second_share=0.5)
    stages = []
    for number in range(40):
        document = build_document(f"Lot {number}\n", title=str(number))
        item_id = record(database, document=document, scored=build_scored(document=document)).item_id
        stages.append(inbox.item(database, item_id).stage)
    assert 8 < stages.count("first") < 32
    assert set(stages) == {"first", "single"}


def test_saving_the_policy_without_a_share_keeps_it(database: Database):
    policies.save(database, threshold=0.1, samples=8, audit_share=0.1, second_share=0.2)
    assert policies.save(database, threshold=0.2, samples=8, audit_share=0.1).second_share == 0.2
    with pytest.raises(ReviewError, match="between 0 and 1"):
        policies.save(database, threshold=0.2, samples=8, audit_share=0.1, second_share=1.5)
