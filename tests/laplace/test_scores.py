import math

import pytest
import torch

from backend.laplace.curvature import IGNORED, batch_sums, target_logits
from backend.laplace.posterior import build
from backend.laplace.predictive import jacobian_rows
from backend.laplace.prior import choose_prior
from backend.laplace.scores import PredictiveSums, draw_deviations, remix, score_tokens
from backend.laplace.tangents import stacked_tangents
from tests.tiny import tiny_batch, tiny_peft


def random_position(samples=3, positions=4, vocabulary=11):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(positions, vocabulary, generator=generator, dtype=torch.float64)
    tangents = torch.randn(samples, positions, vocabulary, generator=generator, dtype=torch.float64)
    return logits, tangents, torch.tensor([0, 3, 10, 5])


def test_scores_follow_their_formulas():
    logits, tangents, ids = random_position()
    sums = PredictiveSums(logits, ids)
    sums.add(tangents[:1])
    sums.add(tangents[1:])
    probabilities = torch.cat([logits + tangents, logits - tangents]).softmax(dim=-1)  # (2M, S, V)
    mean = probabilities.mean(dim=0)
    total = -(mean * mean.log()).sum(dim=-1)
    expected = -(probabilities * probabilities.log()).sum(dim=-1).mean(dim=0)
    for position, score in enumerate(sums.scores()):
        token = int(ids[position])
        assert score.probability == pytest.approx(float(mean[position, token]))
        assert score.map_probability == pytest.approx(float(logits[position].softmax(dim=-1)[token]))
        assert score.entropy_nats == pytest.approx(float(total[position]))
        assert score.expected_entropy_nats == pytest.approx(float(expected[position]))
        assert score.mutual_information_nats == pytest.approx(float((total - expected)[position]))
        assert score.logit_variance == pytest.approx(float(tangents[:, position, token].square().mean()))


def test_alternatives_are_the_likeliest_other_tokens():
    logits, tangents, ids = random_position()
    sums = PredictiveSums(logits, ids)
    sums.add(tangents)
    for position, score in enumerate(sums.scores(alternatives=3)):
        order = sums.predictive()[position].argsort(descending=True).tolist()
        assert [token for token, _ in score.alternatives] == [t for t in order if t != int(ids[position])][:3]


def test_without_samples_the_scores_are_those_of_the_map_weights():
    logits, _, ids = random_position()
    for score in PredictiveSums(logits, ids).scores():
        assert score.probability == score.map_probability
        assert score.mutual_information_nats == 0.0
        assert score.logit_variance == 0.0


def test_a_confident_token_under_a_wide_posterior_loses_confidence():
    logits = torch.tensor([[8.0, 0.0, 0.0]])
    sums = PredictiveSums(logits, torch.tensor([0]))
    sums.add(torch.tensor([[[10.0, 0.0, 0.0]]]))
    (score,) = sums.scores()
    assert score.probability < 0.6 < 0.99 < score.map_probability
    assert score.mutual_information_nats > 0.3


def test_every_target_of_a_padded_batch_is_scored_and_no_other():
    model, batch = tiny_peft(), tiny_batch(padding=(0, 3, 1))
    batch["labels"][1, :2] = IGNORED
    posterior = build(batch_sums(model, batch), prior_precision=1.0)
    seen = []
    deviations = draw_deviations(posterior, samples=10, seed=0)
    rows = score_tokens(model, batch, deviations, on_samples=seen.append)
    assert [len(row) for row in rows] == [4, 2, 4]
    assert seen == [8, 10]
    assert all(0 < s.probability <= 1 and math.isfinite(s.entropy_nats) for row in rows for s in row)


