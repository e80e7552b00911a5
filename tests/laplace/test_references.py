"""Against other people's code, in float64. The packages are in the test lock; without them these tests are skipped."""

import warnings

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from backend.laplace.attention import plain_attention_in
from backend.laplace.curvature import batch_sums, target_logits
from backend.laplace.posterior import build
from backend.laplace.predictive import f_covariance, jacobian_rows
from tests.laplace.dense import covariance, gauss_newton, jacobian, matrices_of
from tests.tiny import tiny_batch, tiny_opt

CASES = {
    "batch of one": {"rows": 1},
    "batch of three with padding": {"rows": 3, "padding": (0, 2, 1)},
}
PRIOR = 0.75  # laplace-torch keeps it in float32
ALL_CLASSES = torch.arange(5)


def imported(name):
    """A reference package, whatever it warns of while it is imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name, reason=f"the reference package {name} is not installed (see .locks/test.txt)")


class TargetLogits(nn.Module):
    """What curvlinops can take: a batch in, one row of logits a target out."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, batch):
        return target_logits(self.inner, batch)[0].flatten(0, 1)


@pytest.mark.parametrize("options", CASES.values(), ids=CASES)
def test_the_dense_gauss_newton_is_that_of_curvlinops(options):
    curvlinops = imported("curvlinops")
    model, batch = tiny_opt(), tiny_batch(vocabulary=5, length=6, targets=3, **options)
    labels = batch["labels"].flatten()
    with plain_attention_in(model.get_base_model()):
        operator = curvlinops.GGNLinearOperator(
            TargetLogits(model),
            nn.CrossEntropyLoss(reduction="sum"),
            list(matrices_of(model).values()),
            [(dict(batch), labels)],
            check_deterministic=False,
            batch_size_fn=lambda inputs: len(labels),
            num_data=len(labels),
        )
        theirs = operator @ torch.eye(operator.shape[1], dtype=torch.float64)
    ours = gauss_newton(model, batch)
    assert float((theirs - ours).norm() / ours.norm()) < 1e-10
    exact = torch.cat([diagonal.flatten() for diagonal in batch_sums(model, batch, fisher="exact").diagonals.values()])
    assert torch.allclose(exact, theirs.diagonal(), rtol=1e-9, atol=1e-13)


class LastLogits(nn.Module):
    """What laplace-torch can take: a batch in, the logits of the last position out."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, batch):
        names = ("input_ids", "attention_mask", "position_ids")
        return self.inner(**{name: batch[name] for name in names}, use_cache=False).logits[:, -1]


def laplace_torch_variance(model, batch, structure):
    """Logits (B, V) and f_var (B, V, V) of laplace-torch, fitted and evaluated on the same sequences."""
    laplace, backends = imported("laplace"), imported("laplace.curvature")
    inputs = {name: batch[name][:, :-1] for name in ("input_ids", "attention_mask", "position_ids")}
    labels = batch["labels"][:, 0]
    rows = [{**{k: v[row] for k, v in inputs.items()}, "labels": labels[row]} for row in range(len(labels))]
    loader = DataLoader(rows, batch_size=len(rows))
    with plain_attention_in(model.get_base_model()):
        theirs = laplace.Laplace(
            LastLogits(model),
            "classification",
            subset_of_weights="all",
            hessian_structure=structure,
            backend=backends.CurvlinopsGGN,
            prior_precision=PRIOR,
        )
        theirs.fit(loader)
        mean, variance = theirs._glm_predictive_distribution(next(iter(loader)))
    return mean.detach(), variance.detach()


@pytest.mark.parametrize("options", CASES.values(), ids=CASES)
def test_the_diagonal_variance_of_the_last_logits_is_that_of_laplace_torch(options):
    model, batch = tiny_opt(), tiny_batch(vocabulary=5, length=6, targets=1, **options)
    mean, variance = laplace_torch_variance(model, batch, "diag")
    logits, rows = jacobian_rows(model, batch, ALL_CLASSES)
    posterior = build(batch_sums(model, batch, fisher="exact"), prior_precision=PRIOR, structure="diag")
    assert torch.allclose(logits, mean, atol=1e-12)
    assert torch.allclose(f_covariance(posterior, rows), variance, rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("options", CASES.values(), ids=CASES)
def test_the_full_variance_of_the_last_logits_is_that_of_laplace_torch(options):
    """The dense reference of the other structures; laplace-torch's own inverse is good to about 4e-9."""
    model, batch = tiny_opt(), tiny_batch(vocabulary=5, length=6, targets=1, **options)
    _, variance = laplace_torch_variance(model, batch, "full")
    _, rows = jacobian(model, batch)
    dense = gauss_newton(model, batch)
    sigma = torch.linalg.inv(dense + PRIOR * torch.eye(len(dense), dtype=torch.float64))
    ours = torch.einsum("ncp,pq,ndq->ncd", rows, sigma, rows)
    assert float((ours - variance).norm() / variance.norm()) < 1e-7


def test_on_one_position_the_kronecker_variance_is_that_of_laplace_torch():
    """With more positions the two differ by design: theirs keeps KFAC's trace, ours is scaled to the exact one."""
    model, batch = tiny_opt(), tiny_batch(vocabulary=5, rows=1, length=2, targets=1)
    batch["attention_mask"][0, 1] = 0
    _, variance = laplace_torch_variance(model, batch, "kron")
    _, rows = jacobian_rows(model, batch, ALL_CLASSES)
    posterior = build(batch_sums(model, batch, fisher="exact"), prior_precision=PRIOR)
    assert torch.allclose(f_covariance(posterior, rows), variance, rtol=1e-8, atol=1e-11)


def test_on_one_position_the_kronecker_blocks_kronecker_blocks_are_the_exact_ones():
    """One sequence of one position: F = aaᵀ ⊗ Σ ggᵀ with nothing left out, so the dense blocks must come back."""
    model, batch = tiny_opt(), tiny_batch(vocabulary=5, rows=1, length=2, targets=1)
    batch["attention_mask"][0, 1] = 0  # the label's own position is read by no target
    posterior = build(batch_sums(model, batch, fisher="exact"), prior_precision=PRIOR)
    dense, start = gauss_newton(model, batch), 0
    for name, weight in matrices_of(model).items():
        part = slice(start, start := start + weight.numel())
        block = dense[part, part] + PRIOR * torch.eye(weight.numel(), dtype=torch.float64)
        ours = covariance(posterior, model)[part, part]
        assert torch.allclose(ours, torch.linalg.inv(block), rtol=1e-8, atol=1e-11), name
