import math

import pytest
import torch

from backend.laplace.curvature import batch_sums
from backend.laplace.last_layer import layer_index
from backend.laplace.posterior import STRUCTURES, build
from backend.laplace.scores import draw_deviations, score_tokens
from backend.laplace.storage import load, pack, save, unpack
from backend.laplace.tangents import exact_tangents, stacked_tangents
from tests.laplace.dense import covariance, gauss_newton
from tests.tiny import tiny_batch, tiny_opt, tiny_peft


@pytest.fixture(scope="module")
def setting():
    model = tiny_opt()
    batch = tiny_batch(vocabulary=5, rows=3, length=6, targets=3, padding=(0, 2, 1))
    return model, batch, batch_sums(model, batch, fisher="exact")


def built(setting, structure):
    return build(setting[2], prior_precision=0.8, structure=structure)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_draws_have_the_posteriors_covariance(setting, structure):
    posterior = built(setting, structure)
    draws = posterior.sample(20_000, generator=torch.Generator().manual_seed(0))
    name, block = list(posterior.blocks.items())[-1]
    flat = draws[name].flatten(1)
    units = torch.eye(math.prod(block.shape), dtype=torch.float64).unflatten(1, block.shape)
    exact = block.apply_root(block.apply_root(units, 0.8), 0.8).flatten(1)
    assert float((flat.T @ flat / len(flat) - exact).norm() / exact.norm()) < 0.04


@pytest.mark.parametrize("structure", STRUCTURES)
def test_log_determinant_and_count_are_those_of_the_dense_covariance(setting, structure):
    posterior = built(setting, structure)
    sigma = covariance(posterior, setting[0])
    kept = sigma.diagonal() > 0
    assert posterior.parameter_count() == int(kept.sum())
    assert posterior.log_determinant() == pytest.approx(-float(torch.logdet(sigma[kept][:, kept])), rel=1e-9)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_a_stored_posterior_keeps_structure_ratios_and_draws(setting, structure, tmp_path):
    posterior = built(setting, structure)
    posterior = posterior.with_ratios({name: 1.0 + index for index, name in enumerate(posterior.blocks)})
    packed = pack(posterior)
    save(packed, tmp_path, record={"adapter": "a"})
    read, record = load(tmp_path)
    assert (read.structure, record["format"]) == (structure, 2)
    assert read.prior_ratios == posterior.prior_ratios
    first = unpack(packed).sample(2, generator=torch.Generator().manual_seed(0))
    second = read.sample(2, generator=torch.Generator().manual_seed(0))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_diagonal_structure_is_the_exact_diagonal(setting):
    model, batch, _ = setting
    expected = 1.0 / (gauss_newton(model, batch).diagonal() + 0.8)
    assert torch.allclose(covariance(built(setting, "diag"), model).diagonal(), expected, rtol=1e-10)


def test_the_last_layer_structure_moves_that_layer_only(setting):
    posterior = built(setting, "last-layer")
    assert {layer_index(name) for name in posterior.blocks} == {1}
    assert set(posterior.blocks) < set(built(setting, "kron").blocks)


def test_matrices_without_deviation_stay_where_they_are():
    model, batch = tiny_peft(layers=None), tiny_batch(padding=(0, 3, 1))
    posterior = build(batch_sums(model, batch), prior_precision=1.0, structure="last-layer")
    some = posterior.sample(2, generator=torch.Generator().manual_seed(0))
    every = build(batch_sums(model, batch), prior_precision=1.0).sample(2, generator=torch.Generator().manual_seed(1))
    padded = {name: some.get(name, torch.zeros_like(value)) for name, value in every.items()}
    assert torch.allclose(exact_tangents(model, batch, some)[1], exact_tangents(model, batch, padded)[1], atol=1e-6)
    left, right = (stacked_tangents(model, batch, d, epsilon=1e-3)[1] for d in (some, padded))
    assert torch.allclose(left, right, atol=1e-3)
    scores = score_tokens(model, batch, draw_deviations(posterior, samples=2, seed=0))
    assert all(score.logit_variance > 0 for row in scores for score in row)


def test_ratios_multiply_the_prior_of_their_matrix(setting):
    posterior = built(setting, "kron")
    name = next(iter(posterior.blocks))
    scaled = posterior.with_ratios({name: 3.0}).with_prior(2.0)
    assert scaled.prior_of(name) == 6.0
    assert {scaled.prior_of(other) for other in posterior.blocks if other != name} == {2.0}
    for wrong in ({"unknown": 1.0}, {name: 0.0}):
        with pytest.raises(ValueError, match="ratios"):
            posterior.with_ratios(wrong)


def test_unknown_structures_and_names_are_refused(setting):
    with pytest.raises(ValueError, match="kron, diag, last-layer"):
        built(setting, "full")
    with pytest.raises(ValueError, match="no numbered decoder layer"):
        layer_index("lm_head.A")
    with pytest.raises(ValueError, match="no rank"):
        build(setting[2], prior_precision=1.0, rank=3, structure="diag")
