from __future__ import annotations

import json

import pytest

from app.pages.context import Context
from app.pages.handling import RequestError
from app.pages.inbox_list import ListQuery, read_list, read_query, write_query
from backend.review.queue import dispatch
from backend.review.store.inbox_views import InboxFilter
from tests.review.builders import record_item
from tests.review.fixtures import database, migrated_file

__all__ = ["database", "migrated_file"]


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


@pytest.mark.parametrize(("language", "named"), [("en", ("Japanese", "lead")), ("ja", ("日本語", "責任者"))])
def test_languages_and_roles_are_offered_in_words_and_people_by_their_names(database, language, named):
    to_lead, to_person = record_item(database).item_id, record_item(database).item_id
    dispatch.escalate(database, item_id=to_lead, reviewer="abe", to_role="lead")
    dispatch.escalate(database, item_id=to_person, reviewer="abe", to_person="伊藤")
    context = Context(database, model_state=None, score=None, person=None, data_dir="", model_name="")
    shown, _, _ = read_list(context, read_query(None), page=1, open_item=None, user="abe", language=language)
    offered = {one["name"]: {o["value"]: o["text"] for o in one["options"]} for one in shown["bar"]["choices"]}
    assert (offered["language"]["ja"], offered["assignee"]["lead"]) == named
    assert offered["assignee"]["伊藤"] == "伊藤"
