"""Cutting a posterior to a size keeps the variances that matter."""

import pytest
import torch

from backend.laplace.diag import DiagonalBlock
from backend.laplace.eigen import decompose
from backend.laplace.gaussian import Posterior
from backend.laplace.kron import KronBlock
from backend.laplace.shrink import OVERHEAD_BYTES, shrink
from backend.laplace.storage import load, pack, save

SHAPES = {"q.A": (3, 40), "q.B": (32, 3), "v.A": (3, 40), "v.B": (20, 3), "down.A": (3, 60), "down.B": (24, 3)}
GROUPS = {"v.A": "q.A"}  # these read the same input


def factor(size, generator, decay):
    """Power-law spectrum, as activations and gradients have."""
    vectors = torch.linalg.qr(torch.randn(size, size, generator=generator, dtype=torch.float64))[0]
    values = torch.arange(1, size + 1, dtype=torch.float64) ** -decay
    return (vectors * values) @ vectors.T


@pytest.fixture(scope="module")
def factors():
    generator = torch.Generator().manual_seed(0)
    inputs = {name: factor(i, generator, 1.5) for name, (_, i) in SHAPES.items() if name not in GROUPS}
    return inputs, {name: factor(o, generator, 2.5 - (name[0] == "v")) for name, (o, _) in SHAPES.items()}


def posterior_of(factors, *, prior_precision, rank=None):
    inputs, gradients = factors
    shared = {name: decompose(value, rank=rank) for name, value in inputs.items()}
    blocks = {}
    for index, (name, value) in enumerate(gradients.items()):
        group = GROUPS.get(name, name)
        blocks[name] = KronBlock(group, shared[group], decompose(value, rank=rank), 10.0 ** (index % 3))
    return Posterior(blocks, prior_precision)


def variance_changes(full, cut, factors, count=400):
    """|Δ| of J Σ Jᵀ by dense matrices, relative, for outputs whose Jacobians have the covariance F."""
    inputs, gradients = factors
    generator = torch.Generator().manual_seed(1)
    before, after = torch.zeros(count, dtype=torch.float64), torch.zeros(count, dtype=torch.float64)
    for name, block in full.blocks.items():
        left, right = (torch.linalg.cholesky(part) for part in (gradients[name], inputs[GROUPS.get(name, name)]))
        noise = torch.randn(count, *block.shape, generator=generator, dtype=torch.float64)
        rows = block.scale**0.5 * left @ noise @ right.T
        for total, posterior in ((before, full), (after, cut)):
            other = posterior.blocks[name]
            fisher = other.scale * torch.kron(other.gradient.dense(), other.inputs.dense())
            precision = fisher + posterior.prior_of(name) * torch.eye(len(fisher), dtype=torch.float64)
            total += (rows.flatten(1) * torch.linalg.solve(precision, rows.flatten(1).T).T).sum(dim=1)
    return (after - before).abs() / before


def stored_bytes(posterior):
    tensors = pack(posterior).tensors
    return sum(t.numel() * t.element_size() for t in tensors.values()) + OVERHEAD_BYTES * (len(tensors) // 2)


def test_a_roomy_limit_changes_nothing(factors):
    posterior = posterior_of(factors, prior_precision=2.0)
    assert stored_bytes(shrink(posterior, most_bytes=10**9)) == stored_bytes(posterior)


def test_where_the_prior_rules_half_the_bytes_keep_the_variances_to_a_percent(factors):
    posterior = posterior_of(factors, prior_precision=30.0)
    small = shrink(posterior, most_bytes=stored_bytes(posterior) // 2)
    assert stored_bytes(small) <= stored_bytes(posterior) // 2
    assert float(variance_changes(posterior, small, factors).mean()) < 0.01


def test_the_choice_by_worth_beats_the_same_rank_for_all(factors):
    posterior = posterior_of(factors, prior_precision=1.0)
    even = posterior_of(factors, prior_precision=1.0, rank=6)
    chosen = shrink(posterior, most_bytes=stored_bytes(even))
    assert stored_bytes(chosen) <= stored_bytes(even)
    changes = [float(variance_changes(posterior, cut, factors).mean()) for cut in (chosen, even)]
    assert changes[0] < 0.8 * changes[1]


def test_the_trace_of_every_factor_stays(factors):
    posterior = posterior_of(factors, prior_precision=2.0)
    for name, block in shrink(posterior, most_bytes=8_000).blocks.items():
        assert block.inputs.trace() == pytest.approx(posterior.blocks[name].inputs.trace())
        assert block.gradient.trace() == pytest.approx(posterior.blocks[name].gradient.trace())


def test_a_cut_posterior_is_stored_like_any_other(factors, tmp_path):
    small = shrink(posterior_of(factors, prior_precision=2.0), most_bytes=9_000)
    save(pack(small), tmp_path, record={"adapter": "a@1"})
    read = load(tmp_path)[0]
    shapes = [{name: block.inputs.vectors.shape for name, block in p.blocks.items()} for p in (read, small)]
    assert shapes[0] == shapes[1]
    assert any(shape[1] < shape[0] for shape in shapes[0].values())


def test_a_diagonal_is_refused():
    posterior = Posterior({"q.A": DiagonalBlock(torch.ones(2, 3, dtype=torch.float64))}, 1.0, structure="diag")
    with pytest.raises(ValueError, match="Kronecker"):
        shrink(posterior, most_bytes=1)
