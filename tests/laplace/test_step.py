"""The step of the differences is checked once against an exact tangent."""

import json

import pytest

from backend.laplace.curvature import IGNORED, batch_sums
from backend.laplace.posterior import build
from backend.laplace.scores import draw_deviations, score_tokens
from backend.laplace.step import Step, check_step, relative_error, step_from_json
from backend.laplace.tangents import exact_tangents, stacked_tangents
from tests.laplace.test_tangents import OpaqueActivation
from tests.tiny import tiny_batch, tiny_opt, tiny_peft


def setting(model, **options):
    batch = tiny_batch(rows=1, **options)
    deviations = draw_deviations(build(batch_sums(model, batch), prior_precision=2.0), samples=4, seed=0)
    return model, batch, deviations


def test_the_first_step_within_the_tolerance_is_taken_with_its_true_error():
    model, batch, deviations = setting(tiny_opt(), vocabulary=5)
    step = check_step(model, batch, deviations, steps=(0.5, 1e-3, 1e-6), tolerance=0.01)
    assert step.epsilon in (1e-3, 1e-6)
    exact, found = (
        route(model, batch, {name: value[:1] for name, value in deviations.items()}, **options)[1]
        for route, options in ((exact_tangents, {}), (stacked_tangents, {"epsilon": step.epsilon}))
    )
    assert step.error == pytest.approx(relative_error(found, exact))
    assert 0 < step.error <= 0.01


def test_where_no_step_holds_tangents_are_exact():
    model, batch, deviations = setting(tiny_peft())
    step = check_step(model, batch, deviations, steps=(3.0,), tolerance=1e-4)
    assert step.is_exact
    exact = score_tokens(model, batch, deviations, step=step)[0]
    near = score_tokens(model, batch, deviations, step=Step(1e-3))[0]
    assert [score.logit_variance for score in exact] == pytest.approx([s.logit_variance for s in near], rel=0.05)


def test_without_exact_tangents_halving_the_step_tells_the_error():
    model, batch, deviations = setting(tiny_peft())
    model.get_base_model().model.layers[1].mlp.act_fn = OpaqueActivation()
    step = check_step(model, batch, deviations, steps=(0.3, 1e-2))
    assert step.epsilon == 1e-2
    assert step.against == "smaller step"
    assert 0 < step.error < 0.2


def test_a_step_survives_its_record():
    for step in (Step(0.003, 0.0021, "exact"), Step(0.01), Step(0.0, 0.0, "exact")):
        assert step_from_json(json.loads(json.dumps(step.to_json()))) == step


def padded(model):
    """A batch whose first row is one of half the length, that row alone, and deviations of the model."""
    batch = tiny_batch(rows=2, length=12, targets=12, padding=(6, 0))
    batch["labels"][0, :7] = IGNORED
    alone = {name: value[:1, 6:] for name, value in batch.items()}
    batch["labels"][1] = IGNORED
    posterior = build(batch_sums(model, tiny_batch()), prior_precision=50.0)
    return batch, alone, draw_deviations(posterior, samples=2, seed=0)


def test_positions_that_are_not_scored_have_no_say():
    model = tiny_peft()
    batch, alone, deviations = padded(model)
    found, wanted = (check_step(model, one, deviations) for one in (batch, alone))
    assert found.epsilon == wanted.epsilon
    assert found.error == pytest.approx(wanted.error, rel=1e-3)


def test_positions_that_are_not_scored_have_no_say_where_halving_tells_the_error():
    model = tiny_peft()
    model.get_base_model().model.layers[1].mlp.act_fn = OpaqueActivation()
    batch, alone, deviations = padded(model)
    found, wanted = (check_step(model, one, deviations, steps=(0.1, 0.05)) for one in (batch, alone))
    assert found.against == "smaller step"
    assert found.error == pytest.approx(wanted.error, rel=1e-2)


def test_a_step_cannot_be_checked_without_a_scored_token():
    model = tiny_peft()
    batch, _, deviations = padded(model)
    batch["labels"].fill_(IGNORED)
    with pytest.raises(ValueError, match="no token of the batches has a label"):
        check_step(model, batch, deviations)
