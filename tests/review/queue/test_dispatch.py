"""Who looks at an item, and when: put off, passed on, assigned."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backend.errors import ReviewError
from backend.review.queue import dispatch, inbox, leases, verdicts
from backend.review.queue.conflicts import ReviewConflict
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.inbox_views import InboxFilter
from backend.review.store.tables import ItemRow, now
from tests.review.builders import record_item
from tests.review.queue.test_filters import wake_all


@pytest.fixture
def items(database: Database) -> list[int]:
    """Three items, the most doubtful first."""
    views = [record_item(database, number=number, probability=number / 10) for number in (1, 5, 9)]
    return [view.item_id for view in sorted(views, key=lambda view: (-view.risk, -view.item_id))]


def _listed(database: Database, state: str) -> list[int]:
    return [row.item_id for row in inbox.page(database, state=state).rows]


def test_a_postponed_item_leaves_the_list_and_comes_back_in_time(database: Database, items: list[int]):
    dispatch.postpone(database, item_id=items[0], reviewer="abe", until=now() + timedelta(days=1))
    assert (_listed(database, "pending"), _listed(database, "postponed")) == (items[1:], items[:1])
    counts = inbox.counts(database)
    assert (counts.pending, counts.postponed) == (2, 1)
    assert inbox.next_pending(database, reviewer="abe") == items[1]
    wake_all(database)
    assert (_listed(database, "pending"), _listed(database, "postponed")) == (items, [])
    assert inbox.next_pending(database, reviewer="abe") == items[0]


def test_a_postponed_item_can_be_taken_back_and_decided(database: Database, items: list[int]):
    dispatch.postpone(database, item_id=items[0], reviewer="abe", until=now() + timedelta(days=1))
    verdicts.give(database, item_id=items[0], kind="approve", reviewer="abe", expected_version=1)
    dispatch.postpone(database, item_id=items[1], reviewer="abe", until=now() + timedelta(days=1))
    dispatch.wake(database, item_id=items[1], reviewer="ito")
    assert _listed(database, "postponed") == []
    assert inbox.item(database, items[0]).postponed_until is None


def test_what_is_overdue_comes_next_and_skipping_walks_through_it_once(database: Database, items: list[int]):
    doubtful, late, later = items
    with database.session() as session:
        session.get_one(ItemRow, late).due_at = now() - timedelta(hours=2)
        session.get_one(ItemRow, later).due_at = now() - timedelta(hours=1)
        session.commit()
    walked = [inbox.next_pending(database, reviewer="abe")]
    for _ in range(3):
        walked.append(inbox.next_pending(database, after=walked[-1], reviewer="abe"))
    assert walked == [late, later, doubtful, late]
    verdicts.give(database, item_id=doubtful, kind="approve", reviewer="abe", expected_version=1)
    assert inbox.next_pending(database, after=doubtful, reviewer="abe") == late


def test_nobody_postpones_to_the_past(database: Database, items: list[int]):
    with pytest.raises(ReviewError, match="past"):
        dispatch.postpone(database, item_id=items[0], reviewer="abe", until=now())


def test_skipping_frees_the_item_and_leaves_it_in_the_list(database: Database, items: list[int]):
    leases.claim(database, item_id=items[0], reviewer="abe")
    dispatch.skip(database, item_id=items[0], reviewer="abe")
    assert inbox.item(database, items[0]).lease is None
    assert inbox.next_pending(database, after=items[0], reviewer="abe") == items[1]
    assert inbox.next_pending(database, reviewer="ito") == items[0]


def test_what_is_passed_on_to_a_role_comes_next_to_those_who_have_it(database: Database, items: list[int]):
    dispatch.escalate(database, item_id=items[0], reviewer="abe", to_role="lead", note="see §3")
    assert inbox.next_pending(database, reviewer="abe", roles=("reviewer",)) == items[1]
    assert inbox.next_pending(database, reviewer="ueda", roles=("reviewer", "lead")) == items[0]
    assert _listed(database, "escalated") == [items[0]]
    assert inbox.counts(database).escalated == 1
    assert events.of_item(database, items[0])[-1].facts["note"] == "see §3"


def test_what_is_passed_on_to_a_person_comes_next_to_nobody_else(database: Database, items: list[int]):
    dispatch.escalate(database, item_id=items[0], reviewer="abe", to_person="ito")
    assert inbox.next_pending(database, reviewer="abe", roles=("lead",)) == items[1]
    assert inbox.next_pending(database, reviewer="ito") == items[0]


@pytest.mark.parametrize("whom", [{}, {"to_person": "ito", "to_role": "lead"}, {"to_role": "  "}])
def test_an_escalation_names_one_person_or_one_role(database: Database, items: list[int], whom: dict[str, str]):
    with pytest.raises(ReviewError, match="not both"):
        dispatch.escalate(database, item_id=items[0], reviewer="abe", **whom)


def test_many_items_are_assigned_at_once_and_decided_ones_left_alone(database: Database, items: list[int]):
    verdicts.give(database, item_id=items[2], kind="approve", reviewer="abe", expected_version=1)
    assert dispatch.assign(database, item_ids=[*items, 999], assignee="伊藤", assigned_by="ueda") == 2
    assert dispatch.assign(database, item_ids=items, assignee="伊藤", assigned_by="ueda") == 0
    assert inbox.page(database, where=InboxFilter(assignee="伊藤")).total == 2
    assert inbox.next_pending(database, reviewer="abe") is None
    assert dispatch.assign(database, item_ids=items, assignee=None, assigned_by="ueda") == 2
    assert inbox.next_pending(database, reviewer="abe") == items[0]
    with pytest.raises(ReviewError, match="At most 500"):
        dispatch.assign(database, item_ids=range(501), assignee="ito", assigned_by="ueda")


def test_a_decided_item_is_neither_put_off_nor_passed_on(database: Database, items: list[int]):
    verdicts.give(database, item_id=items[0], kind="approve", reviewer="abe", expected_version=1)
    for call in (
        lambda: dispatch.skip(database, item_id=items[0], reviewer="ito"),
        lambda: dispatch.escalate(database, item_id=items[0], reviewer="ito", to_role="lead"),
    ):
        with pytest.raises(ReviewConflict, match="decided by abe"):
            call()


def test_a_reopened_item_waits_again_and_says_why(database: Database, items: list[int]):
    with pytest.raises(ReviewError, match="not decided"):
        verdicts.reopen(database, item_id=items[0], reopened_by="ueda")
    verdicts.give(database, item_id=items[0], kind="reject", reviewer="abe", expected_version=1)
    with pytest.raises(ReviewError, match="Say why"):
        verdicts.reopen(database, item_id=items[0], reopened_by="ueda", note=" \n")
    verdicts.reopen(database, item_id=items[0], reopened_by="ueda", note="new drawing")
    view = inbox.item(database, items[0])
    assert (view.state, view.verdict, view.history[0].undone_by) == ("pending", None, "ueda")
    assert events.of_item(database, items[0])[-1].facts["note"] == "new drawing"
