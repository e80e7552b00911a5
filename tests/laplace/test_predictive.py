import pytest
import torch

from backend.laplace.curvature import IGNORED, batch_sums, target_logits
from backend.laplace.posterior import build
from backend.laplace.predictive import APPROXIMATIONS, f_covariance, jacobian_rows, monte_carlo
from tests.laplace.dense import covariance, jacobian, matrices_of
from tests.tiny import tiny_batch, tiny_opt, tiny_peft

CASES = {
    "batch of one": {"rows": 1},
    "batch of three with padding": {"rows": 3, "padding": (0, 3, 2)},
}
CLASSES = torch.tensor([1, 3, 4])


def setting(options, structure="kron"):
    model = tiny_opt()
    sums = batch_sums(model, tiny_batch(vocabulary=5, length=6, targets=3, seed=9), fisher="exact")
    posterior = build(sums, prior_precision=0.8, structure=structure)
    return model, tiny_batch(vocabulary=5, length=6, targets=1, **options), posterior


@pytest.mark.parametrize("options", CASES.values(), ids=CASES)
@pytest.mark.parametrize("structure", ["kron", "diag", "last-layer"])
def test_rows_and_covariance_are_the_brute_force_ones(options, structure):
    model, batch, posterior = setting(options, structure)
    logits, rows = jacobian_rows(model, batch, CLASSES)
    all_logits, dense = jacobian(model, batch)
    assert torch.allclose(logits, all_logits[:, CLASSES], atol=1e-14)
    flat = torch.cat([row.flatten(2) for row in rows.values()], dim=2)
    assert torch.allclose(flat, dense[:, CLASSES], rtol=1e-10, atol=1e-13)
    expected = torch.einsum("ncp,pq,ndq->ncd", flat, covariance(posterior, model), flat)
    assert torch.allclose(f_covariance(posterior, rows), expected, rtol=1e-10, atol=1e-13)


def test_rows_of_every_linear_layer_of_a_llama_are_the_brute_force_ones():
    modules = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
    model, batch = tiny_peft(layers=None, modules=modules), tiny_batch(targets=1, padding=(0, 3, 2))
    _, rows = jacobian_rows(model, batch, CLASSES)
    logits, _ = target_logits(model, batch)
    for row, index in ((0, 0), (1, 2)):
        value = logits[row, 0, CLASSES[index]]
        for name, weight in matrices_of(model).items():
            gradient = torch.autograd.grad(value, weight, retain_graph=True)[0]
            assert torch.allclose(rows[name][row, index], gradient, rtol=1e-4, atol=1e-6), name


@pytest.mark.parametrize("options", CASES.values(), ids=CASES)
def test_the_covariance_is_that_of_twenty_thousand_draws(options):
    model, batch, posterior = setting(options)
    _, rows = jacobian_rows(model, batch, CLASSES)
    draws = posterior.sample(20_000, generator=torch.Generator().manual_seed(0))
    moved = sum(torch.einsum("bcoi,koi->kbc", rows[name], draws[name]) for name in draws)
    sampled = torch.einsum("kbc,kbd->bcd", moved, moved) / len(moved)
    exact = f_covariance(posterior, rows)
    assert float((sampled - exact).norm() / exact.norm()) < 0.04


def test_classes_may_differ_by_row():
    model, batch, _ = setting({"rows": 3})
    ids = torch.tensor([[1, 2], [2, 3], [4, 0]])
    logits, rows = jacobian_rows(model, batch, ids)
    for row in range(3):
        alone = {name: value[row : row + 1] for name, value in batch.items()}
        single, single_rows = jacobian_rows(model, alone, ids[row])
        assert torch.allclose(single[0], logits[row])
        assert all(torch.allclose(single_rows[name][0], rows[name][row]) for name in rows)


def test_rows_need_exactly_one_target():
    model, batch, _ = setting({"rows": 2})
    for labels in (torch.full((2, 1), IGNORED), batch["input_ids"][:, -2:]):
        with pytest.raises(ValueError, match="exactly one target"):
            jacobian_rows(model, {**batch, "labels": labels}, CLASSES)


def gaussian(scale):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(6, 4, generator=generator, dtype=torch.float64)
    root = torch.randn(6, 4, 4, generator=generator, dtype=torch.float64) * scale
    return logits, root @ root.transpose(1, 2)


def sampled(logits, s):
    return monte_carlo(logits, s, samples=20_000, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", APPROXIMATIONS)
def test_probabilities_sum_to_one_and_the_split_adds_up(name):
    for scale in (0.3, 3.0):
        found = APPROXIMATIONS[name](*gaussian(scale))
        assert torch.allclose(found.probabilities.sum(dim=-1), torch.ones(6, dtype=torch.float64))
        whole = found.expected_entropy_nats + found.mutual_information_nats
        assert torch.allclose(whole, found.entropy_nats, atol=1e-9)
        assert bool((found.mutual_information_nats >= 0).all() and (found.expected_entropy_nats >= -1e-12).all())


@pytest.mark.parametrize("name", ["probit", "mean-field"])
def test_a_narrow_posterior_gives_the_sampled_predictive_and_split(name):
    logits, s = gaussian(0.1)
    exact, found = sampled(logits, s), APPROXIMATIONS[name](logits, s)
    assert float((found.probabilities - exact.probabilities).abs().max()) < 0.01
    information = exact.mutual_information_nats
    assert float((found.mutual_information_nats / information - 1).abs().max()) < 0.1


def test_at_large_variance_the_split_is_near_the_sampled_one():
    logits, s = gaussian(1.0)
    exact = sampled(logits, s)
    for approximation in APPROXIMATIONS.values():
        found = approximation(logits, s)
        assert float((found.mutual_information_nats - exact.mutual_information_nats).abs().mean()) < 0.1
        assert float((found.probabilities - exact.probabilities).abs().mean()) < 0.1


def test_mean_field_ignores_what_moves_all_logits_alike():
    logits, s = gaussian(0.5)
    shifted = APPROXIMATIONS["mean-field"](logits, s + 7.0)
    plain = APPROXIMATIONS["mean-field"](logits, s)
    assert torch.allclose(shifted.probabilities, plain.probabilities)
    assert torch.allclose(shifted.mutual_information_nats, plain.mutual_information_nats)


def test_without_variance_monte_carlo_is_the_softmax():
    logits, _ = gaussian(1.0)
    found = monte_carlo(logits, torch.zeros(6, 4, 4), samples=4, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(found.probabilities, logits.softmax(dim=-1))
    assert float(found.mutual_information_nats.abs().max()) < 1e-12


@pytest.mark.parametrize(
    ("structure", "rank"), [("kron", None), ("kron", 1), ("kron", 3), ("diag", None), ("last-layer", 1)]
)
def test_covariances_at_several_priors_are_those_of_one_at_a_time(structure, rank):
    model, batch, _ = setting({"rows": 3, "padding": (0, 3, 2)})
    sums = batch_sums(model, tiny_batch(vocabulary=5, length=6, targets=3, seed=9), fisher="exact")
    posterior = build(sums, prior_precision=0.8, structure=structure, rank=rank)
    posterior = posterior.with_ratios({name: 1.0 + index for index, name in enumerate(posterior.blocks)})
    _, rows = jacobian_rows(model, batch, CLASSES)
    priors = (1e-2, 0.8, 50.0)
    found = posterior.covariance_at(rows, priors)
    for prior, at_prior in zip(priors, found, strict=True):
        assert torch.allclose(at_prior, posterior.with_prior(prior).covariance(rows), rtol=1e-9, atol=1e-12)
