"""Replaying policies over stored decisions, and the two prices."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.errors import ReviewError
from backend.review.intake import service
from backend.review.policy import policies, what_if
from backend.review.queue import inbox, verdicts
from backend.review.store.database import Database
from backend.review.store.views import WhatIf
from backend.uncertainty.replay import Prices
from backend.uncertainty.summary import UNUSUAL
from tests.review.builders import build_document, build_scored, record_audited, record_item
from tests.review.fixtures import recorded


def _judge(database: Database, view, kind: str, *, seconds: float | None = None) -> None:
    version = inbox.item(database, view.item_id).version
    verdicts.give(database, item_id=view.item_id, kind=kind, reviewer="abe", expected_version=version,
                  seconds_spent=seconds)  # fmt: skip


def test_without_a_summary_there_is_nothing_to_replay(database: Database):
    assert what_if.ask(database, threshold=0.5, samples=8, audit_share=0.1) is None


def test_a_policy_is_replayed_with_measured_minutes_and_prices(database: Database):
    views = [record_item(database, number=n, probability=0.3 + 0.15 * n) for n in range(4)]
    for number, view in enumerate(views):
        _judge(database, view, "reject" if number == 0 else "approve", seconds=60.0 + 60.0 * (number % 2))
    what_if.save_prices(database, minute=2.0, missed_error=50.0, saved_by="abe")
    report = what_if.ask(database, threshold=1.0, samples=17, audit_share=0.5)
    assert (report.summaries, report.days, report.is_time_measured) == (4, 1.0, True)
    assert (report.asked.reviews, report.asked.minutes) == (2.0, 3.0)
    assert report.asked.wrong_share.share == pytest.approx(0.25)
    assert report.asked.cost.share == pytest.approx(3.0 * 2 + 0.5 * 50)
    assert report.cheapest.cost.share <= report.asked.cost.share
    assert report.summary_seconds == pytest.approx(0.5 + 0.25 * 2)  # twice the passes of 8 samples
    assert report.curve[-1].coverage == 1.0


def test_a_rarely_checked_summary_counts_for_many(database: Database):
    _judge(database, record_item(database, probability=0.2), "reject")
    _judge(database, record_audited(database, audit_share=0.25), "approve")
    report = what_if.ask(database, threshold=1.0, samples=8, audit_share=0.0)
    assert report.asked.wrong_share.share == pytest.approx(1 / 5)
    assert not report.is_time_measured


def test_prices_are_kept_and_absurd_ones_refused(database: Database):
    assert what_if.current_prices(database) == what_if.DEFAULT_PRICES
    what_if.save_prices(database, minute=3.0, missed_error=9.0)
    assert what_if.current_prices(database) == Prices(3.0, 9.0)
    for price in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ReviewError, match="price"):
            what_if.save_prices(database, minute=price, missed_error=1.0)


def test_who_set_the_prices_is_on_record(database: Database):
    for _ in range(2):
        what_if.save_prices(database, minute=3.0, missed_error=9.0, saved_by="abe")
    assert recorded(database) == [("prices_saved", "abe", {"minute": 3.0, "missed_error": 9.0})]


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_share_out_of_range_is_refused(database: Database, value):
    with pytest.raises(ReviewError):
        what_if.ask(database, threshold=value, samples=8, audit_share=0.1)


def _count(database: Database, threshold: float) -> WhatIf:
    return what_if.ask(database, threshold=threshold, samples=8, audit_share=0.0).counts


def test_another_threshold_is_answered_from_the_stored_risks(database: Database):
    policies.save(database, threshold=1.0, samples=8, audit_share=0.0)
    quiet = service.record(database, document=build_document(), scored=build_scored(probability=0.99))
    loud = record_item(database, probability=0.1)
    version = 1
    verdicts.give(database, item_id=loud.item_id, kind="reject", reviewer="abe", expected_version=version)
    assert quiet.risk < loud.risk < 1.0

    between = _count(database, (quiet.risk + loud.risk) / 2)
    assert (between.summaries, between.sent, between.sent_before, between.more, between.fewer) == (
        2,
        1,
        1,
        0,
        0,
    )
    assert (between.wrong_let_through, between.judged_let_through) == (0, 0)

    everything = _count(database, 0.0)
    assert (everything.sent, everything.more) == (2, 1)

    nothing = _count(database, 1.0)
    assert (nothing.sent, nothing.fewer) == (0, 1)
    assert (nothing.wrong_let_through, nothing.judged_let_through) == (1, 1)


def test_an_unusual_document_is_reviewed_under_every_threshold(database: Database):
    policies.save(database, threshold=1.0, samples=8, audit_share=0.0)
    unusual = replace(build_scored(), notes=(UNUSUAL,))
    view = service.record(database, document=build_document(), scored=unusual)
    assert (view.decision, view.reason, view.review_probability) == ("review", "low_confidence", 1.0)
    assert service.record(database, document=build_document(), scored=build_scored()).decision == "accepted"
    report = what_if.ask(database, threshold=1.0, samples=8, audit_share=0.0)
    assert (report.asked.reviews, report.counts.sent) == (1.0, 1)
