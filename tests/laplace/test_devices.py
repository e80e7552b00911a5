"""The model may run on an accelerator; sums, posterior and what follows from them are on the CPU.

Without an accelerator PyTorch's fake tensors stand for one: they have a device and refuse to mix two of them.
"""

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from backend.laplace.adaptive import take_looks
from backend.laplace.curvature import FactorLimit, batch_sums
from backend.laplace.posterior import build
from backend.laplace.predictive import APPROXIMATIONS, f_covariance, jacobian_rows, monte_carlo
from backend.laplace.scores import draw_deviations, score_tokens
from backend.laplace.tangents import stacked_chunks
from tests.tiny import tiny_batch, tiny_opt

NEEDS_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
DEVICES = ["cpu", pytest.param("cuda", marks=NEEDS_CUDA)]
CLASSES = [1, 3, 4]


def setting(device, **options):
    batch = tiny_batch(vocabulary=5, **options)
    return tiny_opt().to(device), {name: value.to(device) for name, value in batch.items()}


def generator():
    return torch.Generator().manual_seed(0)


def tensors_of(sums):
    factors = [*sums.inputs.values(), *sums.gradients.values(), *sums.diagonals.values()]
    return [factor if isinstance(factor, torch.Tensor) else factor.columns for factor in factors]


@pytest.mark.parametrize("limit", [None, FactorLimit(4, rank=3)], ids=["dense", "low rank"])
@pytest.mark.parametrize("device", DEVICES)
def test_all_sums_are_on_the_cpu_and_those_of_the_cpu(device, limit):
    sums = batch_sums(*setting(device), fisher="empirical", limit=limit)
    assert {tensor.device.type for tensor in tensors_of(sums)} == {"cpu"}
    reference = batch_sums(*setting("cpu"), fisher="empirical", limit=limit)
    assert sums.traces == pytest.approx(reference.traces, rel=1e-6)


@pytest.mark.parametrize("device", DEVICES)
def test_tokens_are_scored_where_the_model_is(device):
    model, batch = setting(device, rows=1)
    posterior = build(batch_sums(*setting("cpu"), fisher="exact"), prior_precision=2.0)
    drawn = draw_deviations(posterior, samples=8, seed=0)
    (scores,) = score_tokens(model, batch, drawn)
    (reference,) = score_tokens(*setting("cpu", rows=1), drawn)
    wanted = [score.logit_variance for score in reference]
    assert [score.logit_variance for score in scores] == pytest.approx(wanted, rel=1e-4)
    looks = take_looks(
        stacked_chunks(model, batch, drawn),
        batch["labels"][0].tolist(),
        risk=lambda found: found[0].logit_variance,
        most_samples=8,
    )
    assert next(looks).risk == pytest.approx(wanted[0], rel=1e-4)


@pytest.mark.parametrize("device", DEVICES)
def test_few_outputs_are_predicted_wherever_the_model_is(device):
    posterior = build(batch_sums(*setting("cpu"), fisher="exact"), prior_precision=2.0)
    found = []
    for one in (device, "cpu"):
        logits, rows = jacobian_rows(*setting(one, targets=1), torch.tensor(CLASSES, device=one))
        found.append(monte_carlo(logits, f_covariance(posterior, rows), samples=64, generator=generator()))
    assert torch.allclose(found[0].probabilities, found[1].probabilities, rtol=1e-6)


def test_a_posterior_takes_rows_and_logits_of_another_device():
    posterior = build(batch_sums(*setting("cpu")), prior_precision=2.0)
    with FakeTensorMode(allow_non_fake_inputs=True):
        rows = {name: torch.randn(2, 3, *block.shape, device="cuda") for name, block in posterior.blocks.items()}
        logits = torch.randn(2, 3, device="cuda")
        covariance = posterior.covariance(rows)
        predictives = [one(logits, torch.zeros(2, 3, 3, device="cuda")) for one in APPROXIMATIONS.values()]
        predictives.append(monte_carlo(logits, covariance, samples=4, generator=generator()))
        several = posterior.covariance_at(rows, (1.0, 2.0))
        assert {covariance.device.type, several.device.type} == {"cpu"}
        assert {predictive.probabilities.device.type for predictive in predictives} == {"cpu"}
