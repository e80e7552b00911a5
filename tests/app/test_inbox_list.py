from __future__ import annotations

import json

import pytest

from app.pages.handling import RequestError
from app.pages.inbox_list import ListQuery, read_query, write_query
from backend.review.store.inbox_views import InboxFilter


@pytest.mark.parametrize("sent", [None, "", "pending", {}, "{}", {"state": "pending", "text": "", "kind": None}])
def test_nothing_asked_for_is_what_is_pending(sent):
    assert read_query(sent) == ListQuery(InboxFilter(), "risk")


def test_a_query_comes_back_as_it_was_written():
    query = ListQuery(InboxFilter(state="all", risk_low=0.25, text='確か "x"', assignee="伊藤"), "cost")
    written = write_query(query)
    assert read_query(written) == query
    assert read_query(json.loads(written)) == query
    assert set(json.loads(written)) == {"state", "risk_low", "text", "assignee", "sort"}


@pytest.mark.parametrize(
    "sent",
    [
        "forgotten", "[1]", "{", 7, ["pending"], {"state": ["pending"]}, {"sort": "colour"}, {"risk_low": -1},
        {"risk_high": "many"}, {"risk_low": float("nan")}, {"min_age_hours": 1e300}, {"text": "x" * 201},
        {"text": {"a": 1}}, {"kind": 7}, {"state": None}, "x" * 5000,
    ],
)  # fmt: skip
def test_what_the_page_never_sends_is_refused(sent):
    with pytest.raises(RequestError):
        read_query(sent)


def test_fields_that_do_not_exist_change_nothing():
    assert read_query({"state": "all", "__class__": "x", "id": 1}) == ListQuery(InboxFilter(state="all"), "risk")
