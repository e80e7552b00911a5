"""Escalation rules as *Settings* shows them."""

from __future__ import annotations

import pytest

from app.pages.inbox_list import KINDS as LISTED_KINDS
from app.pages.rules import KINDS, rules_value
from backend.review.store.inbox_views import Rule
from backend.review.store.views import Policy


def test_rules_can_ask_for_every_kind_of_document():
    assert KINDS[1:] == LISTED_KINDS


@pytest.mark.parametrize(("language", "words"), [("en", "No rules yet"), ("ja", "規則はまだありません")])
def test_without_rules_it_says_what_happens(language: str, words: str):
    assert words in rules_value(Policy(1, 0.5, 8, 0.1), language=language)["blocks"][0]["lines"][0]


def test_a_rule_is_a_row_that_can_be_removed_and_moved_up():
    rules = (Rule(0.8, 1.0, role="lead", hours=4.0), Rule(kind="report", needs_second=True))
    table = rules_value(Policy(1, 0.5, 8, 0.1, rules=rules), language="en")["blocks"][0]
    first, second = table["rows"]
    assert first[:7] == ["1", "80 % – 100 %", "any", "lead", "–", "4 hours", "–"]
    assert (first[7]["press"], second[6]["press"], second[7]["press"]) == (1, -2, 2)
    assert second[2:6] == ["Other", "whoever reviews", "two people, blind", "–"]
