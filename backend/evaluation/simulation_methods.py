"""The ways to score a summary that a simulation compares, each with what it learns from verdicts.

In: a case, and the verdicts so far. Out: a risk. `map_probability` is what a model says of itself,
`temperature_scaling` mends its confidence by one number, `laplace` takes the posterior predictive in place of the
weights themselves, and `full_system` is the program's own edit model, recalibrated as the program does it.

Does not know thresholds, reviewers or true labels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from backend.evaluation.simulation_cache import Case
from backend.uncertainty.edit_model import EditModel, sigmoid
from backend.uncertainty.metrics import log_loss
from backend.uncertainty.recalibrate import recalibrate
from backend.uncertainty.report import JudgedSummary

_SMALLEST = 1e-6


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a simulated person said about a case, and with which probability it was sent there."""

    case: Case
    judged: JudgedSummary


Scorer = Callable[[Case], float]
#: From the scorer so far and all verdicts to the next one.
Learner = Callable[[Scorer, Sequence[Verdict]], Scorer]


@dataclass(frozen=True, slots=True)
class Method:
    """A name, the scorer before any verdict, and how it learns."""

    name: str
    first: Scorer
    learn: Learner


def all_methods(cold_start: EditModel) -> tuple[Method, ...]:
    """The four methods, the plainest first."""
    return (
        Method("map_probability", _map_risk, _keep),
        Method("temperature_scaling", _map_risk, _fit_temperature),
        Method("laplace", lambda case: 1.0 - case.posterior_confidence, _keep),
        Method("full_system", _EditRisk(cold_start), _recalibrate),
    )


def _map_risk(case: Case) -> float:
    return 1.0 - case.map_confidence


def _keep(scorer: Scorer, _verdicts: Sequence[Verdict]) -> Scorer:
    return scorer


def _fit_temperature(_scorer: Scorer, verdicts: Sequence[Verdict]) -> Scorer:
    """σ(logit(risk) / T) with the T of the least weighted log loss (Guo et al. 2017, on the whole summary)."""
    logits = np.array([_logit(_map_risk(one.case)) for one in verdicts])
    wrong = np.array([one.judged.is_wrong for one in verdicts], dtype=float)
    weights = np.array([one.judged.weight for one in verdicts])
    found = minimize_scalar(
        lambda log_t: log_loss(sigmoid(logits / np.exp(log_t)), wrong, weights), bounds=(-4.0, 6.0), method="bounded"
    )
    temperature = float(np.exp(found.x))
    return lambda case: float(sigmoid(np.array(_logit(_map_risk(case)) / temperature)))


@dataclass(frozen=True, slots=True)
class _EditRisk:
    """A scorer that carries its edit model, so that the next one can start from it."""

    model: EditModel

    def __call__(self, case: Case) -> float:
        return self.model.risk(case.analysis)


def _recalibrate(scorer: Scorer, verdicts: Sequence[Verdict]) -> Scorer:
    """As the program does it: a new model only if it is better on verdicts that it has not seen."""
    if not isinstance(scorer, _EditRisk):
        raise TypeError("only an edit model can be recalibrated")
    better, _ = recalibrate(scorer.model, judged=[one.judged for one in verdicts], seed=0)
    return scorer if better is None else _EditRisk(better)


def _logit(p: float) -> float:
    clipped = min(max(p, _SMALLEST), 1 - _SMALLEST)
    return float(np.log(clipped) - np.log1p(-clipped))
