import math

import pytest
import torch

from backend.laplace.curvature import IGNORED, accumulate, batch_sums
from backend.laplace.eigen import Eigen, decompose
from backend.laplace.kron import KronBlock
from backend.laplace.posterior import STRUCTURES, Posterior, build
from tests.tiny import tiny_batch, tiny_peft

PRIOR = 0.7


def random_factor(size, seed):
    root = torch.randn(size, size + 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return root @ root.T


def small_posterior(rank=None):
    """One rectangular block: W is 3 × 5."""
    inputs, gradient = decompose(random_factor(5, 1), rank=rank), decompose(random_factor(3, 2), rank=rank)
    return Posterior({"w": KronBlock("in", inputs, gradient, 0.05)}, PRIOR)


def dense_precision(posterior):
    """F + λI of the block by its definition, for row-major vec(W)."""
    block = posterior.blocks["w"]
    fisher = block.scale * torch.kron(block.gradient.dense(), block.inputs.dense())
    return fisher + posterior.prior_precision * torch.eye(15, dtype=torch.float64)


@pytest.mark.parametrize("rank", [None, 2])
def test_sampled_covariance_is_the_inverse_of_the_dense_precision(rank):
    posterior = small_posterior(rank)
    draws = posterior.sample(20_000, generator=torch.Generator().manual_seed(0))["w"].flatten(1)
    covariance = draws.T @ draws / len(draws)
    exact = torch.linalg.inv(dense_precision(posterior))
    assert float((covariance - exact).norm() / exact.norm()) < 0.03
    assert float(draws.mean(dim=0).abs().max()) < 0.05


@pytest.mark.parametrize("rank", [None, 2])
def test_log_determinant_is_the_dense_one(rank):
    posterior = small_posterior(rank)
    assert posterior.log_determinant() == pytest.approx(float(torch.logdet(dense_precision(posterior))), rel=1e-10)


def test_evidence_is_the_dense_computation_and_its_gradient_agrees_with_differences():
    posterior = small_posterior()

    def evidence(prior):
        return posterior.with_prior(prior).evidence(log_likelihood=-12.0, squared_norm=3.0)

    precision = dense_precision(posterior)
    dense = -12.0 - 0.5 * PRIOR * 3.0 + 0.5 * 15 * math.log(PRIOR) - 0.5 * float(torch.logdet(precision))
    assert evidence(PRIOR) == pytest.approx(dense, rel=1e-12)
    gradient = -0.5 * 3.0 + 0.5 * 15 / PRIOR - 0.5 * float(torch.trace(torch.linalg.inv(precision)))
    step = 1e-5
    assert (evidence(PRIOR + step) - evidence(PRIOR - step)) / (2 * step) == pytest.approx(gradient, rel=1e-6)


def test_a_truncated_factor_keeps_the_trace():
    matrix = random_factor(6, 3)
    for rank in (1, 3, 6, 9):
        eigen = decompose(matrix, rank=rank)
        assert eigen.trace() == pytest.approx(float(torch.trace(matrix)), rel=1e-12)
        assert float(torch.trace(eigen.dense())) == pytest.approx(float(torch.trace(matrix)), rel=1e-12)


def test_all_eigenvectors_give_the_matrix_back():
    matrix = random_factor(6, 3)
    assert torch.allclose(decompose(matrix).dense(), matrix)


def test_a_larger_prior_precision_shrinks_every_draw():
    posterior = small_posterior()
    norms = [
        float(posterior.with_prior(prior).sample(50, generator=torch.Generator().manual_seed(0))["w"].norm())
        for prior in (0.1, 1.0, 10.0, 1e6)
    ]
    assert norms == sorted(norms, reverse=True)
    assert norms[-1] < 0.05


@pytest.mark.parametrize("prior", [0.0, -1.0, math.nan])
def test_a_prior_precision_that_is_not_positive_is_refused(prior):
    with pytest.raises(ValueError, match="positive"):
        small_posterior().with_prior(prior)


def test_a_built_block_has_the_trace_of_the_sums():
    sums = batch_sums(tiny_peft(), tiny_batch(padding=(0, 2, 1)))
    for rank in (None, 4):
        posterior = build(sums, prior_precision=1.0, rank=rank)
        for name, block in posterior.blocks.items():
            trace = block.scale * block.gradient.trace() * block.inputs.trace()
            assert trace == pytest.approx(sums.traces[name], rel=1e-9)


def test_draws_have_the_shapes_of_the_matrices():
    model = tiny_peft(modules=("q_proj", "v_proj", "down_proj"))
    posterior = build(batch_sums(model, tiny_batch()), prior_precision=1.0)
    draws = posterior.sample(4, generator=torch.Generator().manual_seed(0))
    prefix = "base_model.model.model.layers.1."
    assert draws[prefix + "mlp.down_proj.A"].shape == (4, 3, 24)
    assert draws[prefix + "self_attn.v_proj.B"].shape == (4, 8, 3)
    assert posterior.parameter_count() == sum(value[0].numel() for value in draws.values())


def test_a_block_that_saw_no_gradient_falls_back_to_the_prior():
    flat = Eigen(torch.eye(2, dtype=torch.float64), torch.zeros(2, dtype=torch.float64), 0.0)
    posterior = Posterior({"w": KronBlock("in", flat, flat, 0.0)}, 4.0)
    draws = posterior.sample(20_000, generator=torch.Generator().manual_seed(0))["w"]
    assert float(draws.std()) == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize("structure", list(STRUCTURES))
def test_sums_of_no_target_make_no_posterior(structure):
    model, unlabelled = tiny_peft(), tiny_batch()
    unlabelled["labels"].fill_(IGNORED)
    for batches in (iter([]), [unlabelled]):
        with pytest.raises(ValueError, match="no token of the batches has a label"):
            build(accumulate(model, batches), prior_precision=1.0, structure=structure)
