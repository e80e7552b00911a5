"""The figures: counts, audits with their interval, curves that weight by the probability of review."""

from __future__ import annotations

import pytest

from backend.review.intake import service
from backend.review.policy import insights, policies
from backend.review.queue import verdicts
from backend.review.store.database import Database
from backend.review.store.views import SummaryView
from tests.review.builders import (
    SUMMARY,
    WRONG_SUMMARY,
    build_document,
    build_scored,
    record_audited,
    record_item,
)


def _judge(database: Database, view: SummaryView, kind: str, text: str | None = None) -> int:
    return verdicts.give(database, item_id=view.item_id, kind=kind, text=text, reviewer="abe", expected_version=1)


def test_an_empty_database_has_empty_figures(database: Database):
    overview = insights.overview(database)
    assert overview.counts.summaries == 0
    assert (overview.phrase_reliability, overview.summary_reliability, overview.risk_coverage) == ((), (), ())
    assert (overview.audit.audited, overview.audit.low, overview.audit.high) == (0, 0.0, 1.0)
    assert overview.calibrations == ()


def test_counts_say_what_went_which_way(database: Database):
    policies.save(database, threshold=1.0, samples=8, audit_share=0.0)
    service.record(database, document=build_document(), scored=build_scored())
    kinds = [("approve", None), ("correct", SUMMARY), ("reject", None), ("approve", None)]
    for number, (kind, text) in enumerate(kinds):
        _judge(database, record_item(database, number=number, text=WRONG_SUMMARY), kind, text)
    verdicts.undo(database, 4)
    service.submit(database, document=build_document())
    counts = insights.overview(database).counts
    assert (counts.summaries, counts.accepted, counts.low_confidence, counts.audit) == (5, 1, 4, 0)
    assert (counts.approved, counts.corrected, counts.rejected, counts.undone) == (1, 1, 1, 1)
    assert (counts.pending, counts.jobs_queued) == (1, 1)


def test_the_audit_share_has_its_exact_interval(database: Database):
    policies.save(database, threshold=1.0, samples=8, audit_share=1.0)
    for number in range(10):
        document = build_document(f"Lot A-1741 {number}")
        view = service.record(database, document=document, scored=build_scored(document=document))
        assert view.reason == "audit"
        _judge(database, view, "reject" if number == 0 else "approve")
    audit = insights.overview(database).audit
    assert (audit.audited, audit.wrong, audit.share) == (10, 1, 0.1)
    assert (audit.low, audit.high) == pytest.approx((0.002529, 0.445016), abs=1e-5)  # tables of Clopper–Pearson


def test_a_rarely_audited_summary_counts_for_many_in_the_curves(database: Database):
    policies.save(database, threshold=0.0, samples=8, audit_share=0.0)
    loud = service.record(database, document=build_document(), scored=build_scored(probability=0.2))
    quiet = record_audited(database, audit_share=0.25)
    _judge(database, loud, "reject")
    _judge(database, quiet, "approve")
    curve = insights.overview(database).risk_coverage
    assert (curve[-1].coverage, curve[-1].error_share) == (1.0, pytest.approx(1 / 5))


def test_phrases_are_compared_with_the_edits_of_corrections_and_approvals_only(database: Database):
    _judge(database, record_item(database, number=0, text=WRONG_SUMMARY), "correct", SUMMARY)
    corrected = sum(one.count for one in insights.overview(database).phrase_reliability)
    _judge(database, record_item(database, number=1, text=WRONG_SUMMARY), "reject")
    overview = insights.overview(database)
    assert sum(one.count for one in overview.phrase_reliability) == corrected > 0
    assert sum(one.count for one in overview.summary_reliability) == 2


def test_calibrations_show_what_became_of_their_summaries(database: Database):
    judged = record_item(database, number=0)
    record_item(database, number=1)
    _judge(database, judged, "reject")
    (use,) = insights.overview(database).calibrations
    assert (use.version, use.summaries, use.judged, use.wrong) == (1, 2, 1, 1)
    assert use.mean_risk_of_judged == pytest.approx(judged.risk)


def test_long_curves_are_thinned_and_keep_their_end(database: Database, monkeypatch):
    monkeypatch.setattr(insights, "_MAX_POINTS", 3)
    for number in range(8):
        _judge(database, record_item(database, number=number, probability=0.2 + number / 10), "approve")
    curve = insights.overview(database).risk_coverage
    assert 1 <= len(curve) <= 3
    assert curve[-1].coverage == 1.0
