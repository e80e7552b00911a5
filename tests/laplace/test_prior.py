import math

import pytest
import torch

from backend.laplace.curvature import IGNORED, accumulate
from backend.laplace.evidence import evidence_ratios
from backend.laplace.lora import find_pairs, squared_norm, squared_norms
from backend.laplace.posterior import build
from backend.laplace.prior import NOISE_NATS, HeldOut, PriorChoice, choose_prior, evaluate, weighted_norm
from backend.laplace.temperature import best_temperature
from tests.tiny import tiny_batch, tiny_peft


@pytest.fixture(scope="module")
def setting():
    """An adapter that is sure of random tokens: over-confident on any held-out data."""
    model = tiny_peft()
    for pair in find_pairs(model):
        pair.matrix_b.weight.data *= 3
    posterior = build(accumulate(model, [tiny_batch(seed=seed) for seed in range(4)]), prior_precision=1.0)
    return model, posterior, [tiny_batch(seed=100), tiny_batch(seed=101, padding=(0, 2, 1))]


def test_the_best_prior_beats_map_on_held_out_tokens(setting):
    choice = choose_prior(*setting, samples=8)
    assert choice.best.nll_nats < choice.map.nll_nats
    assert not choice.is_worse_than_map


def test_the_search_starts_at_parameters_over_squared_norm_and_stops_at_a_minimum(setting):
    model, posterior, batches = setting
    seen = []
    choice = choose_prior(model, posterior, batches, samples=8, on_point=seen.append)
    start = posterior.parameter_count() / squared_norm(find_pairs(model))
    assert math.isinf(seen[0].prior_precision)
    assert any(point.prior_precision == pytest.approx(start) for point in seen[1:])
    precisions = [point.prior_precision for point in choice.curve]
    assert precisions == sorted(precisions)
    assert choice.best.nll_nats <= min(point.nll_nats for point in choice.curve) + NOISE_NATS


def test_a_very_large_prior_precision_is_the_map_predictive(setting):
    model, posterior, batches = setting
    tight = evaluate(model, posterior, batches, prior_precision=1e10, samples=4, seed=0)
    plain = evaluate(model, posterior, batches, prior_precision=math.inf, samples=0, seed=0)
    assert tight.nll_nats == pytest.approx(plain.nll_nats, abs=1e-4)
    assert tight.hits == plain.hits


def test_map_figures_are_the_models_own_cross_entropy(setting):
    model, posterior, batches = setting
    plain = evaluate(model, posterior, batches, prior_precision=math.inf, samples=0, seed=0)
    with torch.no_grad():
        logits = torch.cat([model(**{k: v for k, v in b.items() if k != "labels"}).logits[:, -5:-1] for b in batches])
    labels = torch.cat([batch["labels"] for batch in batches])
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
    assert plain.nll_nats == pytest.approx(float(expected), rel=1e-5)
    assert len(plain.confidences) == labels.numel()


def test_prior_ratios_are_kept_and_scaled_together(setting):
    model, posterior, batches = setting
    ratios = evidence_ratios(posterior, squared_norms(find_pairs(model)))
    scaled = posterior.with_ratios(ratios)
    seen = []
    choice = choose_prior(model, scaled, batches, samples=4, most_points=3, on_point=seen.append)
    start = posterior.parameter_count() / weighted_norm(model, scaled)
    assert any(point.prior_precision == pytest.approx(start) for point in seen[1:])
    best = scaled.with_prior(choice.best.prior_precision)
    name = next(iter(ratios))
    assert best.prior_of(name) == pytest.approx(choice.best.prior_precision * ratios[name])


def point(prior, nll):
    return HeldOut(prior, nll, (), ())


@pytest.mark.parametrize(
    ("curve", "chosen"),
    [
        ([(10, 2.4), (100, 2.0), (1000, 2.1)], 100),
        ([(10, 2.4), (100, 2.0005), (1000, 2.0)], 100),
        ([(10, 2.4), (100, 2.1005), (1000, 2.1)], 1000),
        ([(10, 2.4), (100, 2.2), (1000, 2.15)], 1000),
    ],
    ids=["lowest", "widest of equals", "never worse than MAP for width", "lowest where all are worse"],
)
def test_the_widest_of_equally_good_posteriors_is_taken(curve, chosen):
    tried = tuple(point(*values) for values in curve)
    choice = PriorChoice(map=point(math.inf, 2.1002), map_tempered=point(math.inf, 2.1), curve=tried)
    assert choice.best.prior_precision == chosen


def test_no_held_out_token_is_an_error(setting):
    model, posterior, _ = setting
    unlabelled = tiny_batch()
    unlabelled["labels"].fill_(IGNORED)
    for batches in ([], [unlabelled]):
        with pytest.raises(ValueError, match="no token of the batches has a label"):
            choose_prior(model, posterior, batches, samples=2)
        with pytest.raises(ValueError, match="no token of the batches has a label"):
            evaluate(model, posterior, batches, prior_precision=1.0, samples=2, seed=0)
        with pytest.raises(ValueError, match="no token of the batches has a label"):
            best_temperature(model, posterior, batches, prior_precision=1.0, samples=2)


def test_batches_that_are_used_up_are_told_from_no_doubt(setting):
    model, posterior, batches = setting
    with pytest.raises(ValueError, match="not used up"):
        choose_prior(model, posterior, iter(batches), samples=2)
