"""From features to what people see: the probability that a phrase needs an edit, the risk of a summary.

In: an `Analysis`. Out: calibrated probabilities. A model is a plain value with a JSON form and a version.
Knows nothing of how it was learned (`fit`, `recalibrate`), of verdicts or of the database.

    phrase:   p = layer(σ(w·x + b)),  x the standardised features of a phrase
    summary:  r = layer(σ(v·u + c)),  u = (logit(1 − Π(1 − p)), counts of what is missing or wrong)
    layer:    logit p' = a·log p − b·log(1 − p) + c   (beta calibration, Kull et al. 2017; a = b is Platt's),
              or a curve that never falls (isotonic regression)
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backend.errors import ModelError
from backend.uncertainty.features import FEATURE_VERSION, PHRASE_FEATURE_NAMES
from backend.uncertainty.phrases import Analysis

#: The bands that people see, here and nowhere else: below the first a phrase is "sure", from the second
#: on "doubtful". At 0.15 about one in seven such phrases is edited, at 0.4 it is nearly an even bet.
CHECK_FROM = 0.15
DOUBTFUL_FROM = 0.4

#: What the risk of a summary is computed from; all but the first are summary features.
RISK_FEATURE_NAMES = ("combined_logit", "log1p_omissions", "log1p_ungrounded", "log1p_contradicted")

#: Where the mapping that ships with the default adapter lies.
SHIPPED_CALIBRATION = Path(__file__).resolve().parent.parent / "assets" / "calibration.json"

_LARGEST_LOGIT = 12.0


def band(edit_probability: float) -> str:
    """The band of a phrase: "sure", "check" or "doubtful"."""
    if edit_probability < CHECK_FROM:
        return "sure"
    return "check" if edit_probability < DOUBTFUL_FROM else "doubtful"


@dataclass(frozen=True, slots=True)
class LinearModel:
    """A logistic regression over standardised, named features."""

    names: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def standardise(self, rows: np.ndarray) -> np.ndarray:
        """(N, D) raw features → (N, D) with the mean and scale that the weights were learned on."""
        return (rows - np.array(self.means)) / np.array(self.scales)

    def logits(self, rows: np.ndarray) -> np.ndarray:
        """(N, D) raw features → (N,) logits."""
        return self.standardise(rows) @ np.array(self.weights) + self.intercept


@dataclass(frozen=True, slots=True)
class Layer:
    """A monotone correction of probabilities; with the defaults it changes nothing."""

    a: float = 1.0
    b: float = 1.0
    c: float = 0.0

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """(N,) logits → (N,) corrected probabilities."""
        log_p, log_q = -np.logaddexp(0.0, -logits), -np.logaddexp(0.0, logits)
        return sigmoid(self.a * log_p - self.b * log_q + self.c)


@dataclass(frozen=True, slots=True)
class Curve:
    """A monotone correction that follows the outcomes: straight between its points, flat beyond them.

    Attributes:
        logits: where its points lie, rising.
        outcomes: the probabilities there, never falling.
    """

    logits: tuple[float, ...]
    outcomes: tuple[float, ...]

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """(N,) logits → (N,) corrected probabilities."""
        return np.interp(logits, self.logits, self.outcomes)


Correction = Layer | Curve


@dataclass(frozen=True, slots=True)
class EditModel:
    """P(edit) of phrases and risk of summaries.

    Attributes:
        phrase_model: the regression over phrase features.
        phrase_layer: its correction, learned from verdicts.
        risk_model: the regression over `RISK_FEATURE_NAMES`.
        risk_layer: its correction, learned from verdicts.
        is_cold_start: whether no verdict of a person has gone into it yet.
        origin: what it was learned on: "built-in", "generated documents", "verdicts".
    """

    phrase_model: LinearModel
    phrase_layer: Correction
    risk_model: LinearModel
    risk_layer: Correction
    is_cold_start: bool
    origin: str

    def edit_probabilities(self, analysis: Analysis) -> tuple[float, ...]:
        """P(edit) of each phrase, in order."""
        rows = phrase_rows([analysis])
        if not len(rows):
            return ()
        return tuple(float(p) for p in self.phrase_layer.probabilities(self.phrase_model.logits(rows)))

    def risk_row(self, analysis: Analysis) -> np.ndarray:
        """(4,): what the risk of this summary is computed from."""
        return risk_row(analysis, self.edit_probabilities(analysis))

    def risk(self, analysis: Analysis) -> float:
        """P(at least one edit or omission)."""
        logits = self.risk_model.logits(self.risk_row(analysis)[None, :])
        return float(self.risk_layer.probabilities(logits)[0])

    def to_json(self) -> dict[str, Any]:
        """The model as plain values, with the version of the features that it reads."""
        return {"feature_version": FEATURE_VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> EditModel:
        """The model that `to_json` stored.

        Raises:
            ModelError: when it is damaged, or reads features of another version.
        """
        _refuse_other_version(values)
        try:
            return cls(
                phrase_model=_read_linear(values["phrase_model"], PHRASE_FEATURE_NAMES),
                phrase_layer=_read_correction(values["phrase_layer"]),
                risk_model=_read_linear(values["risk_model"], RISK_FEATURE_NAMES),
                risk_layer=_read_correction(values["risk_layer"]),
                is_cold_start=bool(values["is_cold_start"]),
                origin=str(values["origin"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                "calibration.damaged",
                "The stored calibration cannot be read ({detail}). Activate an earlier version or recalibrate.",
                detail=str(error),
            ) from error


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """1 / (1 + e^−x) without overflow."""
    return np.exp(-np.logaddexp(0.0, -logits))


def phrase_rows(analyses: Sequence[Analysis]) -> np.ndarray:
    """(N, D): the features of all phrases of all analyses, in order."""
    rows = [[p.features[name] for name in PHRASE_FEATURE_NAMES] for a in analyses for p in a.phrases]
    return np.array(rows, dtype=float).reshape(-1, len(PHRASE_FEATURE_NAMES))


def risk_row(analysis: Analysis, edit_probabilities: Sequence[float]) -> np.ndarray:
    """(4,): the logit of 1 − Π(1 − p), and the counts of what grounding found."""
    log_all_right = float(np.log1p(-np.clip(edit_probabilities, 0.0, 1 - 1e-9)).sum()) if edit_probabilities else 0.0
    wrong = -math.expm1(log_all_right)
    combined = math.log(max(wrong, 1e-12)) - log_all_right
    counts = [analysis.features[name] for name in RISK_FEATURE_NAMES[1:]]
    return np.array([max(-_LARGEST_LOGIT, min(_LARGEST_LOGIT, combined)), *counts])


def cold_start_model() -> EditModel:
    """The shipped mapping, learned on generated documents; without it the built-in one."""
    if SHIPPED_CALIBRATION.is_file():
        return EditModel.from_json(json.loads(SHIPPED_CALIBRATION.read_text(encoding="utf-8")))
    return built_in_model()


def built_in_model() -> EditModel:
    """Weights set by hand, checked against no outcome: they order phrases, no more. Labelled as such."""
    weights = {
        "max_surprisal_nats": 0.25,
        "first_surprisal_nats": 0.25,
        "max_entropy_nats": 0.2,
        "max_mutual_information_nats": 3.0,
        "log1p_max_logit_variance": 0.1,
        "is_grounded": -0.4,
        "is_ungrounded": 2.6,
        "novelty": 0.4,
        "novel_surprisal_nats": 0.8,
        "has_source": -0.2,
        "is_contradicted": 1.0,
        "is_missing_in_source": 0.3,
        "is_of_other_unit": 0.8,
        "is_of_other_item": 1.5,
        "is_negation_dropped": 1.0,
        "is_rounded": 0.8,
    }
    risk = {"combined_logit": 0.6, "log1p_omissions": 0.9, "log1p_ungrounded": 0.5, "log1p_contradicted": 0.5}
    return EditModel(
        phrase_model=_by_hand(PHRASE_FEATURE_NAMES, weights, intercept=-3.2),
        phrase_layer=Layer(),
        risk_model=_by_hand(RISK_FEATURE_NAMES, risk, intercept=-0.6),
        risk_layer=Layer(),
        is_cold_start=True,
        origin="built-in",
    )


def _by_hand(names: tuple[str, ...], weights: dict[str, float], *, intercept: float) -> LinearModel:
    count = len(names)
    values = tuple(weights.get(name, 0.0) for name in names)
    return LinearModel(names, (0.0,) * count, (1.0,) * count, values, intercept)


def _refuse_other_version(values: Mapping[str, Any]) -> None:
    found = values.get("feature_version")
    if found != FEATURE_VERSION:
        raise ModelError(
            "calibration.feature_version",
            "This calibration reads features of version {found}, the program computes version {expected}. "
            "Activate another version or recalibrate.",
            found=str(found),
            expected=FEATURE_VERSION,
        )


def _read_correction(values: Mapping[str, Any]) -> Correction:
    if "logits" not in values:
        return Layer(**values)
    curve = Curve(tuple(map(float, values["logits"])), tuple(map(float, values["outcomes"])))
    if not curve.logits or len(curve.logits) != len(curve.outcomes):
        raise ValueError("a curve needs as many outcomes as logits")
    if (np.diff(curve.logits) <= 0).any() or (np.diff(curve.outcomes) < 0).any():
        raise ValueError("a curve must not fall")
    return curve


def _read_linear(values: Mapping[str, Any], names: tuple[str, ...]) -> LinearModel:
    model = LinearModel(
        names=tuple(values["names"]),
        means=tuple(map(float, values["means"])),
        scales=tuple(map(float, values["scales"])),
        weights=tuple(map(float, values["weights"])),
        intercept=float(values["intercept"]),
    )
    lengths = {len(model.means), len(model.scales), len(model.weights), len(names)}
    if model.names != names or len(lengths) != 1:
        raise ValueError("its features are not those of this version")
    return model
