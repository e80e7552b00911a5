"""Escalation rules: which one fits, what it does to an item, and that it stays out of what goes to a person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backend.errors import ReviewError
from backend.people.person import ROLES
from backend.review.intake.service import record
from backend.review.policy import experiments, policies
from backend.review.policy.escalation import MAX_RULES, RULE_ROLES, check_rules, find_rule
from backend.review.queue import dispatch, inbox, leases, verdicts
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.inbox_views import InboxFilter, Rule
from backend.review.store.tables import ItemRow, now
from tests.review.builders import build_document, build_scored

LEAD = ("reviewer", "lead")


def _save(database: Database, *rules: Rule, threshold: float = 0.0) -> None:
    policies.save(database, threshold=threshold, samples=8, audit_share=0.0, rules=rules)


def _record(database: Database, number: int) -> int | None:
    document = build_document(f"Lot {number}\n", title=f"Log {number}")
    return record(database, document=document, scored=build_scored(document=document)).item_id


def test_the_first_rule_that_fits_counts():
    rules = (Rule(0.8, 1.0, role="lead"), Rule(kind="report", hours=4.0), Rule(0.5, 1.0, needs_second=True))
    assert find_rule(rules, risk=0.9, kind="report") == rules[0]
    assert find_rule(rules, risk=0.8, kind="x") == rules[0]
    assert find_rule(rules, risk=0.1, kind="report") == rules[1]
    assert find_rule(rules, risk=0.6, kind="x") == rules[2]
    assert find_rule(rules, risk=0.4, kind="x") is None


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([Rule(role="lead")] * (MAX_RULES + 1), "rules.too_many"),
        ([Rule(0.6, 0.5, role="lead")], "rules.risk"),
        ([Rule(float("nan"), 1.0, role="lead")], "rules.risk"),
        ([Rule(role="pope")], "rules.choice"),
        ([Rule(role="lead", kind="x" * 41)], "rules.choice"),
        ([Rule(hours=0.0)], "rules.hours"),
        ([Rule(hours=float("inf"))], "rules.hours"),
        ([Rule(role="lead"), Rule()], "rules.nothing"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(database: Database, rules: list[Rule], code: str):
    with pytest.raises(ReviewError) as raised:
        check_rules(rules)
    assert raised.value.code == code
    with pytest.raises(ReviewError):
        _save(database, *rules)
    assert policies.current(database).rules == ()


def test_rules_can_ask_for_every_role_that_reviews():
    assert RULE_ROLES[1:] == ROLES[1:]


def test_an_item_gets_the_role_the_second_review_and_the_deadline_of_its_rule(database: Database):
    _save(database, Rule(kind="inspection_log", role="lead", needs_second=True, hours=4.0))
    view = inbox.item(database, _record(database, 1))
    assert (view.role, view.stage, view.is_escalated) == ("lead", "first", False)
    assert timedelta(hours=3.9) < view.due_at - now() < timedelta(hours=4.1)
    assert inbox.next_pending(database, reviewer="abe", roles=["reviewer"]) is None
    assert inbox.next_pending(database, reviewer="ueda", roles=LEAD) == view.id
    decided = next(event for event in events.of_item(database, view.id) if event.kind == "decided")
    assert (decided.facts["rule"]["role"], decided.facts["rule"]["hours"]) == ("lead", 4.0)


def test_without_a_rule_that_fits_an_item_waits_for_anybody_and_without_end(database: Database):
    _save(database, Rule(kind="report", role="lead", hours=1.0))
    view = inbox.item(database, _record(database, 1))
    assert (view.role, view.stage, view.due_at) == (None, "single", None)


def test_a_rule_never_sends_to_a_person_what_is_accepted(database: Database):
    _save(database, Rule(role="lead", hours=1.0), threshold=1.0)
    assert _record(database, 1) is None


def test_rules_are_versions_of_the_policy_on_record_and_outlive_other_changes(database: Database):
    _save(database, Rule(role="lead"))
    seen = policies.current(database)
    again = policies.save_rules(database, seen.rules, seen_version=seen.version)
    assert again == seen
    changed = policies.save(database, threshold=0.3, samples=8, audit_share=0.1)
    assert (changed.version, changed.rules) == (seen.version + 1, (Rule(role="lead"),))
    with pytest.raises(ReviewError, match="changed since"):
        policies.save_rules(database, (), seen_version=seen.version)
    assert policies.save_rules(database, (), seen_version=changed.version, saved_by="ueda").rules == ()
    assert [len(view.policy.rules) for view in policies.history(database)] == [0, 1, 1, 0]
    arms = [experiments.Arm(0.1, 0.1), experiments.Arm(0.2, 0.1)]
    _save(database, Rule(hours=2.0))
    experiments.start(database, arms=arms)
    experiments.go_live(database)
    assert policies.current(database).rules == (Rule(hours=2.0),)


def test_what_is_due_comes_first_and_what_is_overdue_is_found(database: Database):
    _save(database, Rule(hours=5.0))
    late, early, never = (_record(database, number) for number in range(3))
    moment = now()
    for item_id, due_at in ((late, moment + timedelta(hours=1)), (early, moment - timedelta(hours=1)), (never, None)):
        with database.session() as session:
            session.get_one(ItemRow, item_id).due_at = due_at
            session.commit()
    found = inbox.page(database, sort="due")
    assert [row.item_id for row in found.rows] == [early, late, never]
    assert [inbox.page(database, sort="due", page=number, page_size=1).rows[0].item_id for number in (1, 2, 3)] == [
        early, late, never,
    ]  # fmt: skip
    overdue = inbox.page(database, where=InboxFilter(state="overdue"))
    assert [row.item_id for row in overdue.rows] == [early]
    assert inbox.counts(database).overdue == 1
    leases.claim(database, item_id=early, reviewer="abe")
    verdicts.give(database, item_id=early, kind="approve", reviewer="abe", expected_version=1)
    assert inbox.counts(database).overdue == 0
    dispatch.postpone(database, item_id=late, reviewer="abe", until=moment + timedelta(days=1))
    assert inbox.page(database, sort="due").total == 1
