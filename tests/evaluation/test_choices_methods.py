"""Methods and figures on made-up logits whose right temperature or variance is known."""

import numpy as np
import pytest
import torch

from backend.evaluation.choices_figures import BINS, ece_interval, figures_of, losses_of
from backend.evaluation.choices_methods import METHODS, PRIORS, Answers, nll, predict_all
from backend.uncertainty.metrics import ece


def answers(count, seed, *, scale=3.0, with_members=True):
    """Logits that are `scale` times too large for the labels that were drawn."""
    generator = torch.Generator().manual_seed(seed)
    true = torch.randn(count, 4, generator=generator, dtype=torch.float64)
    right = torch.multinomial(true.softmax(dim=-1), 1, generator=generator)[:, 0]
    unit = torch.eye(4, dtype=torch.float64).expand(count, 4, 4)
    kron = torch.stack([unit / prior for prior in (*PRIORS, 1e-3)])
    members = {}
    if with_members:
        noise = torch.randn(3, 3, count, 4, generator=generator, dtype=torch.float64)
        names = ("mc-dropout", "checkpoints", "deep-ensemble")
        members = {name: scale * true + part for name, part in zip(names, noise, strict=True)}
    return Answers(scale * true, right, {"kron": kron, "last-layer": kron[:-1]}, members)


@pytest.fixture(scope="module")
def predicted():
    validation, test = answers(400, 0, with_members=False), answers(400, 1)
    return test, predict_all(validation, test, evidence_prior=1e-3, samples=400, seed=0)


def test_every_method_gives_probabilities(predicted):
    _, found = predicted
    assert tuple(found) == METHODS
    for one in found.values():
        assert torch.allclose(one.probabilities.sum(dim=-1), torch.ones(400, dtype=torch.float64))


def test_the_temperature_is_the_one_that_the_logits_were_made_with(predicted):
    assert predicted[1]["temperature"].chosen["temperature"] == pytest.approx(3.0, rel=0.25)


def test_what_is_chosen_by_validation_mends_over_confidence_on_other_questions(predicted):
    test, found = predicted
    losses = {name: nll(one.probabilities.log(), test.right) for name, one in found.items()}
    assert losses["laplace-validation"] < losses["map"] - 0.2
    assert losses["temperature"] < losses["map"] - 0.2
    assert losses["ours"] < losses["map"] - 0.2
    assert losses["laplace-evidence"] > losses["laplace-validation"]  # its made-up λ is far too small


def test_the_test_questions_choose_nothing():
    validation = answers(100, 0, with_members=False)
    chosen = [
        {name: one.chosen for name, one in predict_all(validation, answers(50, seed, scale=scale), evidence_prior=1.0,
                                                       samples=100, seed=0).items()}
        for seed, scale in ((1, 0.2), (2, 9.0))
    ]  # fmt: skip
    assert chosen[0] == chosen[1]


def test_figures_are_their_definitions():
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet(np.ones(4), size=(2, 60))
    right = generator.integers(0, 4, 60)
    other = losses_of(np.full_like(probabilities, 0.25), right)
    figures = figures_of(probabilities, right, others={"map": other}, bootstrap_samples=300, seed=0)
    hits = probabilities.argmax(axis=2) == right
    assert figures.acc.mid == pytest.approx(hits.mean())
    assert figures.ece.mid == pytest.approx(
        np.mean([ece(p.max(axis=1), hit, BINS) for p, hit in zip(probabilities, hits, strict=True)])
    )
    losses = [-np.log(p[i, y]) for p in probabilities for i, y in enumerate(right)]
    assert figures.nll.mid == pytest.approx(np.mean(losses))
    assert figures.nll_minus["map"].mid == pytest.approx(np.mean(losses) - np.log(4))
    for interval in (figures.acc, figures.ece, figures.nll):
        assert interval.low <= interval.mid <= interval.high


def drawn(generator, *, count, sharpness):
    """Confidences and hits of one seed whose logits are that much too sharp; 1 is calibrated."""
    logits = generator.normal(0, 1.5, (count, 4))
    true, stated = (np.exp(factor * logits) for factor in (1.0, sharpness))
    true, stated = (weights / weights.sum(axis=1, keepdims=True) for weights in (true, stated))
    answers = (generator.random((count, 1)) > true.cumsum(axis=1)).sum(axis=1)
    return stated.max(axis=1)[None], (stated.argmax(axis=1) == answers)[None].astype(float)


@pytest.mark.parametrize("count", [60, 400])
def test_the_interval_of_a_calibrated_models_ece_holds_zero_nineteen_times_in_twenty(count):
    generator = np.random.default_rng(0)
    intervals = [
        ece_interval(*drawn(generator, count=count, sharpness=1.0), seed=seed, samples=200) for seed in range(100)
    ]
    assert np.mean([interval.low == 0.0 for interval in intervals]) >= 0.9
    assert all(interval.low <= interval.mid <= interval.high for interval in intervals)


def test_the_interval_of_an_over_confident_models_ece_holds_its_true_value_and_not_zero():
    generator = np.random.default_rng(0)
    true = ece_interval(*drawn(generator, count=200_000, sharpness=2.0), seed=0, samples=2).mid
    intervals = [
        ece_interval(*drawn(generator, count=400, sharpness=2.0), seed=seed, samples=200) for seed in range(100)
    ]
    assert np.mean([interval.low <= true <= interval.high for interval in intervals]) >= 0.9
    assert np.mean([interval.low > 0.0 for interval in intervals]) >= 0.95


def test_seeds_that_answer_alike_are_no_more_evidence_than_one():
    one = [np.repeat(values, 3, axis=0) for values in drawn(np.random.default_rng(2), count=200, sharpness=1.0)]
    alone, thrice = (ece_interval(*values, seed=0, samples=200) for values in ([row[:1] for row in one], one))
    assert thrice == pytest.approx(alone)
