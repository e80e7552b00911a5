"""Adapted layers that read fewer positions than the others, or are called more than once."""

import pytest
import torch

from backend.errors import ModelError
from backend.laplace.curvature import batch_sums, target_logits
from backend.laplace.lora import find_pairs
from backend.laplace.predictive import jacobian_rows
from backend.laplace.tangents import exact_tangents, stacked_tangents
from tests.laplace.dense import gauss_newton, jacobian, slices
from tests.tiny import tiny_batch, tiny_peft

VOCABULARY = 7


def with_output_layer():
    return tiny_peft(vocabulary=VOCABULARY, layers=None, modules=("q_proj", "lm_head"))


@pytest.mark.parametrize("targets", [1, 3, 6])
def test_the_fisher_of_an_adapted_output_layer_is_the_dense_one(targets):
    model = with_output_layer()
    batch = tiny_batch(rows=2, length=8, targets=targets, padding=(0, 1), vocabulary=VOCABULARY)
    sums = batch_sums(model, batch, fisher="exact")
    dense = gauss_newton(model, batch)
    for name, part in slices(model).items():
        assert sums.traces[name] == pytest.approx(float(dense[part, part].trace()), rel=1e-4), name


def test_the_rows_of_an_adapted_output_layer_are_the_brute_force_ones():
    model, classes = with_output_layer(), torch.tensor([1, 3, 4])
    batch = tiny_batch(rows=2, length=8, targets=3, padding=(0, 2), vocabulary=VOCABULARY)
    batch["labels"][:, [0, 2]] = -100
    _, rows = jacobian_rows(model, batch, classes)
    _, dense = jacobian(model, batch)
    flat = torch.cat([row.flatten(2) for row in rows.values()], dim=2)
    assert torch.allclose(flat, dense[:, classes], rtol=1e-4, atol=1e-6)


def test_both_routes_to_a_tangent_agree_with_an_adapted_output_layer():
    model = with_output_layer()
    batch = tiny_batch(rows=2, length=8, targets=3, vocabulary=VOCABULARY)
    generator = torch.Generator().manual_seed(0)
    deviations = {
        name: 0.1 * torch.randn(2, *rows.shape, generator=generator)
        for name, rows in batch_sums(model, batch).diagonals.items()
    }
    exact, near = (exact_tangents(model, batch, deviations)[1], stacked_tangents(model, batch, deviations)[1])
    assert float((near - exact).norm() / exact.norm()) < 0.01


def test_an_output_layer_alone_is_refused():
    with pytest.raises(ModelError, match="the output layer alone"):
        find_pairs(tiny_peft(layers=None, modules=("lm_head",)))


def test_a_layer_that_is_called_twice_is_refused_by_its_name():
    model, batch = tiny_peft(layers=(1,)), tiny_batch()
    layers = model.get_base_model().model.layers
    layers[2] = layers[1]
    with pytest.raises(ModelError, match=r"layers\.1\.self_attn\.q_proj is called more than once"):
        batch_sums(model, batch)
    with torch.no_grad():
        assert target_logits(model, batch)[0].isfinite().all()
