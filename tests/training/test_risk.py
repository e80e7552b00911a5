"""Minimum-risk training against the sum written out."""

import pytest
import torch

from backend.training.risk import log_probabilities, ranking_loss
from tests.tiny import tiny_peft

PROMPT = torch.tensor([3, 5, 7, 2])
CANDIDATES = [torch.tensor([4, 0]), torch.tensor([9, 8, 1, 0]), torch.tensor([6, 6, 0])]
REWARDS = torch.tensor([0.1, 0.5, 0.3], dtype=torch.float64)


def one_by_one(model, candidate):
    ids = torch.cat([PROMPT, candidate])[None]
    log_p = model(ids, use_cache=False).logits[0].log_softmax(dim=-1)
    start = len(PROMPT)
    return sum(log_p[start + place - 1, token] for place, token in enumerate(candidate.tolist()))


def gradients(model, value):
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return torch.cat([gradient.flatten() for gradient in torch.autograd.grad(value, parameters)])


def test_candidates_that_share_a_prompt_are_as_likely_as_alone_with_the_same_gradients():
    model = tiny_peft()
    together = log_probabilities(model, PROMPT, CANDIDATES)
    alone = torch.stack([one_by_one(model, candidate) for candidate in CANDIDATES])
    assert torch.allclose(together.double(), alone, atol=1e-5)
    weights = torch.tensor([0.2, -1.0, 0.7])
    assert torch.allclose(
        gradients(model, (together * weights).sum()), gradients(model, (alone * weights).sum()), atol=1e-5
    )


def test_the_loss_is_the_expected_reward_missed_plus_the_cross_entropy_of_the_best():
    model = tiny_peft()
    with torch.no_grad():
        loss = ranking_loss(model, PROMPT, CANDIDATES, REWARDS, sharpness=0.5, spread=0.2)
        log_p = torch.stack([one_by_one(model, candidate) for candidate in CANDIDATES])
    weights = (0.5 * log_p).exp() / (0.5 * log_p).exp().sum()
    expected = sum(weights * (0.3 - REWARDS)) / 0.2 - log_p[1] / 4
    assert float(loss) == pytest.approx(float(expected), rel=1e-5)


def test_a_step_down_the_loss_makes_better_candidates_likelier_than_worse_ones():
    model = tiny_peft()
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(parameters, lr=0.05)

    def expected_reward():
        with torch.no_grad():
            return float((log_probabilities(model, PROMPT, CANDIDATES).softmax(dim=0) * REWARDS).sum())

    before = expected_reward()
    for _ in range(5):
        optimizer.zero_grad()
        ranking_loss(model, PROMPT, CANDIDATES, REWARDS).backward()
        optimizer.step()
    assert expected_reward() > before
