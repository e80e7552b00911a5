from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from backend.uncertainty.edit_model import Layer, built_in_model
from backend.uncertainty.metrics import log_loss
from backend.uncertainty.recalibrate import recalibrate
from backend.uncertainty.report import report_from_json, report_to_json
from tests.uncertainty.examples import draw_judged
from tests.uncertainty.test_fit import bend


@pytest.mark.parametrize("count", [12, 40, 120])
def test_a_model_that_is_far_too_sure_is_replaced_by_a_better_one(count: int) -> None:
    current = built_in_model()
    model, report = recalibrate(current, judged=draw_judged(current, count, seed=1, phrases=3, shift=1.5), seed=0)
    assert model is not None and report.is_better and not model.is_cold_start
    assert report.phrases_after.log_loss < report.phrases_before.log_loss
    assert report.reason.code == "reason.calibration_better"
    test = draw_judged(current, 300, seed=2, shift=1.5)
    flags = [flag for one in test for flag in one.edited]
    before = log_loss([p for one in test for p in current.edit_probabilities(one.analysis)], flags)
    after = log_loss([p for one in test for p in model.edit_probabilities(one.analysis)], flags)
    assert after < before


def test_a_model_that_is_right_stays_most_of_the_time() -> None:
    truth = built_in_model()
    settled, _ = recalibrate(truth, judged=draw_judged(truth, 150, seed=50), seed=0)
    current = settled or truth
    kept = [recalibrate(current, judged=draw_judged(truth, 60, seed=seed), seed=0)[0] is None for seed in range(8)]
    assert sum(kept) >= 5


def test_verdicts_without_any_relation_do_not_become_scores_that_look_sure() -> None:
    generator = np.random.default_rng(3)
    judged = [
        replace(one, edited=tuple(bool(x) for x in generator.random(len(one.edited)) < 0.5), is_wrong=bool(n % 2))
        for n, one in enumerate(draw_judged(built_in_model(), 60, seed=3))
    ]
    model, report = recalibrate(built_in_model(), judged=judged, seed=0)
    if model is not None:
        spread = [p for one in judged for p in model.edit_probabilities(one.analysis)]
        assert np.std(spread) < 0.15
    assert report.phrases_after.log_loss > 0.65


def test_a_refused_model_says_by_how_much_it_was_no_better() -> None:
    judged = draw_judged(built_in_model(), 60, seed=0)
    settled = replace(built_in_model(), risk_layer=Layer())
    for seed in range(20):
        model, report = recalibrate(settled, judged=judged, seed=seed)
        if model is None:
            assert report.reason.code == "reason.calibration_not_better"
            assert set(report.reason.parameters) == {"judged", "gain", "error"}
            assert report.method == ""
            return
        settled = model
    pytest.fail("the same verdicts kept improving the model")


def test_too_few_verdicts_say_how_many_are_missing() -> None:
    model, report = recalibrate(built_in_model(), judged=draw_judged(built_in_model(), 3, seed=0), seed=0)
    assert model is None
    assert report.reason.code == "reason.calibration_too_few"
    assert report.reason.parameters == {"judged": "3", "missing": "1"}


@pytest.mark.parametrize(
    ("is_wrong", "code"),
    [(False, "reason.calibration_needs_wrong"), (True, "reason.calibration_needs_right")],
)
def test_verdicts_of_one_sort_say_which_sort_is_missing(is_wrong: bool, code: str) -> None:
    judged = [replace(one, is_wrong=is_wrong) for one in draw_judged(built_in_model(), 8, seed=0)]
    assert recalibrate(built_in_model(), judged=judged, seed=0)[1].reason.code == code


def test_verdicts_on_one_document_cannot_be_checked_on_another() -> None:
    judged = [
        replace(one, key="same", is_wrong=bool(n % 2)) for n, one in enumerate(draw_judged(built_in_model(), 8, seed=0))
    ]
    assert recalibrate(built_in_model(), judged=judged, seed=0)[1].reason.code == "reason.calibration_one_document"


def test_four_verdicts_can_be_enough_for_a_model_that_is_far_off() -> None:
    current = replace(built_in_model(), phrase_layer=Layer(1.0, 1.0, 4.0), risk_layer=Layer(1.0, 1.0, 4.0))
    judged = draw_judged(built_in_model(), 4, seed=5)
    judged = [replace(one, is_wrong=n == 0) for n, one in enumerate(judged)]
    model, report = recalibrate(current, judged=judged, seed=0)
    assert model is not None and report.judged == 4


def test_rejections_alone_beside_approvals_still_teach_the_risk() -> None:
    judged = [
        replace(one, edited=(), is_wrong=True) if n % 2 else replace(one, edited=(False,) * 12, is_wrong=False)
        for n, one in enumerate(draw_judged(built_in_model(), 20, seed=6))
    ]
    _, report = recalibrate(built_in_model(), judged=judged, seed=0)
    assert (report.summaries_after.count, report.phrases_after.count) == (20, 120)


@pytest.mark.parametrize(
    ("count", "phrases"),
    [(102, 12), (102, 110), (201, 110)],
)
def test_an_approval_among_many_rejections_does_not_stop_the_recalibration(count: int, phrases: int) -> None:
    judged = [
        replace(one, edited=(False,) * (phrases - 1) + (True,), is_wrong=False)
        if number == 0
        else replace(one, edited=(), is_wrong=True)
        for number, one in enumerate(draw_judged(built_in_model(), count, seed=6, phrases=phrases))
    ]
    _, report = recalibrate(built_in_model(), judged=judged, seed=0)
    assert (report.summaries_after.count, report.phrases_after.count) == (count, phrases)
    assert ("isotonic" in report.candidates) == (phrases >= 100)


def test_curves_are_chosen_where_they_have_the_lowest_held_out_loss() -> None:
    judged = bend(draw_judged(built_in_model(), 130, seed=13), 3)
    model, report = recalibrate(built_in_model(), judged=judged, seed=0)
    assert model is not None and report.method == "isotonic"
    assert set(report.candidates) == {"platt", "beta", "isotonic"}
    assert min(report.candidates, key=report.candidates.get) == "isotonic"


def test_many_verdicts_may_change_the_weights_themselves() -> None:
    truth = built_in_model()
    names = truth.phrase_model.names
    weights = [0.0 if name == "is_ungrounded" else w for name, w in zip(names, truth.phrase_model.weights, strict=True)]
    blind = replace(truth, phrase_model=replace(truth.phrase_model, weights=tuple(weights)))
    model, report = recalibrate(blind, judged=draw_judged(truth, 240, seed=7), seed=0)
    assert model is not None and report.method == "refit"
    assert model.phrase_model.weights[names.index("is_ungrounded")] > 1.0


def test_the_same_seed_gives_the_same_model_and_report() -> None:
    judged = draw_judged(built_in_model(), 30, seed=8, shift=1.0)
    assert recalibrate(built_in_model(), judged=judged, seed=3) == recalibrate(built_in_model(), judged=judged, seed=3)


def test_a_report_survives_json_unchanged() -> None:
    _, report = recalibrate(built_in_model(), judged=draw_judged(built_in_model(), 12, seed=9, shift=1.0), seed=0)
    assert report_from_json(json.loads(json.dumps(report_to_json(report)))) == report