def test_scores_of_a_row_do_not_depend_on_its_batch():
    model, batch = tiny_peft(), tiny_batch(padding=(0, 3, 1))
    posterior = build(batch_sums(model, batch), prior_precision=1.0)
    deviations = draw_deviations(posterior, samples=4, seed=0)
    together = score_tokens(model, batch, deviations)[2]
    alone = {name: value[2:3, 1:] if name != "labels" else value[2:3] for name, value in batch.items()}
    for left, right in zip(together, score_tokens(model, alone, deviations)[0], strict=True):
        assert left.entropy_nats == pytest.approx(right.entropy_nats, abs=1e-4)
        assert left.logit_variance == pytest.approx(right.logit_variance, rel=1e-2)


def test_sampled_logit_variance_is_the_exact_one():
    """E t² over draws against J Σ Jᵀ, for one logit."""
    model, batch = tiny_peft(layers=(2,)), tiny_batch(rows=1, targets=1)
    posterior = build(batch_sums(model, batch), prior_precision=1.0)
    deviations = posterior.sample(4000, generator=torch.Generator().manual_seed(0))
    logits, _ = target_logits(model, batch)
    token = int(batch["labels"][0, 0])
    weights = {n.removesuffix(".default.weight"): p for n, p in model.named_parameters() if p.requires_grad}
    gradients = torch.autograd.grad(logits[0, 0, token], list(weights.values()))
    names = [name.replace(".lora_A", ".A").replace(".lora_B", ".B") for name in weights]
    exact = sum((deviations[n] * g).flatten(1).sum(dim=1) for n, g in zip(names, gradients, strict=True))
    few = {name: value[:6] for name, value in deviations.items()}
    sampled = stacked_tangents(model, batch, few, epsilon=1e-3)[1][:, 0, 0, token]
    assert torch.allclose(sampled, exact[:6], rtol=2e-2, atol=1e-3)
    variance = sum(_quadratic_form(posterior, name, g) for name, g in zip(names, gradients, strict=True))
    assert float(exact.var()) == pytest.approx(variance, rel=0.1)


def test_remixed_samples_have_the_covariance_that_the_tangents_estimate():
    _, tangents, _ = random_position(samples=3, positions=2, vocabulary=4)
    mixed = remix(tangents, count=40_000, generator=torch.Generator().manual_seed(0)).flatten(1)
    wanted = tangents.flatten(1).T @ tangents.flatten(1) / 3
    assert float((mixed.T @ mixed / len(mixed) - wanted).norm() / wanted.norm()) < 0.03
    assert int(torch.linalg.matrix_rank(mixed)) == 3


def _quadratic_form(posterior, name, gradient):
    """gᵀ Σ g of one block by a dense inverse."""
    block = posterior.blocks[name]
    fisher = block.scale * torch.kron(block.gradient.dense(), block.inputs.dense())
    precision = fisher + posterior.prior_precision * torch.eye(len(fisher), dtype=torch.float64)
    flat = gradient.flatten()
    return float(flat @ torch.linalg.solve(precision, flat))


def test_a_label_right_after_padding_is_refused_wherever_it_is_read():
    model, batch = tiny_peft(), tiny_batch(rows=2, length=8, targets=8, padding=(3, 0))
    batch["labels"][0, :3] = IGNORED  # the fourth has only padding before it
    posterior = build(batch_sums(model, tiny_batch()), prior_precision=1.0)
    one = {**batch, "labels": batch["labels"].clone()}
    one["labels"][0, 4:] = one["labels"][1, :-1] = IGNORED
    for read in (
        lambda: batch_sums(model, batch),
        lambda: score_tokens(model, batch, {}),
        lambda: choose_prior(model, posterior, [batch], samples=2),
        lambda: jacobian_rows(model, one, torch.tensor([1, 2])),
    ):
        with pytest.raises(ValueError, match="right after padding"):
            read()


def test_a_predictive_that_rounds_to_zero_has_a_finite_log():
    sums = PredictiveSums(torch.tensor([[0.0, 120.0, 3.0]]), torch.tensor([0]))
    assert -90 < float(sums.log_likelihood()) < -80
