"""The large inbox of the benchmark is a real one, and every figure is measured."""

from __future__ import annotations

from backend.evaluation.inbox_bench import fill, measure
from backend.review.queue import inbox
from backend.review.store.database import Database
from backend.review.store.inbox_views import InboxFilter
from tests.review.fixtures import database, migrated_file

__all__ = ["database", "migrated_file"]


def test_a_filled_inbox_can_be_searched_and_decided_and_is_measured(database: Database):
    fill(database, items=120)
    assert inbox.counts(database).pending == 120
    found = inbox.page(database, where=InboxFilter(text="Sheet 77."), page_size=120)
    assert "Log 77" in [row.title for row in found.rows]
    assert found.total < 120
    assert inbox.page(database, where=InboxFilter(text="検査")).total > 0
    figures = measure(database, items=120, repeats=20)
    assert figures.items == 120
    assert 0 < figures.next_p95_ms
    assert 0 < min(figures.page_p95_ms, figures.search_p95_ms, figures.verdict_p95_ms)
    assert inbox.counts(database).decided == 20
