"""The shapes that the engine states are checked in this run."""

import pytest
import torch
from jaxtyping import TypeCheckError

from backend.laplace.predictive import monte_carlo
from backend.laplace.recording import sequence_gradients
from backend.laplace.scores import remix


def generator():
    return torch.Generator().manual_seed(0)


def test_shapes_that_do_not_belong_together_are_refused():
    logits, other = torch.zeros(2, 3), torch.zeros(2, 4, 4)
    with pytest.raises(TypeCheckError, match="covariance"):
        monte_carlo(logits, other, samples=2, generator=generator())
    with pytest.raises(TypeCheckError):
        sequence_gradients(torch.zeros(2, 5, 3), torch.zeros(2, 4, 3))


def test_shapes_that_belong_together_pass():
    found = monte_carlo(torch.zeros(2, 3), torch.zeros(2, 3, 3), samples=2, generator=generator())
    assert found.probabilities.shape == (2, 3)
    assert remix(torch.zeros(4, 2, 5), count=7, generator=generator()).shape == (7, 2, 5)
