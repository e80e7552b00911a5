"""Learns from verdicts, and keeps the result only if it is better on verdicts that it has not seen.

In: the current model and judged summaries. Out: a new model or none, and a report that says why.

The candidates: a layer with one slope, one with two (beta calibration), isotonic curves, new weights; the lowest
cross-fitted log loss chooses. The check is cross-fitted around that: documents are dealt into folds, the whole
procedure (its choice of method included) runs on the others, and is scored on the fold. The rule: the log loss of
phrases plus that of summaries must fall by more than `MIN_GAIN_NATS` and by more than half its standard error over
documents. Then the procedure runs once on everything. Knows nothing of the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from backend.uncertainty.edit_model import EditModel
from backend.uncertainty.fit import deal_folds, fit_curves, fit_layers, normalised_weights, phrase_labels, refit
from backend.uncertainty.metrics import score
from backend.uncertainty.phrases import Reason
from backend.uncertainty.report import CalibrationReport, JudgedSummary, Scores
from backend.uncertainty.score_intervals import score_intervals

#: Fewer verdicts than this cannot be split into a part to learn on and a part to check on.
MIN_JUDGED = 4
#: From here on a layer with two slopes is tried, from here on a curve that follows the outcomes (of as many
#: phrases at least: rejections judge none), then new weights.
BETA_FROM = 60
ISOTONIC_FROM = 100
#: Such a curve over the risks of summaries needs many more of them.
ISOTONIC_RISK_FROM = 400
REFIT_FROM = 200
#: A smaller gain than this is nothing.
MIN_GAIN_NATS = 0.001
#: The gain must exceed this many of its standard errors.
MIN_GAIN_ERRORS = 0.5

_OUTER_FOLDS, _INNER_FOLDS = 5, 3
_SMALLEST = 1e-6
_BOOTSTRAP_SEED = 0
_NO_SCORES = Scores(0.0, 0.0, 0.0, 0)


def recalibrate(
    current: EditModel, *, judged: Sequence[JudgedSummary], seed: int
) -> tuple[EditModel | None, CalibrationReport]:
    """A better model and its report, or `None` and a report that says why not or what is missing."""
    missing = _missing(judged)
    if missing is not None:
        return None, _report_missing(judged, missing)
    folds = [fold for fold in deal_folds(judged, _fold_count(judged, _OUTER_FOLDS), seed=seed) if len(fold)]
    challengers: list[EditModel] = [current] * len(judged)
    for fold in folds:
        outside = set(fold.tolist())
        train = [one for i, one in enumerate(judged) if i not in outside]
        model = _learn(current, train, _choose(current, train, seed=seed))
        for i in outside:
            challengers[i] = model
    losses = _held_out_losses(current, judged, seed=seed)
    method = min(losses, key=lambda name: losses[name])
    report = _compare(current, judged, challengers, folds=len(folds), method=method)
    report = replace(report, candidates=losses if len(losses) > 1 else {})
    return (_learn(current, judged, method) if report.is_better else None), report


def _missing(judged: Sequence[JudgedSummary]) -> Reason | None:
    """What is missing before anything can be learned and checked."""
    wrong = sum(one.is_wrong for one in judged)
    count = str(len(judged))
    if len(judged) < MIN_JUDGED:
        return Reason("reason.calibration_too_few", {"judged": count, "missing": str(MIN_JUDGED - len(judged))})
    if len({one.key for one in judged}) < 2:
        return Reason("reason.calibration_one_document", {"judged": count})
    if wrong == 0:
        return Reason("reason.calibration_needs_wrong", {"judged": count})
    if wrong == len(judged):
        return Reason("reason.calibration_needs_right", {"judged": count})
    return None


def _fold_count(judged: Sequence[JudgedSummary], most: int) -> int:
    return min(most, len({one.key for one in judged}))


def _methods(judged: Sequence[JudgedSummary]) -> list[str]:
    """What the number of verdicts allows, the simplest first."""
    methods = ["platt"]
    if len(judged) >= BETA_FROM:
        methods.append("beta")
    _, flags, _ = phrase_labels(judged)
    is_curve_known = len(flags) >= ISOTONIC_FROM
    if len(judged) >= ISOTONIC_FROM and is_curve_known:
        methods.append("isotonic")
    if len(judged) >= ISOTONIC_RISK_FROM and is_curve_known:
        methods.append("isotonic_risk")
    if len(judged) >= REFIT_FROM and len(np.unique(flags)) == 2:
        methods.append("refit")
    return methods


def _learn(current: EditModel, judged: Sequence[JudgedSummary], method: str) -> EditModel:
    if method == "refit":
        return refit(current, judged)
    if method in ("isotonic", "isotonic_risk"):
        return fit_curves(current, judged, is_risk_curved=method == "isotonic_risk")
    return fit_layers(current, judged, is_tied=method == "platt")


def _choose(current: EditModel, judged: Sequence[JudgedSummary], *, seed: int) -> str:
    """The allowed method of the lowest cross-fitted log loss; the simplest when there is no choice."""
    losses = _held_out_losses(current, judged, seed=seed)
    return min(losses, key=lambda method: losses[method])


def _held_out_losses(current: EditModel, judged: Sequence[JudgedSummary], *, seed: int) -> dict[str, float]:
    """Cross-fitted log loss of each allowed method, phrases and summaries added; zero where there is no choice."""
    methods = _methods(judged)
    losses = dict.fromkeys(methods, 0.0)
    if len(methods) == 1:
        return losses
    folds = deal_folds(judged, _fold_count(judged, _INNER_FOLDS), seed=seed)
    for fold in folds:
        outside = set(fold.tolist())
        train = [one for i, one in enumerate(judged) if i not in outside]
        held_out = [judged[i] for i in fold]
        for method in methods:
            losses[method] += _combined_loss(_learn(current, train, method), held_out) / len(folds)
    return losses


def _combined_loss(model: EditModel, judged: Sequence[JudgedSummary]) -> float:
    phrases, summaries = _predict([model] * len(judged), judged)
    return sum(float(np.average(_losses(p, y), weights=w)) for p, y, w, _ in (phrases, summaries) if len(p))


_Predictions = tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]


def _predict(models: Sequence[EditModel], judged: Sequence[JudgedSummary]) -> tuple[_Predictions, _Predictions]:
    """Probabilities, outcomes, weights and documents of all judged phrases, and of all summaries."""
    weights = normalised_weights(judged)
    p: list[float] = []
    y: list[bool] = []
    w: list[float] = []
    keys: list[str] = []
    for model, one, weight in zip(models, judged, weights, strict=True):
        if one.edited:
            p += model.edit_probabilities(one.analysis)
            y += one.edited
            w += [float(weight)] * len(one.edited)
            keys += [one.key] * len(one.edited)
    risks = np.array([model.risk(one.analysis) for model, one in zip(models, judged, strict=True)])
    wrong = np.array([one.is_wrong for one in judged], dtype=float)
    phrases = (np.array(p), np.array(y, dtype=float), np.array(w), keys)
    return phrases, (risks, wrong, weights, [one.key for one in judged])


def _losses(probabilities: np.ndarray, outcomes: np.ndarray) -> np.ndarray:
    p = np.clip(probabilities, _SMALLEST, 1 - _SMALLEST)
    return -np.where(outcomes > 0.5, np.log(p), np.log1p(-p))


def _gains(before: _Predictions, after: _Predictions) -> dict[str, float]:
    """How much each document adds to the fall of the mean log loss."""
    gains: dict[str, float] = {}
    p, y, w, keys = before
    if not len(p):
        return gains
    differences = (_losses(p, y) - _losses(after[0], y)) * w / w.sum()
    for key, gain in zip(keys, differences, strict=True):
        gains[key] = gains.get(key, 0.0) + float(gain)
    return gains


def _score(predictions: _Predictions) -> Scores:
    """All figures with their intervals."""
    p, y, w, keys = predictions
    if not len(p):
        return score(p, y, w)
    return replace(score(p, y, w), intervals=score_intervals(p, y, w, keys, seed=_BOOTSTRAP_SEED))


def _compare(
    current: EditModel,
    judged: Sequence[JudgedSummary],
    challengers: Sequence[EditModel],
    *,
    folds: int,
    method: str,
) -> CalibrationReport:
    """Held-out figures of both, and the decision by the rule of this module."""
    phrases_before, summaries_before = _predict([current] * len(judged), judged)
    phrases_after, summaries_after = _predict(challengers, judged)
    parts = [_gains(phrases_before, phrases_after), _gains(summaries_before, summaries_after)]
    documents = sorted({one.key for one in judged})
    by_document = np.array([sum(part.get(key, 0.0) for part in parts) for key in documents])
    gain = float(by_document.sum())
    error = float(np.sqrt(len(documents)) * by_document.std(ddof=1))
    is_better = gain > max(MIN_GAIN_NATS, MIN_GAIN_ERRORS * error)
    code = "reason.calibration_better" if is_better else "reason.calibration_not_better"
    return CalibrationReport(
        phrases_before=_score(phrases_before),
        phrases_after=_score(phrases_after),
        summaries_before=_score(summaries_before),
        summaries_after=_score(summaries_after),
        judged=len(judged),
        wrong=sum(one.is_wrong for one in judged),
        edited_phrases=sum(sum(one.edited) for one in judged),
        folds=folds,
        method=method if is_better else "",
        gain_nats=gain,
        gain_error_nats=error,
        is_better=is_better,
        reason=Reason(code, {"judged": str(len(judged)), "gain": f"{gain:.3f}", "error": f"{error:.3f}"}),
    )


def _report_missing(judged: Sequence[JudgedSummary], reason: Reason) -> CalibrationReport:
    return CalibrationReport(
        phrases_before=_NO_SCORES,
        phrases_after=_NO_SCORES,
        summaries_before=_NO_SCORES,
        summaries_after=_NO_SCORES,
        judged=len(judged),
        wrong=sum(one.is_wrong for one in judged),
        edited_phrases=sum(sum(one.edited) for one in judged),
        folds=0,
        method="",
        gain_nats=0.0,
        gain_error_nats=0.0,
        is_better=False,
        reason=reason,
    )
