import math

import pytest
import torch

from backend.laplace.curvature import batch_sums
from backend.laplace.evidence import BOUNDS, evidence_by_matrix, evidence_ratios, maximise_evidence
from backend.laplace.lora import find_pairs, squared_norms
from backend.laplace.posterior import build
from backend.laplace.prior import weighted_norm
from tests.laplace.dense import covariance
from tests.tiny import tiny_batch, tiny_opt

LIKELIHOOD = -12.0


@pytest.fixture(scope="module")
def setting():
    model = tiny_opt()
    batch = tiny_batch(vocabulary=5, rows=3, length=6, targets=3, padding=(0, 2, 1))
    sums = batch_sums(model, batch)
    return model, sums, squared_norms(find_pairs(model))


@pytest.mark.parametrize("structure", ["kron", "diag"])
@pytest.mark.parametrize("with_ratios", [False, True], ids=["one prior", "prior ratios"])
def test_the_whole_posteriors_evidence_is_the_dense_one_and_so_is_its_gradient(setting, structure, with_ratios):
    model, sums, norms = setting
    posterior = build(sums, prior_precision=0.7, structure=structure)
    if with_ratios:
        posterior = posterior.with_ratios({name: 0.5 + 0.1 * i for i, name in enumerate(posterior.blocks)})
    norm = weighted_norm(model, posterior)

    def evidence(prior):
        return posterior.with_prior(prior).evidence(log_likelihood=LIKELIHOOD, squared_norm=norm)

    sigma = covariance(posterior, model)
    prior = torch.cat([torch.full((math.prod(b.shape),), posterior.prior_of(n)) for n, b in posterior.blocks.items()])
    prior = prior.double()
    weights = torch.cat([matrix.weight.detach().flatten() for pair in find_pairs(model) for matrix in two(pair)])
    dense = LIKELIHOOD - 0.5 * float(prior @ weights.square()) + 0.5 * float(prior.log().sum() + torch.logdet(sigma))
    assert evidence(0.7) == pytest.approx(dense, rel=1e-6)
    gradient = -0.5 * norm + 0.5 * len(prior) / 0.7 - 0.5 * float((sigma.diagonal() * prior).sum()) / 0.7
    step = 1e-5
    assert (evidence(0.7 + step) - evidence(0.7 - step)) / (2 * step) == pytest.approx(gradient, rel=1e-5)


def two(pair):
    return pair.matrix_a, pair.matrix_b


def test_the_maximum_is_higher_than_its_neighbours_and_macKays_fixed_point(setting):
    _, sums, norms = setting
    posterior = build(sums, prior_precision=1.0)
    best = maximise_evidence(posterior, norms)
    total = sum(norms.values())
    values = [posterior.with_prior(best * f).evidence(log_likelihood=0.0, squared_norm=total) for f in (0.9, 1, 1.1)]
    assert values[1] == max(values)
    determined = sum(float((c * e / (e + best)).sum()) for e, c in (b.spectrum() for b in posterior.blocks.values()))
    assert best * total == pytest.approx(determined, rel=1e-9)


def test_each_matrix_prior_maximises_its_own_block(setting):
    _, sums, norms = setting
    posterior = build(sums, prior_precision=1.0)
    for name, best in evidence_by_matrix(posterior, norms).items():
        values, counts = posterior.blocks[name].spectrum()

        def evidence(prior, values=values, counts=counts, norm=norms[name]):
            return -0.5 * prior * norm + 0.5 * float((counts * (prior / (values + prior)).log()).sum())

        assert evidence(best) == max(evidence(best * factor) for factor in (0.9, 1.0, 1.1)), name


def test_ratios_have_geometric_mean_one_and_leave_the_level_to_the_search(setting):
    model, sums, norms = setting
    posterior = build(sums, prior_precision=1.0)
    ratios = evidence_ratios(posterior, norms)
    assert sum(math.log(ratio) for ratio in ratios.values()) == pytest.approx(0.0, abs=1e-9)
    scaled = posterior.with_ratios(ratios)
    level = maximise_evidence(scaled, norms)
    own = evidence_by_matrix(posterior, norms)
    assert level == pytest.approx(math.exp(sum(map(math.log, own.values())) / len(own)), rel=0.5)
    assert weighted_norm(model, scaled) == pytest.approx(sum(ratios[name] * norms[name] for name in norms))


def test_without_curvature_the_prior_stops_at_a_bound(setting):
    _, sums, norms = setting
    posterior = build(sums, prior_precision=1.0, structure="diag")
    name = next(iter(posterior.blocks))
    assert evidence_by_matrix(posterior, {**norms, name: 0.0})[name] == pytest.approx(BOUNDS[1], rel=1e-6)
