"""Learns an edit model from judged summaries: from scratch on generated documents, or near a current one.

In: judged summaries. Out: an `EditModel`. Says nothing of whether the result is better (`recalibrate`).
Knows nothing of the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sklearn.isotonic import IsotonicRegression

from backend.errors import DataError
from backend.uncertainty.edit_model import (
    RISK_FEATURE_NAMES,
    Correction,
    Curve,
    EditModel,
    Layer,
    LinearModel,
    phrase_rows,
    risk_row,
)
from backend.uncertainty.features import PHRASE_FEATURE_NAMES
from backend.uncertainty.logistic import Prior, fit_logistic
from backend.uncertainty.metrics import log_loss
from backend.uncertainty.report import JudgedSummary

#: More of these must never make a phrase look safer (signs are meant, so they are enforced).
RISING = frozenset(
    name
    for name in PHRASE_FEATURE_NAMES
    if "surprisal" in name or "entropy" in name or "mutual_information" in name or "logit" in name
) | {
    "is_ungrounded",
    "novelty",
    "is_contradicted",
    "is_missing_in_source",
    "is_of_other_unit",
    "is_of_other_item",
    "is_negation_dropped",
    "is_rounded",
}
#: Strengths of the ridge that a cold start tries; held-out log loss chooses.
RIDGES = (1.0, 3.0, 10.0, 30.0, 100.0)
_FOLDS = 5
#: How far verdicts may easily move a layer: standard deviations of its slope and of its shift.
_SLOPE_SD, _SHIFT_SD = 0.5, 1.0
#: How strongly a full refit holds on to the current weights (per standardised weight).
_REFIT_PRECISION = 4.0
_LEAST_SLOPE = 0.05
#: An item sent to review with probability 0.01 would count a hundred times: clipped, at some bias.
_LARGEST_WEIGHT = 10.0
_SMALLEST_SCALE = 1e-6


def normalised_weights(judged: Sequence[JudgedSummary]) -> np.ndarray:
    """(N,) inverse probabilities of review, scaled to a mean of 1 and clipped at `_LARGEST_WEIGHT`."""
    weights = np.array([max(0.0, one.weight) for one in judged], dtype=float)
    if not len(weights) or weights.sum() <= 0:
        return np.ones(len(weights))
    return np.minimum(weights / weights.mean(), _LARGEST_WEIGHT)


def deal_folds(judged: Sequence[JudgedSummary], folds: int, *, seed: int) -> list[np.ndarray]:
    """Indices of each fold: a document is in one fold only, and wrong ones are spread evenly."""
    is_wrong: dict[str, bool] = {}
    for one in judged:
        is_wrong[one.key] = is_wrong.get(one.key, False) or one.is_wrong
    keys = sorted(is_wrong)
    np.random.default_rng(seed).shuffle(keys)
    keys.sort(key=lambda key: is_wrong[key])
    fold_of = {key: number % folds for number, key in enumerate(keys)}
    return [np.array([i for i, one in enumerate(judged) if fold_of[one.key] == f], dtype=int) for f in range(folds)]


def phrase_labels(judged: Sequence[JudgedSummary]) -> tuple[list[JudgedSummary], np.ndarray, np.ndarray]:
    """Summaries whose phrases were judged, the flags of all their phrases (M,), and their weights (M,)."""
    known = [one for one in judged if len(one.edited) == len(one.analysis.phrases)]
    all_weights = dict(zip(map(id, judged), normalised_weights(judged), strict=True))
    flags = np.array([flag for one in known for flag in one.edited], dtype=float)
    weights = np.array([all_weights[id(one)] for one in known for _ in one.edited], dtype=float)
    return known, flags, weights


def fit_cold_start(judged: Sequence[JudgedSummary], *, seed: int = 0, origin: str = "generated documents") -> EditModel:
    """The mapping to ship: both regressions from scratch, on documents whose errors are known exactly.

    The ridge is chosen by held-out log loss, and the summary regression is fitted on phrase
    probabilities of folds that had not seen the document.

    Raises:
        DataError: when there is nothing to learn from (one class only).
    """
    _, flags, _ = phrase_labels(judged)
    wrong = {one.is_wrong for one in judged}
    if len(np.unique(flags)) < 2 or len(wrong) < 2:
        raise DataError(
            "calibration.one_class",
            "A calibration needs right and wrong examples of phrases and of summaries; "
            "these {count} hold only one sort.",
            count=len(judged),
        )
    folds = deal_folds(judged, _FOLDS, seed=seed)
    held_out = {ridge: _held_out_probabilities(judged, folds, ridge) for ridge in RIDGES}
    losses = {ridge: _phrase_loss(judged, found) for ridge, found in held_out.items()}
    best = min(RIDGES, key=lambda ridge: losses[ridge])
    phrase = _fit_phrases(judged, ridge=best)
    rows = np.array([risk_row(one.analysis, p) for one, p in zip(judged, held_out[best], strict=True)])
    risk = _fit_risk(judged, rows)
    return EditModel(phrase, Layer(), risk, Layer(), is_cold_start=True, origin=origin)


def fit_layers(current: EditModel, judged: Sequence[JudgedSummary], *, is_tied: bool) -> EditModel:
    """The current regressions with new layers on top, shrunk towards the current layers.

    Args:
        current: the model to start from.
        judged: verdicts.
        is_tied: one slope for both sides (Platt) or two (beta).
    """
    known, flags, weights = phrase_labels(judged)
    logits = current.phrase_model.logits(phrase_rows([one.analysis for one in known]))
    phrase_layer = _fit_layer(current.phrase_layer, logits, flags, weights, is_tied)
    model = replace(current, phrase_layer=phrase_layer, is_cold_start=False, origin="verdicts")
    return replace(model, risk_layer=_fit_risk_layer(model, judged, is_tied))


def fit_curves(current: EditModel, judged: Sequence[JudgedSummary], *, is_risk_curved: bool) -> EditModel:
    """The current regressions with isotonic curves on top, which follow the outcomes and forget the old layers.

    Args:
        current: the model to start from.
        judged: verdicts.
        is_risk_curved: whether the risk gets a curve, too: each summary is one outcome only, where it has many phrases.
    """
    known, flags, weights = phrase_labels(judged)
    logits = current.phrase_model.logits(phrase_rows([one.analysis for one in known]))
    layer = _fit_curve(current.phrase_layer, logits, flags, weights)
    model = replace(current, phrase_layer=layer, is_cold_start=False, origin="verdicts")
    if not is_risk_curved:
        return replace(model, risk_layer=_fit_risk_layer(model, judged, True))
    rows = np.array([model.risk_row(one.analysis) for one in judged])
    wrong = np.array([one.is_wrong for one in judged], dtype=float)
    curve = _fit_curve(model.risk_layer, model.risk_model.logits(rows), wrong, normalised_weights(judged))
    return replace(model, risk_layer=curve)


def refit(current: EditModel, judged: Sequence[JudgedSummary]) -> EditModel:
    """New weights near the current ones, their old layers folded in as far as the verdicts ask for it."""
    known, flags, weights = phrase_labels(judged)
    rows = current.phrase_model.standardise(phrase_rows([one.analysis for one in known]))
    old = current.phrase_model
    prior = Prior(
        centre=np.append(old.weights, old.intercept),
        precision=np.append(np.full(len(old.weights), _REFIT_PRECISION), 1.0 / _SHIFT_SD**2),
        lower=_lower_bounds(),
    )
    found, intercept = fit_logistic(rows, flags, sample_weights=weights, prior=prior)
    phrase = replace(old, weights=tuple(map(float, found)), intercept=intercept)
    model = replace(current, phrase_model=phrase, phrase_layer=Layer(), is_cold_start=False, origin="verdicts")
    model = replace(model, risk_model=_refit_risk(model, judged), risk_layer=Layer())
    return replace(model, risk_layer=_fit_risk_layer(model, judged, True))


def _refit_risk(model: EditModel, judged: Sequence[JudgedSummary]) -> LinearModel:
    """New weights of the summary regression near the old ones: what counts as an omission differs by plant."""
    old = model.risk_model
    rows = old.standardise(np.array([model.risk_row(one.analysis) for one in judged]))
    wrong = np.array([one.is_wrong for one in judged], dtype=float)
    count = len(old.weights)
    prior = Prior(
        centre=np.append(old.weights, old.intercept),
        precision=np.append(np.full(count, _REFIT_PRECISION), 1.0 / _SHIFT_SD**2),
        lower=np.array([0.0] * count + [-np.inf]),
    )
    found, intercept = fit_logistic(rows, wrong, sample_weights=normalised_weights(judged), prior=prior)
    return replace(old, weights=tuple(map(float, found)), intercept=intercept)


def _fit_curve(old: Correction, logits: np.ndarray, outcomes: np.ndarray, weights: np.ndarray) -> Correction:
    """Isotonic regression, or what there was when there are no outcomes (rejections alone judge no phrase).

    No outcome is certain, however many of one sort stand at an end (Laplace's rule).
    """
    if not len(outcomes):
        return old
    least = 1.0 / (len(logits) + 2)
    found = IsotonicRegression(y_min=least, y_max=1 - least).fit(logits, outcomes, sample_weight=weights)
    return Curve(tuple(map(float, found.X_thresholds_)), tuple(map(float, found.y_thresholds_)))


def _nearest_layer(correction: Correction) -> Layer:
    """The layer itself, or the straight line in logits that is closest to a curve."""
    if isinstance(correction, Layer):
        return correction
    p = np.array(correction.outcomes)
    targets = np.log(p) - np.log1p(-p)
    if len(p) < 2:
        return Layer(c=float(targets[0] - correction.logits[0]))
    slope, shift = np.polyfit(correction.logits, targets, 1)
    return Layer(max(_LEAST_SLOPE, float(slope)), max(_LEAST_SLOPE, float(slope)), float(shift))


def _fit_layer(old: Correction, logits: np.ndarray, outcomes: np.ndarray, weights: np.ndarray, is_tied: bool) -> Layer:
    """Beta calibration on (log p, −log q), tied on the logit alone; Gaussian prior at the current layer."""
    current = _nearest_layer(old)
    log_p, minus_log_q = -np.logaddexp(0.0, -logits), np.logaddexp(0.0, logits)
    if is_tied:
        rows, centre = logits[:, None], [(current.a + current.b) / 2, current.c]
    else:
        rows, centre = np.column_stack([log_p, minus_log_q]), [current.a, current.b, current.c]
    slopes = len(centre) - 1
    prior = Prior(
        centre=np.array(centre),
        precision=np.array([1.0 / _SLOPE_SD**2] * slopes + [1.0 / _SHIFT_SD**2]),
        lower=np.array([_LEAST_SLOPE] * slopes + [-np.inf]),
    )
    found, shift = fit_logistic(rows, outcomes, sample_weights=weights, prior=prior)
    return Layer(a=float(found[0]), b=float(found[-1]), c=shift)


def _fit_risk_layer(model: EditModel, judged: Sequence[JudgedSummary], is_tied: bool) -> Layer:
    rows = np.array([model.risk_row(one.analysis) for one in judged])
    wrong = np.array([one.is_wrong for one in judged], dtype=float)
    return _fit_layer(model.risk_layer, model.risk_model.logits(rows), wrong, normalised_weights(judged), is_tied)


def _lower_bounds() -> np.ndarray:
    """(D + 1,): 0 for features that may only raise, −inf for the others and the intercept."""
    return np.array([0.0 if name in RISING else -np.inf for name in PHRASE_FEATURE_NAMES] + [-np.inf])


def _fit_phrases(judged: Sequence[JudgedSummary], *, ridge: float) -> LinearModel:
    known, flags, weights = phrase_labels(judged)
    rows = phrase_rows([one.analysis for one in known])
    return _fit_linear(PHRASE_FEATURE_NAMES, rows, flags, weights, ridge=ridge, lower=_lower_bounds())


def _fit_risk(judged: Sequence[JudgedSummary], rows: np.ndarray) -> LinearModel:
    wrong = np.array([one.is_wrong for one in judged], dtype=float)
    lower = np.array([0.0] * len(RISK_FEATURE_NAMES) + [-np.inf])
    return _fit_linear(RISK_FEATURE_NAMES, rows, wrong, normalised_weights(judged), ridge=1.0, lower=lower)


def _fit_linear(
    names: tuple[str, ...],
    rows: np.ndarray,
    outcomes: np.ndarray,
    weights: np.ndarray,
    *,
    ridge: float,
    lower: np.ndarray,
) -> LinearModel:
    means, scales = rows.mean(axis=0), rows.std(axis=0)
    scales = np.where(scales < _SMALLEST_SCALE, 1.0, scales)
    prior = Prior(np.zeros(len(names) + 1), np.append(np.full(len(names), ridge), 0.0), lower)
    found, intercept = fit_logistic((rows - means) / scales, outcomes, sample_weights=weights, prior=prior)
    return LinearModel(names, tuple(means.tolist()), tuple(scales.tolist()), tuple(found.tolist()), intercept)


def _held_out_probabilities(
    judged: Sequence[JudgedSummary], folds: Sequence[np.ndarray], ridge: float
) -> list[tuple[float, ...]]:
    """P(edit) of each summary's phrases by a regression that has not seen its document."""
    found: list[tuple[float, ...]] = [()] * len(judged)
    for held_out in folds:
        outside = set(held_out.tolist())
        model = _fit_phrases([one for i, one in enumerate(judged) if i not in outside], ridge=ridge)
        for i in outside:
            rows = phrase_rows([judged[i].analysis])
            found[i] = tuple(map(float, Layer().probabilities(model.logits(rows))))
    return found


def _phrase_loss(judged: Sequence[JudgedSummary], probabilities: Sequence[tuple[float, ...]]) -> float:
    pairs = [(p, flag) for one, ps in zip(judged, probabilities, strict=True) if one.edited
             for p, flag in zip(ps, one.edited, strict=True)]  # fmt: skip
    return log_loss([p for p, _ in pairs], [float(flag) for _, flag in pairs])
