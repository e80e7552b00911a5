"""The inbox: order, pages, the next item."""

from __future__ import annotations

import pytest

from backend.errors import ReviewError
from backend.review.queue import inbox, verdicts
from backend.review.store.database import Database
from tests.review.builders import record_item


@pytest.fixture
def items(database: Database) -> list[int]:
    """Seven items, the most doubtful first."""
    views = [
        record_item(database, number=number, probability=probability)
        for number, probability in enumerate((0.9, 0.3, 0.7, 0.5, 0.99, 0.2, 0.6))
    ]
    assert len({view.risk for view in views}) > 1
    return [view.item_id for view in sorted(views, key=lambda view: (-view.risk, -view.item_id))]


def _approve(database: Database, item_id: int) -> int:
    version = inbox.item(database, item_id).version
    return verdicts.give(database, item_id=item_id, kind="approve", reviewer="abe", expected_version=version)


def test_pages_hold_every_item_once_the_most_doubtful_first(database: Database, items: list[int]):
    pages = [inbox.page(database, page=number, page_size=3) for number in (1, 2, 3)]
    assert [row.item_id for page in pages for row in page.rows] == items
    assert {(page.total, page.pages) for page in pages} == {(7, 3)}


def test_a_page_beyond_the_last_is_the_last(database: Database, items: list[int]):
    page = inbox.page(database, page=99, page_size=3)
    assert (page.page, [row.item_id for row in page.rows]) == (3, items[6:])
    assert inbox.page(database, page=-5, page_size=3).page == 1


def test_an_empty_inbox_has_one_empty_page(database: Database):
    assert inbox.page(database) == inbox.InboxPage(rows=(), total=0, page=1, pages=1)


def test_a_decided_item_leaves_the_pending_and_shows_its_verdict_among_the_decided(
    database: Database, items: list[int]
):
    _approve(database, items[0])
    assert items[0] not in [row.item_id for row in inbox.page(database).rows]
    decided = inbox.page(database, state="decided")
    assert [(row.item_id, row.verdict, row.reviewer) for row in decided.rows] == [(items[0], "approve", "abe")]
    assert inbox.page(database, state="all").total == 7
    counts = inbox.counts(database)
    assert (counts.pending, counts.decided) == (6, 1)
    assert counts.oldest_pending_at is not None


def test_an_undone_and_repeated_verdict_makes_no_second_row(database: Database, items: list[int]):
    verdicts.undo(database, _approve(database, items[0]))
    _approve(database, items[0])
    assert [row.item_id for row in inbox.page(database, state="all").rows] == items


def test_an_unknown_state_is_an_error(database: Database):
    with pytest.raises(ReviewError, match="forgotten"):
        inbox.page(database, state="forgotten")


def test_next_goes_down_the_list_and_then_to_the_top(database: Database, items: list[int]):
    assert inbox.next_pending(database) == items[0]
    assert inbox.next_pending(database, after=items[2]) == items[3]
    assert inbox.next_pending(database, after=items[6]) == items[0]
    _approve(database, items[3])
    assert inbox.next_pending(database, after=items[2]) == items[4]
    assert inbox.next_pending(database, after=items[3]) == items[4]


def test_next_is_never_the_same_item_and_none_when_nothing_waits(database: Database):
    assert inbox.next_pending(database) is None
    only = record_item(database).item_id
    assert inbox.next_pending(database, after=only) is None
    assert inbox.next_pending(database, after=12345) == only


def test_an_item_shows_its_summary_and_its_history(database: Database, items: list[int]):
    first = _approve(database, items[1])
    verdicts.undo(database, first, undone_by="ito")
    second = _approve(database, items[1])
    view = inbox.item(database, items[1])
    assert (view.state, view.version, view.summary.item_id) == ("decided", 4, items[1])
    assert view.verdict.id == second
    assert [(v.id, v.is_undone, v.undone_by) for v in view.history] == [
        (first, True, "ito"),
        (second, False, None),
    ]


def test_an_unknown_item_is_an_error_with_its_number(database: Database):
    with pytest.raises(ReviewError, match="no review item 9"):
        inbox.item(database, 9)
