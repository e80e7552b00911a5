import pytest
import torch

from backend.laplace.curvature import FactorLimit, accumulate, batch_sums
from backend.laplace.eigen import decompose
from backend.laplace.low_rank import LowRankSum, sum_rows
from backend.laplace.posterior import build
from tests.tiny import tiny_batch, tiny_peft


def rows_of_rank(rank, *, count=50, size=12, noise=0.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    part = torch.randn(count, rank, generator=generator, dtype=torch.float64)
    rows = part @ torch.randn(rank, size, generator=generator, dtype=torch.float64)
    return rows + noise * torch.randn(count, size, generator=generator, dtype=torch.float64)


def test_a_sum_within_its_rank_is_exact_however_it_was_split():
    rows = rows_of_rank(3)
    whole = sum_rows(rows, rank=3)
    merged = sum_rows(rows[:7], rank=3) + (sum_rows(rows[7:30], rank=3) + sum_rows(rows[30:], rank=3))
    for part in (whole, merged):
        assert torch.allclose(part.columns @ part.columns.T, rows.T @ rows, rtol=1e-9, atol=1e-9)
        assert part.trace == pytest.approx(float(rows.square().sum()))


def test_above_its_rank_a_sum_is_near_the_best_truncation_and_keeps_the_trace():
    rows = rows_of_rank(3, noise=0.05)
    best = decompose(rows.T @ rows, rank=3)
    merged = decompose(sum_rows(rows[:20], rank=3) + sum_rows(rows[20:], rank=3))
    assert torch.allclose(merged.values, best.values, rtol=1e-2)
    assert merged.trace() == pytest.approx(best.trace(), rel=1e-12)
    assert float((merged.dense() - best.dense()).norm() / best.dense().norm()) < 0.02


def test_directions_that_were_never_seen_are_left_out():
    eigen = decompose(sum_rows(rows_of_rank(2), rank=5))
    assert eigen.vectors.shape == (12, 2)
    assert eigen.rest == pytest.approx(0.0, abs=1e-9)


def test_no_matrix_of_a_large_factors_size_is_formed():
    limit = FactorLimit(max_dense=8, rank=4)
    sums = accumulate(tiny_peft(), [tiny_batch(seed=seed) for seed in range(2)], limit=limit)
    large = {name: factor for name, factor in sums.inputs.items() if name.endswith(".A")}
    assert large
    assert all(isinstance(factor, LowRankSum) and factor.columns.shape == (16, 4) for factor in large.values())
    assert all(torch.is_tensor(sums.inputs[name]) for name in sums.inputs if name.endswith(".B"))


def test_with_enough_rank_the_posterior_is_the_dense_one():
    model, batch = tiny_peft(), tiny_batch(padding=(0, 3, 1))
    dense = build(batch_sums(model, batch), prior_precision=1.0)
    low = build(batch_sums(model, batch, limit=FactorLimit(max_dense=8, rank=16)), prior_precision=1.0)
    assert low.log_determinant() == pytest.approx(dense.log_determinant(), rel=1e-6)
    first = dense.sample(2, generator=torch.Generator().manual_seed(0))
    second = low.sample(2, generator=torch.Generator().manual_seed(0))
    assert all(torch.allclose(first[name], second[name], rtol=1e-4, atol=1e-6) for name in first)


def test_woodbury_on_a_low_rank_block_is_the_dense_inverse_root():
    model, batch = tiny_peft(), tiny_batch()
    posterior = build(batch_sums(model, batch, limit=FactorLimit(max_dense=8, rank=3)), prior_precision=0.5)
    name, block = next((name, block) for name, block in posterior.blocks.items() if name.endswith("q_proj.A"))
    fisher = block.scale * torch.kron(block.gradient.dense(), block.inputs.dense())
    values = torch.randn(2, 3, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    twice = block.apply_root(block.apply_root(values, posterior.prior_of(name)), posterior.prior_of(name))
    inverse = torch.linalg.inv(fisher + 0.5 * torch.eye(48, dtype=torch.float64))
    assert torch.allclose(twice.flatten(1), values.flatten(1) @ inverse, rtol=1e-9, atol=1e-10)


def test_a_rank_below_one_is_refused():
    with pytest.raises(ValueError, match="positive"):
        sum_rows(rows_of_rank(1), rank=0)
