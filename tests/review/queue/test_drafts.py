from __future__ import annotations

import pytest

from backend.errors import ReviewError
from backend.review.queue import drafts
from backend.review.store.database import Database
from tests.review.builders import record_item

TAB, OTHER_TAB = "a" * 24, "b" * 24


def test_everything_of_a_draft_comes_back(database: Database):
    item_id = record_item(database).item_id
    drafts.save(
        database, item_id=item_id, reviewer="abe", text="確か", note="why\r\nnot", reason="omitted", accepted=[2, 0, 2]
    )
    draft = drafts.find(database, item_id=item_id, reviewer="abe")
    assert (draft.text, draft.note, draft.reason, draft.accepted) == ("確か", "why\nnot", "omitted", (0, 2))
    assert drafts.find(database, item_id=item_id, reviewer="ito") is None


def test_a_save_that_was_overtaken_on_its_way_changes_nothing(database: Database):
    item_id = record_item(database).item_id
    assert drafts.save(database, item_id=item_id, reviewer="abe", text="newest", tab=TAB, sequence=3)
    assert not drafts.save(database, item_id=item_id, reviewer="abe", text="late", tab=TAB, sequence=2)
    assert drafts.find(database, item_id=item_id, reviewer="abe").text == "newest"


def test_the_newest_tab_counts_whatever_its_numbers_are(database: Database):
    item_id = record_item(database).item_id
    drafts.save(database, item_id=item_id, reviewer="abe", text="one", tab=TAB, sequence=9)
    assert drafts.save(database, item_id=item_id, reviewer="abe", text="two", tab=OTHER_TAB, sequence=1)
    assert drafts.find(database, item_id=item_id, reviewer="abe").text == "two"


def test_a_draft_of_nothing_is_refused(database: Database):
    with pytest.raises(ReviewError, match="no review item 77"):
        drafts.save(database, item_id=77, reviewer="abe", text="x")
