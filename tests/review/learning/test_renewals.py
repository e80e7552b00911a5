"""Verdicts outlive an update of the program that computes other features."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from backend.review.intake import service
from backend.review.learning import calibration, certificates, renewals
from backend.review.policy import models
from backend.review.policy.models import ModelNames
from backend.review.queue import inbox, verdicts
from backend.review.store.database import Database
from backend.review.store.model_tables import RescoringRow
from backend.review.store.tables import SummaryRow
from tests.review.builders import WRONG_SUMMARY, record_item
from tests.review.learning.test_certificates import _record_kept


def judge(database: Database, item_id: int) -> None:
    version = inbox.item(database, item_id).version
    verdicts.give(database, item_id=item_id, kind="approve", reviewer="abe", expected_version=version)


def make_outdated(database: Database) -> dict[int, dict[str, Any]]:
    """As if an earlier version had analysed all summaries, whose checks found nothing; returns the real analyses."""
    with database.session() as session:
        found = {key: value for key, value in session.execute(select(SummaryRow.id, SummaryRow.analysis))}
        for summary, analysis in found.items():
            phrases = [{**phrase, "reasons": []} for phrase in analysis["phrases"]]
            old = {**analysis, "phrases": phrases, "feature_version": 1}
            session.execute(SummaryRow.__table__.update().where(SummaryRow.id == summary).values(analysis=old))
        session.commit()
    return found


def renewed(database: Database) -> dict[int, dict[str, Any]]:
    with database.reading() as session:
        return {key: value for key, value in session.execute(select(RescoringRow.summary_id, RescoringRow.analysis))}


def without_version(analyses: dict[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return {
        summary: {name: value for name, value in one.items() if name != "feature_version"}
        for summary, one in analyses.items()
    }


@pytest.fixture
def adopted(database: Database) -> Database:
    models.adopt(database, ModelNames("tiny", "adapter-1", "posterior-1", "/first"))
    return database


def test_judged_summaries_get_the_analysis_of_this_version_from_their_stored_tokens(adopted: Database):
    views = [record_item(adopted, number=number, text=WRONG_SUMMARY) for number in range(3)]
    for view in views[:2]:
        judge(adopted, view.item_id)
    real = without_version(make_outdated(adopted))
    shown = service.summary(adopted, views[0].id)
    assert renewals.renew(adopted) == 2  # nobody has said anything about the third
    assert renewed(adopted) == {view.id: real[view.id] for view in views[:2]}
    assert any(phrase["reasons"] for phrase in renewed(adopted)[views[0].id]["phrases"])
    assert renewals.renew(adopted) == 0
    assert service.summary(adopted, views[0].id) == shown  # what people saw stays


def test_a_recalibration_learns_from_them(adopted: Database):
    judge(adopted, record_item(adopted).item_id)
    make_outdated(adopted)
    assert calibration.recalibrate(adopted).report.judged == 1


def test_a_summary_of_another_model_waits_for_the_scores_of_the_one_in_force(adopted: Database):
    judge(adopted, record_item(adopted).item_id)
    make_outdated(adopted)
    models.adopt(adopted, ModelNames("tiny", "adapter-9", "posterior-9", "/ninth"))
    assert renewals.renew(adopted) == 0
    assert calibration.recalibrate(adopted).report.judged == 0


def test_certificates_count_them_too(database: Database):
    models.adopt(database, ModelNames("tiny", "adapter-1", "p", "/first"))
    kept = _record_kept(database, 18)
    before = certificates.issue(database, alpha=0.3, delta=0.1)
    make_outdated(database)
    after = certificates.issue(database, alpha=0.3, delta=0.1)
    assert (after.provenance["verdicts"], after.guarantee) == (kept, before.guarantee)
    assert len(renewed(database)) == 18
