import math

import pytest
import torch

from backend.laplace.curvature import accumulate, target_logits
from backend.laplace.lora import find_pairs
from backend.laplace.posterior import build
from backend.laplace.prior import evaluate
from backend.laplace.temperature import TEMPERATURES, best_temperature, compare
from tests.tiny import tiny_batch, tiny_opt

VALIDATION = [tiny_batch(vocabulary=5, length=7, seed=seed) for seed in (100, 101)]
TEST = [tiny_batch(vocabulary=5, length=7, seed=200, padding=(0, 2, 1))]


@pytest.fixture(scope="module")
def setting():
    """An adapter that is sure of random tokens: any held-out data calls for a temperature above 1."""
    model = tiny_opt()
    for pair in find_pairs(model):
        pair.matrix_b.weight.data *= 3
    sums = accumulate(model, [tiny_batch(vocabulary=5, length=7, seed=seed) for seed in range(3)])
    return model, build(sums, prior_precision=0.5)


def test_the_map_temperature_minimises_the_cross_entropy_of_the_divided_logits(setting):
    model, posterior = setting
    best, nll = best_temperature(model, posterior, VALIDATION, prior_precision=math.inf, samples=0)
    with torch.no_grad():
        pairs = [target_logits(model, batch) for batch in VALIDATION]
    logits, labels = (torch.cat([pair[part].flatten(0, 1) for pair in pairs]) for part in (0, 1))
    values = [float(torch.nn.functional.cross_entropy(logits / t, labels)) for t in TEMPERATURES]
    assert best == TEMPERATURES[values.index(min(values))] > 1.0
    assert nll == pytest.approx(min(values), rel=1e-9)


def test_all_four_predictives_are_measured_on_the_other_tokens(setting):
    model, posterior = setting
    found = compare(model, posterior, choose_on=VALIDATION, measure_on=TEST, samples=4)
    assert found.map == evaluate(model, posterior, TEST, prior_precision=math.inf, samples=0, seed=0)
    assert found.laplace == evaluate(model, posterior, TEST, prior_precision=0.5, samples=4, seed=0)
    scaled = {"prior_precision": 0.5, "samples": 4, "seed": 0, "temperature": found.laplace_temperature}
    assert found.laplace_scaled == evaluate(model, posterior, TEST, **scaled)
    assert found.map_scaled.nll_nats < found.map.nll_nats
    assert found.map_scaled.hits == found.map.hits


def test_the_laplace_predictive_needs_less_temperature_than_map(setting):
    model, posterior = setting
    map_temperature, _ = best_temperature(model, posterior, VALIDATION, prior_precision=math.inf, samples=0)
    laplace_temperature, _ = best_temperature(model, posterior, VALIDATION, prior_precision=0.5, samples=8)
    assert laplace_temperature < map_temperature
