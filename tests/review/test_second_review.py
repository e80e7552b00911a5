"""Second review: blind, by another person, and settled by an arbiter."""

from __future__ import annotations

import io

import pytest

from backend.errors import ReviewError
from backend.review import dispatch, export, inbox, policies, second_review, verdicts
from backend.review.database import Database
from backend.review.service import record
from tests.review.builders import WRONG_SUMMARY, build_document, build_scored, record_item

FIXED = "Lot A-1741: diameter 12.4 mm, result OK!"


def _give(database: Database, item_id: int, person: str, kind: str = "approve", **values: object) -> int:
    version = inbox.item(database, item_id).version
    return verdicts.give(
        database, item_id=item_id, kind=kind, reviewer=person, expected_version=version, **values
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
    verdicts.undo(database, final, undone_by="ueda")
    view = inbox.item(database, doubled, viewer="ito")
    assert (view.state, view.stage) == ("pending", "second")
    _give(database, doubled, "ito", "approve")
    arbiter = _give(database, doubled, "ueda", "approve")
    verdicts.undo(database, arbiter, undone_by="ueda")
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


def _decide_pairs(database: Database, pairs: list[tuple[str, str]]) -> None:
    for number, (first, second) in enumerate(pairs):
        item_id = record_item(database, number=number).item_id
        dispatch.escalate(database, item_id=item_id, reviewer="u", to_role="reviewer", wants_second=True)
        _give(database, item_id, "abe", first)
        _give(database, item_id, "ito", second)


def test_agreement_is_kappa_with_an_interval_over_items(database: Database):
    pairs = [("approve", "approve")] * 6 + [("reject", "reject")] * 3 + [("approve", "reject")] * 3
    _decide_pairs(database, pairs)
    found = second_review.agreement(database, draws=200)
    assert (found.items, found.agreed) == (12, 9)
    # by hand: p_o = 9/12; p_e = (9·6 + 3·6) / 144 = 0.5
    assert found.kappa == pytest.approx(0.5)
    assert found.low < 0.5 < found.high
    assert found == second_review.agreement(database, draws=200)


def test_agreement_without_doubled_items_is_nothing(database: Database):
    found = second_review.agreement(database, draws=200)
    assert (found.items, found.agreed, found.kappa) == (0, 0, None)
