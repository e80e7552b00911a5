"""What a recalibration was judged on: held-out figures before and after, and why it was kept or not.

In: nothing. Out: plain frozen values, and their JSON form. Knows nothing of how they are computed
(`recalibrate`), stored or shown.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from backend.uncertainty.phrases import Analysis, Reason


@dataclass(frozen=True, slots=True)
class JudgedSummary:
    """A summary with a person's verdict on it.

    Attributes:
        key: what names its document (a hash): one document is never in two folds.
        analysis: the raw findings of the time.
        edited: one flag a phrase; empty when the verdict does not say which phrases are wrong (reject).
        is_wrong: whether the summary needed any change.
        weight: one over the probability with which the item was sent to a person.
    """

    key: str
    analysis: Analysis
    edited: tuple[bool, ...]
    is_wrong: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Predictions between two probabilities: their mean, the observed share, how many there were."""

    low: float
    high: float
    mean_probability: float
    observed_share: float
    count: int


@dataclass(frozen=True, slots=True)
class Scores:
    """How well probabilities fit outcomes; `count` outcomes. All zero when there was nothing to score.

    `intervals` bounds "log_loss", "brier" and "ece" with 95 % confidence over documents, where there are two at least.
    """

    log_loss: float
    brier: float
    ece: float
    count: int
    bins: tuple[ReliabilityBin, ...] = ()
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """Held-out figures of the current and of the new model, and what was decided.

    Attributes:
        phrases_before: the current model on phrases of held-out documents.
        phrases_after: the new procedure on the same phrases.
        summaries_before: the current model's risk on held-out summaries.
        summaries_after: the new procedure's risk on the same summaries.
        judged: how many judged summaries there were.
        wrong: how many of them were wrong.
        edited_phrases: how many phrases were edited.
        folds: how many parts the documents were split into (0: too few verdicts to check).
        method: "platt", "beta", "isotonic" (of phrases), "isotonic_risk" (of summaries, too) or "refit": what the final
            fit uses ("" when none was made).
        gain_nats: held-out log loss before minus after, phrases and summaries added.
        gain_error_nats: standard error of that gain over documents.
        is_better: whether the new model should become current.
        reason: the decision in words.
        candidates: cross-fitted log loss of each method that was tried; empty where there was no choice.
    """

    phrases_before: Scores
    phrases_after: Scores
    summaries_before: Scores
    summaries_after: Scores
    judged: int
    wrong: int
    edited_phrases: int
    folds: int
    method: str
    gain_nats: float
    gain_error_nats: float
    is_better: bool
    reason: Reason
    candidates: dict[str, float] = field(default_factory=dict)


def report_to_json(report: CalibrationReport) -> dict[str, Any]:
    """The report as plain values."""
    return asdict(report)


def report_from_json(values: dict[str, Any]) -> CalibrationReport:
    """The report that `report_to_json` stored."""
    plain = dict(values)
    for name in ("phrases_before", "phrases_after", "summaries_before", "summaries_after"):
        scores = dict(plain[name])
        scores["bins"] = tuple(ReliabilityBin(**part) for part in scores["bins"])
        scores["intervals"] = {figure: tuple(pair) for figure, pair in scores.get("intervals", {}).items()}
        plain[name] = Scores(**scores)
    plain["reason"] = Reason(plain["reason"]["code"], dict(plain["reason"]["parameters"]))
    return CalibrationReport(**plain)
