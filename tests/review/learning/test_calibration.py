"""Calibrations: the first one, a better one from verdicts, and what later and older summaries use."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from backend.errors import ReviewError
from backend.review.intake import service
from backend.review.intake.summaries import fingerprint
from backend.review.learning import calibration, rescorings
from backend.review.learning.evidence import is_kept
from backend.review.queue import inbox, verdicts
from backend.review.store.database import Database
from backend.review.store.decision_tables import RecalibrationRow
from backend.review.store.tables import CalibrationRow
from backend.review.store.views import SummaryView
from backend.uncertainty.edit_model import cold_start_model
from tests.review.builders import (
    LOG,
    SUMMARY,
    WRONG_SUMMARY,
    build_document,
    build_scored,
    record_audited,
    record_item,
    send_all_to_review,
)


def _judge(database: Database, view: SummaryView, kind: str, text: str | None = None) -> int:
    version = inbox.item(database, view.item_id).version
    return verdicts.give(database, item_id=view.item_id, kind=kind, text=text, reviewer="abe", expected_version=version)


def _judge_many(database: Database, count: int = 20, *, first: int = 0) -> list[int]:
    """One in four is corrected, the others are approved."""
    given = []
    for number in range(first, first + count):
        is_wrong = number % 4 == 0
        view = record_item(database, number=number, text=WRONG_SUMMARY if is_wrong else SUMMARY)
        given.append(_judge(database, view, *(("correct", SUMMARY) if is_wrong else ("approve",))))
    return given


def _attempts(database: Database) -> list[RecalibrationRow]:
    with database.reading() as session:
        return list(session.scalars(select(RecalibrationRow).order_by(RecalibrationRow.id)))


def test_the_first_version_is_the_cold_start_model(database: Database):
    assert calibration.current(database) == (1, cold_start_model())
    (view,) = calibration.versions(database)
    assert (view.version, view.parent, view.is_current, view.is_cold_start) == (1, None, True, True)


def test_too_few_verdicts_make_no_version_and_the_report_says_how_many_are_missing(database: Database):
    _judge(database, record_item(database), "approve")
    result = calibration.recalibrate(database, requested_by="abe")
    assert (result.version, result.report.judged, result.report.is_better) == (None, 1, False)
    assert result.report.reason.parameters["missing"]
    (attempt,) = _attempts(database)
    assert (attempt.parent, attempt.version, attempt.requested_by) == (1, None, "abe")
    assert len(calibration.versions(database)) == 1


def test_recalibrating_without_any_summary_only_reports(database: Database):
    assert calibration.recalibrate(database).version is None


def test_a_better_model_becomes_a_version_with_its_provenance_and_is_used_by_later_summaries(
    database: Database,
):
    given = _judge_many(database)
    before = record_item(database, number=100)
    result = calibration.recalibrate(database, requested_by="abe", seed=3)
    assert (result.version, result.report.is_better) == (2, True)
    version, edit_model = calibration.current(database)
    assert version == 2
    assert not edit_model.is_cold_start

    after = record_item(database, number=101)
    assert (before.calibration, after.calibration) == (1, 2)
    assert after.risk == edit_model.risk(build_scored(document=build_document(f"{LOG}Sheet 101.\n")).analysis)
    assert after.risk < before.risk
    assert service.summary(database, before.id) == before

    view = calibration.versions(database)[0]
    assert (view.version, view.parent, view.is_current) == (2, 1, True)
    assert view.provenance["verdicts"] == given
    assert view.provenance["kinds"] == {"approve": 15, "correct": 5}
    assert (view.provenance["posterior"], view.provenance["seed"]) == ("posterior-1", 3)
    assert view.metrics["summaries_after"]["log_loss"] < view.metrics["summaries_before"]["log_loss"]


def test_undone_verdicts_and_other_models_are_left_out(database: Database):
    undone = _judge(database, record_item(database, number=0), "approve")
    verdicts.undo(database, undone)
    send_all_to_review(database)
    other = service.record(database, document=build_document(), scored=build_scored(posterior="older"))
    _judge(database, other, "reject")
    kept = _judge(database, record_item(database, number=1), "approve")
    calibration.recalibrate(database)
    (attempt,) = _attempts(database)
    assert attempt.provenance["verdicts"] == [kept]
    assert attempt.provenance["other_models"] == 1


def test_a_version_can_be_rolled_back_and_put_in_force_again(database: Database):
    _judge_many(database)
    calibration.recalibrate(database)
    calibration.activate(database, 1, activated_by="abe")
    assert calibration.current(database)[0] == 1
    calibration.activate(database, 2)
    calibration.activate(database, 2)
    assert [view.version for view in calibration.versions(database) if view.is_current] == [2]
    with pytest.raises(ReviewError, match="no calibration version 9"):
        calibration.activate(database, 9)


def test_a_version_after_a_rollback_gets_a_number_of_its_own(database: Database):
    _judge_many(database)
    calibration.recalibrate(database)
    calibration.activate(database, 1)
    assert calibration.recalibrate(database).version == 3
    assert calibration.versions(database)[0].parent == 1


def test_a_calibration_that_was_overtaken_while_it_was_computed_is_not_activated(database: Database, monkeypatch):
    _judge_many(database)
    calibration.recalibrate(database)
    calibration.activate(database, 1)
    fit = calibration.fit_edit_model

    def activate_another(*args: object, **values: object) -> object:
        calibration.activate(database, 2)
        return fit(*args, **values)

    monkeypatch.setattr(calibration, "fit_edit_model", activate_another)
    with pytest.raises(ReviewError) as raised:
        calibration.recalibrate(database)
    assert raised.value.code == "calibration.changed"
    assert calibration.current(database)[0] == 2


def test_rarely_reviewed_summaries_weigh_more(database: Database, monkeypatch):
    weights: list[float] = []

    def keep(current: object, *, judged: tuple, seed: int) -> object:
        weights.extend(one.weight for one in judged)
        return fit(current, judged=judged, seed=seed)

    fit = calibration.fit_edit_model
    monkeypatch.setattr(calibration, "fit_edit_model", keep)
    _judge(database, record_item(database), "approve")
    audited = record_audited(database, audit_share=0.25)
    while is_kept(fingerprint(audited.document.text), policy=audited.policy, audit_share=0.25):
        audited = record_audited(database, audit_share=0.25, first=audited.id)
    _judge(database, audited, "approve")
    calibration.recalibrate(database)
    assert weights == [1.0, 8.0]  # one in four was checked, half of these are kept for certificates


def test_after_an_update_with_other_features_the_cold_start_model_takes_over(database: Database):
    calibration.current(database)
    with database.session() as session:
        row = session.get_one(CalibrationRow, 1)
        session.execute(CalibrationRow.__table__.update().values(edit_model={**row.edit_model, "feature_version": 0}))
        session.commit()
    version, edit_model = calibration.current(database)
    assert (version, edit_model) == (2, cold_start_model())
    assert [view.version for view in calibration.versions(database)] == [2, 1]


def test_scores_of_older_features_are_not_learned_from(database: Database, monkeypatch):
    view = record_item(database)
    _judge(database, view, "approve")
    assert calibration.recalibrate(database).report.judged == 1
    monkeypatch.setattr(rescorings, "FEATURE_VERSION", rescorings.FEATURE_VERSION + 1)
    assert calibration.recalibrate(database).report.judged == 0


def test_a_calibration_never_sees_the_same_document_in_two_folds(database: Database, monkeypatch):
    keys: list[str] = []

    def keep(current: object, *, judged: tuple, seed: int) -> object:
        keys.extend(one.key for one in judged)
        return None, replace(report)

    report = calibration.recalibrate(database).report
    monkeypatch.setattr(calibration, "fit_edit_model", keep)
    for _ in range(2):  # one document, submitted twice
        _judge(database, record_item(database, number=7), "approve")
    calibration.recalibrate(database)
    assert len(keys) == 2
    assert len(set(keys)) == 1
