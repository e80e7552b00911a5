from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backend.errors import DataError
from backend.uncertainty.edit_model import Curve, EditModel, Layer, built_in_model
from backend.uncertainty.features import PHRASE_FEATURE_NAMES
from backend.uncertainty.fit import (
    RISING,
    deal_folds,
    fit_cold_start,
    fit_curves,
    fit_layers,
    normalised_weights,
    phrase_labels,
    refit,
)
from backend.uncertainty.metrics import log_loss
from tests.uncertainty.examples import draw_judged


def test_a_cold_start_learns_what_makes_phrases_wrong() -> None:
    truth = built_in_model()
    learned = fit_cold_start(draw_judged(truth, 120, seed=1), seed=0)
    test = draw_judged(truth, 200, seed=2)
    flags = [flag for one in test for flag in one.edited]
    found = [p for one in test for p in learned.edit_probabilities(one.analysis)]
    best = [p for one in test for p in truth.edit_probabilities(one.analysis)]
    assert log_loss(found, flags) < log_loss(best, flags) + 0.02
    assert learned.is_cold_start and learned.origin == "generated documents"


def test_signs_that_are_meant_are_kept_also_against_the_data() -> None:
    judged = [
        replace(one, edited=tuple(not flag for flag in one.edited)) for one in draw_judged(built_in_model(), 80, seed=3)
    ]
    learned = fit_cold_start(judged, seed=0)
    weights = dict(zip(PHRASE_FEATURE_NAMES, learned.phrase_model.weights, strict=True))
    assert all(weights[name] >= 0 for name in RISING)


def test_learning_twice_gives_the_same_model() -> None:
    judged = draw_judged(built_in_model(), 20, seed=4)
    assert fit_cold_start(judged, seed=7) == fit_cold_start(judged, seed=7)


def test_examples_of_one_sort_alone_are_refused_in_words() -> None:
    judged = [
        replace(one, edited=(False,) * len(one.edited), is_wrong=False)
        for one in draw_judged(built_in_model(), 5, seed=5)
    ]
    with pytest.raises(DataError, match="right and wrong"):
        fit_cold_start(judged)


def test_layers_move_little_for_one_verdict_and_far_for_many() -> None:
    current = built_in_model()
    few = fit_layers(current, draw_judged(current, 1, seed=6, shift=2.0), is_tied=True)
    many = fit_layers(current, draw_judged(current, 300, seed=6, shift=2.0), is_tied=True)
    assert abs(few.phrase_layer.c) < abs(many.phrase_layer.c)
    assert many.phrase_layer.c == pytest.approx(2.0, abs=0.4)
    assert not many.is_cold_start


def bend(judged, seed):
    """Flags by a staircase of the true probabilities, which no layer can follow."""
    generator = np.random.default_rng(seed)
    truth, found = built_in_model(), []
    for one in judged:
        p = np.where(np.array(truth.edit_probabilities(one.analysis)) < 0.12, 0.02, 0.7)
        edited = tuple(bool(flag) for flag in generator.random(len(p)) < p)
        found.append(replace(one, edited=edited, is_wrong=any(edited)))
    return found


def test_curves_follow_outcomes_that_no_layer_can_follow_and_never_fall() -> None:
    current = built_in_model()
    train, test = bend(draw_judged(current, 150, seed=11), 1), bend(draw_judged(current, 150, seed=12), 2)
    flags = [flag for one in test for flag in one.edited]
    curved, straight = fit_curves(current, train, is_risk_curved=True), fit_layers(current, train, is_tied=False)
    losses = [
        log_loss([p for one in test for p in model.edit_probabilities(one.analysis)], flags)
        for model in (curved, straight)
    ]
    assert losses[0] < losses[1]
    assert isinstance(curved.phrase_layer, Curve)
    grid = curved.phrase_layer.probabilities(np.linspace(-20, 20, 500))
    assert (np.diff(grid) >= 0).all()
    assert 0 < grid.min() and grid.max() < 1
    assert EditModel.from_json(curved.to_json()) == curved


@pytest.mark.parametrize("is_risk_curved", [False, True])
def test_curves_leave_the_phrases_alone_when_none_was_judged(is_risk_curved: bool) -> None:
    current = replace(built_in_model(), phrase_layer=Layer(1.1, 0.9, 0.2))
    rejected = [replace(one, edited=(), is_wrong=True) for one in draw_judged(current, 30, seed=1)]
    model = fit_curves(current, rejected, is_risk_curved=is_risk_curved)
    assert model.phrase_layer == current.phrase_layer
    assert model.risk_layer != current.risk_layer


def test_a_layer_after_a_curve_starts_near_it() -> None:
    current = built_in_model()
    curved = fit_curves(current, draw_judged(current, 300, seed=6, shift=2.0), is_risk_curved=False)
    again = fit_layers(curved, draw_judged(current, 1, seed=7, shift=2.0), is_tied=True)
    assert again.phrase_layer.c > 1.0


def test_a_refit_starts_from_the_current_weights() -> None:
    current = built_in_model()
    found = refit(current, draw_judged(current, 60, seed=8))
    difference = np.abs(np.subtract(found.phrase_model.weights, current.phrase_model.weights))
    assert difference.max() < 1.5
    assert found.phrase_layer == Layer()


def test_rejected_summaries_teach_the_risk_and_not_the_phrases() -> None:
    judged = draw_judged(built_in_model(), 4, seed=9)
    rejected = [replace(judged[0], edited=(), is_wrong=True), *judged[1:]]
    known, flags, weights = phrase_labels(rejected)
    assert len(known) == 3 and len(flags) == len(weights) == 36


def test_a_document_is_in_one_fold_only_and_wrong_ones_are_spread() -> None:
    judged = [
        replace(one, key=f"document-{n % 10}", is_wrong=n % 10 < 5)
        for n, one in enumerate(draw_judged(built_in_model(), 40, seed=10))
    ]
    folds = deal_folds(judged, 5, seed=0)
    assert sorted(np.concatenate(folds).tolist()) == list(range(40))
    keys = [{judged[i].key for i in fold} for fold in folds]
    assert sum(map(len, keys)) == 10
    assert all(any(judged[i].is_wrong for i in fold) for fold in folds)


def test_weights_have_a_mean_of_one_and_no_item_outweighs_all() -> None:
    judged = [
        replace(one, weight=w)
        for one, w in zip(draw_judged(built_in_model(), 30, seed=1), [1.0] * 29 + [1000.0], strict=True)
    ]
    weights = normalised_weights(judged)
    assert weights.max() == 10.0
    assert normalised_weights(judged[:29]) == pytest.approx(np.ones(29))
