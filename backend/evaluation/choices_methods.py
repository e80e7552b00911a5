"""The methods of the multiple-choice table: arrays of logits and covariances → probabilities of the answers.

What is chosen (a temperature, a prior precision) is chosen by the NLL of the validation questions; the test questions
are not seen. With f the logits at θ*, Σ_λ the covariance J Σ Jᵀ of the answers' logits at prior precision λ, and
p̄_λ the mean of softmax(f ± z) over mirrored draws z ~ N(0, Σ_λ):

- `map`: softmax(f). `temperature`: softmax(f/T).
- `mc-dropout`, `checkpoints`, `deep-ensemble`: the mean softmax of passes with dropout, of the last epochs, of models
  from several seeds.
- `last-layer`: p̄_λ of the posterior over the last adapted layer alone; λ by validation.
- `laplace-evidence`, `laplace-validation`: p̄_λ of the posterior over all matrices; λ by the evidence, by validation.
- `ours`: p̄_λ^(1/T) made to sum to one; λ and T together by validation. Contains `temperature` (λ → ∞) and
  `laplace-validation` (T = 1).

Knows nothing of models or files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from backend.laplace.predictive import monte_carlo

METHODS = (
    "map",
    "temperature",
    "mc-dropout",
    "checkpoints",
    "deep-ensemble",
    "last-layer",
    "laplace-evidence",
    "laplace-validation",
    "ours",
)
TEMPERATURES = tuple(1.05**step for step in range(-20, 61))  # 0.38 … 18.7, and 1 itself
PRIORS = tuple(10.0 ** (step / 2) for step in range(-2, 15))  # 0.1 … 10⁷
KRON, LAST_LAYER = "kron", "last-layer"  # names of the covariances


@dataclass(frozen=True)
class Answers:
    """All that the methods need to know of one set of questions.

    Attributes:
        logits: (N, C) at θ*. right: (N,).
        covariances: name → (L, N, C, C) at `PRIORS`, then (of the kron posterior) at the evidence's choice.
        members: name → logits (K, N, C) of the ensembles; empty for the validation questions.
    """

    logits: Tensor
    right: Tensor
    covariances: Mapping[str, Tensor]
    members: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Predicted:
    """Probabilities (N, C) of one method, and what was chosen for it on the validation questions."""

    probabilities: Tensor
    chosen: Mapping[str, float]


def predict_all(
    validation: Answers, test: Answers, *, evidence_prior: float, samples: int, seed: int
) -> dict[str, Predicted]:
    """The probabilities of all methods on the test questions."""
    drawn = {name: _Sampled(validation, name, samples=samples, seed=seed) for name in (KRON, LAST_LAYER)}
    on_test = {name: _Sampled(test, name, samples=samples, seed=seed) for name in (KRON, LAST_LAYER)}
    map_log_p = validation.logits.log_softmax(dim=-1)
    temperature = _best_temperature(map_log_p, validation.right)
    found = {
        "map": Predicted(test.logits.softmax(dim=-1), {}),
        "temperature": Predicted((test.logits / temperature).softmax(dim=-1), {"temperature": temperature}),
        **{name: Predicted(logits.softmax(dim=-1).mean(dim=0), {}) for name, logits in test.members.items()},
    }
    for method, name in ((LAST_LAYER, LAST_LAYER), ("laplace-validation", KRON)):
        index = min(range(len(PRIORS)), key=lambda i, of=drawn[name]: nll(of.log_p(i), validation.right))
        found[method] = Predicted(on_test[name].log_p(index).exp(), {"prior_precision": PRIORS[index]})
    evidence = on_test[KRON].log_p(len(PRIORS))
    found["laplace-evidence"] = Predicted(evidence.exp(), {"prior_precision": evidence_prior})
    index, best = _best_pair(drawn[KRON], validation.right)
    tempered = (on_test[KRON].log_p(index) / best).softmax(dim=-1)
    found["ours"] = Predicted(tempered, {"prior_precision": PRIORS[index], "temperature": best})
    return {method: found[method] for method in METHODS}


def nll(log_p: Tensor, right: Tensor) -> float:
    """Mean of −log p of the right answers, in nats."""
    return float(torch.nn.functional.nll_loss(log_p, right))


class _Sampled:
    """log p̄_λ (N, C) by the index of λ; the same noise for all."""

    def __init__(self, answers: Answers, name: str, *, samples: int, seed: int) -> None:
        self._answers, self._covariances = answers, answers.covariances[name]
        self._samples, self._seed = samples, seed
        self._found: dict[int, Tensor] = {}

    def log_p(self, index: int) -> Tensor:
        if index not in self._found:
            generator = torch.Generator().manual_seed(self._seed)
            predictive = monte_carlo(
                self._answers.logits, self._covariances[index], samples=self._samples, generator=generator
            )
            self._found[index] = predictive.probabilities.clamp_min(torch.finfo(torch.float64).tiny).log()
        return self._found[index]


def _best_temperature(log_p: Tensor, right: Tensor) -> float:
    return min(TEMPERATURES, key=lambda value: nll((log_p / value).log_softmax(dim=-1), right))


def _best_pair(drawn: _Sampled, right: Tensor) -> tuple[int, float]:
    pairs = [(index, _best_temperature(drawn.log_p(index), right)) for index in range(len(PRIORS))]
    return min(pairs, key=lambda pair: nll((drawn.log_p(pair[0]) / pair[1]).log_softmax(dim=-1), right))
