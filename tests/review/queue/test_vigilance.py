"""Checks with a planted error: hidden until answered, told then, and never a verdict."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from backend.errors import AccessError, ReviewError
from backend.review.intake import export, service
from backend.review.learning import calibration, watch
from backend.review.policy import comparison, experiments, insights, policies, what_if
from backend.review.queue import agreement, dispatch, drafts, inbox, leases, verdicts, vigilance
from backend.review.queue.conflicts import ReviewConflict
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.inbox_views import InboxFilter, Rule
from tests.review.builders import LOG, SUMMARY, build_document, build_scored


def _accept(database: Database, number: int = 0, **policy: object) -> int:
    """An accepted summary; the number of its summary."""
    policies.save(database, threshold=1.0, samples=8, audit_share=0.0, **{"seed_share": 1.0, **policy})
    document = build_document(f"{LOG}Sheet {number}.\n", title=f"Log {number}")
    view = service.record(database, document=document, scored=build_scored(document=document, probability=0.99))
    assert (view.decision, view.item_id) == ("accepted", None)
    return view.id


@pytest.fixture
def check(database: Database) -> int:
    """The item of a check."""
    _accept(database)
    return inbox.next_pending(database, reviewer="abe", roles=("reviewer",))


def _give(database: Database, item_id: int, kind: str, **values: object) -> vigilance.Given:
    version = inbox.item(database, item_id).version
    return vigilance.give(
        database, item_id=item_id, kind=kind, expected_version=version, **{"reviewer": "abe", "note": "", **values}
    )  # fmt: skip


def test_no_error_is_planted_unless_the_policy_says_so(database: Database):
    _accept(database, seed_share=0.0)
    assert policies.current(database).seed_share == 0.0
    assert inbox.page(database, state="all").total == 0
    assert vigilance.catch_rate(database).waiting == 0


def test_a_check_looks_like_a_random_audit_everywhere(database: Database, check: int):
    view, row = inbox.item(database, check), inbox.page(database).rows[0]
    assert view.check is None
    assert view.summary.text != SUMMARY
    assert row.summary_start == view.summary.text
    assert (row.reason, view.summary.reason, view.summary.decision) == ("audit", "audit", "review")
    assert view.summary.item_id == check
    assert inbox.page(database, where=InboxFilter(reason="audit", text=view.summary.text.split()[1])).total == 1
    assert [event.kind for event in events.of_item(database, check)] == ["scored", "decided"]


def test_whoever_submitted_the_document_is_shown_what_was_accepted(database: Database, check: int):
    shown = service.summary(database, inbox.item(database, check).summary.id)
    assert (shown.text, shown.decision, shown.reason, shown.item_id) == (SUMMARY, "accepted", "confident", None)


@pytest.mark.parametrize("kind", ["approve", "reject", "correct"])
def test_an_answer_is_told_at_once_and_whether_the_error_was_seen(database: Database, check: int, kind: str):
    planted = inbox.item(database, check).summary.text
    given = _give(database, check, kind, text=SUMMARY if kind == "correct" else None)
    assert given.verdict is None
    assert given.check.is_caught == (kind != "approve")
    assert given.check.original in SUMMARY
    assert given.check.planted in planted
    view = inbox.item(database, check)
    assert (view.state, view.verdict, view.history, view.check) == ("decided", None, (), given.check)
    newest = events.of_item(database, check)[-1]
    assert (newest.kind, newest.actor) == ("check_answered", "")
    assert "said" not in newest.facts
    assert events.verify(database).broken_id is None


def test_a_correction_elsewhere_has_not_seen_it(database: Database, check: int):
    text = f"{inbox.item(database, check).summary.text} Nothing else was found."
    assert not _give(database, check, "correct", text=text).check.is_caught


def test_it_never_becomes_a_verdict(database: Database, check: int):
    before = insights.overview(database), what_if.ask(database, threshold=0.5, samples=8, audit_share=0.1)
    with pytest.raises(ReviewError, match="no verdict stands"):
        verdicts.give(database, item_id=check, kind="reject", reviewer="abe", expected_version=1)
    _give(database, check, "reject")
    with pytest.raises(ReviewError, match="no verdict stands"):
        verdicts.reopen(database, item_id=check, reopened_by="ueda", roles=("lead",))
    after = insights.overview(database), what_if.ask(database, threshold=0.5, samples=8, audit_share=0.1)
    assert after[1] == before[1]
    assert after[0] == replace(before[0], counts=replace(before[0].counts, pending=0))
    assert before[0].counts.summaries == 1
    assert calibration.recalibrate(database).report.judged == 0
    assert agreement.measure(database).items == 0
    assert watch.watch(database).weeks == ()
    assert [export.verdicts_jsonl(database, io.BytesIO()), export.verdicts_csv(database, io.BytesIO())] == [0, 0]


def test_an_experiment_counts_the_summary_as_accepted(database: Database):
    arms = [experiments.Arm(1.0, 0.0), experiments.Arm(0.9, 0.0)]
    policies.save(database, threshold=1.0, samples=8, audit_share=0.0, seed_share=1.0)
    experiments.start(database, arms=arms)
    _accept(database)
    assert inbox.counts(database).pending == 1
    for figures in comparison.compare(database, experiments.newest(database)):
        assert (figures.documents, figures.waiting) == (1, 0)


def test_the_rate_is_the_teams_with_its_exact_interval(database: Database):
    for number in range(4):
        _accept(database, number)
    items = [row.item_id for row in inbox.page(database).rows]
    for item_id, kind in zip(items, ("approve", "reject", "reject"), strict=False):
        _give(database, item_id, kind)
    rate = vigilance.catch_rate(database)
    assert (rate.waiting, rate.answered, rate.caught) == (1, 3, 2)
    assert rate.share == pytest.approx(2 / 3)
    # Clopper–Pearson of 2 of 3, from tables
    assert (round(rate.low, 4), round(rate.high, 4)) == (0.0943, 0.9916)


def test_of_two_people_one_answers(database: Database, check: int):
    leases.claim(database, item_id=check, reviewer="ito")
    with pytest.raises(ReviewConflict, match="ito works on"):
        _give(database, check, "approve")
    _give(database, check, "approve", reviewer="ito")
    with pytest.raises(ReviewConflict, match="has been answered"):
        vigilance.give(database, item_id=check, kind="reject", reviewer="abe", expected_version=1)
    assert vigilance.catch_rate(database).answered == 1
    assert drafts.save(database, item_id=check, reviewer="ito", text="late")


def test_a_check_follows_the_rules_that_other_items_follow(database: Database):
    _accept(database, rules=[Rule(role="lead", hours=2.0)])
    item_id = inbox.page(database).rows[0].item_id
    assert inbox.item(database, item_id).due_at is not None
    with pytest.raises(AccessError, match="role lead"):
        _give(database, item_id, "reject", roles=("reviewer",))
    dispatch.escalate(database, item_id=item_id, reviewer="ueda", roles=("lead",), to_person="ito", wants_second=True)
    assert _give(database, item_id, "reject", reviewer="ito", roles=("reviewer",)).check.is_caught


def test_other_items_are_given_verdicts_as_before(database: Database):
    policies.save(database, threshold=0.0, samples=8, audit_share=0.0, seed_share=1.0)
    document = build_document()
    item_id = service.record(database, document=document, scored=build_scored(document=document)).item_id
    given = _give(database, item_id, "approve")
    assert (given.check, inbox.item(database, item_id).verdict.id) == (None, given.verdict)
    assert vigilance.catch_rate(database).answered == 0
