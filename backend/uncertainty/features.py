"""The numbers that a phrase and a summary are scored by, in a fixed order with a version.

In: tokens of a phrase, its check. Out: dictionaries with exactly the declared names; a value that cannot
be computed (no tokens, no alternatives) has a declared one. Knows nothing of models or verdicts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from backend.uncertainty.context import Check
from backend.uncertainty.phrases import PHRASE_KINDS, Phrase
from backend.uncertainty.tokens import ScoredToken

#: Raised with every change of a name, its meaning (what a check finds, too) or the order; models of another version
#: are refused, and the analyses of judged summaries made anew.
FEATURE_VERSION = 3  # 2: checks of how numbers go together; 3: how surprising words are that the document lacks

#: Those of a phrase that only its tokens tell.
TOKEN_FEATURE_NAMES = (
    "max_surprisal_nats",
    "mean_surprisal_nats",
    "first_surprisal_nats",
    "max_entropy_nats",
    "first_entropy_nats",
    "max_expected_entropy_nats",
    "max_mutual_information_nats",
    "first_mutual_information_nats",
    "log1p_max_logit_variance",
    "max_logit_std_over_margin",
    "min_margin_nats",
    "log1p_tokens",
)
PHRASE_FEATURE_NAMES = (
    *TOKEN_FEATURE_NAMES,
    *(f"is_{kind}" for kind in PHRASE_KINDS),
    "is_grounded",
    "is_ungrounded",
    "novelty",
    "novel_surprisal_nats",
    "has_source",
    "is_contradicted",
    "is_missing_in_source",
    "is_of_other_unit",
    "is_of_other_item",
    "is_negation_dropped",
    "is_rounded",
)

SUMMARY_FEATURE_NAMES = (
    "max_surprisal_nats",
    "mean_surprisal_nats",
    "max_entropy_nats",
    "mean_entropy_nats",
    "max_mutual_information_nats",
    "mean_mutual_information_nats",
    "max_novelty",
    "mean_novelty",
    "log1p_phrases",
    "log1p_ungrounded",
    "log1p_contradicted",
    "log1p_omissions",
    "log_length_ratio",
    "is_japanese",
)

#: Probabilities below this are the same surprise: float32 scores end here, and a log must.
_MIN_PROBABILITY = 1e-9
_MAX_MARGIN_NATS = 10.0

_FLAGS = {
    "is_contradicted": (
        "reason.verdict_contradicts", "reason.limit_contradicts", "reason.negation_not_in_source",
        "reason.change_contradicts", "reason.share_not_in_source",
        "reason.limit_of_other_reading", "reason.reading_as_limit", "reason.range_differs",
    ),
    "is_missing_in_source": (
        "reason.number_not_in_source", "reason.identifier_not_in_source", "reason.date_not_in_source",
        "reason.verdict_not_in_source", "reason.name_not_in_source",
    ),
    "is_of_other_unit": ("reason.unit_differs", "reason.unit_not_in_source"),
    "is_of_other_item": ("reason.belongs_to_other_item",),
    "is_negation_dropped": ("reason.negation_dropped",),
    "is_rounded": ("reason.number_rounded",),
}  # fmt: skip


def phrase_features(kind: str, *, tokens: Sequence[ScoredToken], check: Check) -> dict[str, float]:
    """Every feature of one phrase. Without tokens all token figures are 0 and the margin is the largest."""
    codes = {code for code, _ in check.reasons}
    values = dict.fromkeys(PHRASE_FEATURE_NAMES, 0.0)
    values["min_margin_nats"] = _MAX_MARGIN_NATS
    if tokens:
        values.update(_token_features(tokens))
    values[f"is_{kind}"] = 1.0
    values["is_grounded"] = float(check.is_grounded is True)
    values["is_ungrounded"] = float(check.is_grounded is False)
    values["novelty"] = check.novelty
    values["novel_surprisal_nats"] = novel_surprisal_nats(values)
    values["has_source"] = float(bool(check.lines))
    for name, flagged in _FLAGS.items():
        values[name] = float(any(code in codes for code in flagged))
    return values


def summary_features(
    phrases: Sequence[Phrase], *, omissions: int, document_chars: int, summary_chars: int, language: str
) -> dict[str, float]:
    """Every feature of a summary. Without phrases its figures are 0."""
    values = dict.fromkeys(SUMMARY_FEATURE_NAMES, 0.0)
    for name in ("surprisal_nats", "entropy_nats", "mutual_information_nats", "novelty"):
        source = "novelty" if name == "novelty" else f"max_{name}"
        figures = [phrase.features[source] for phrase in phrases] or [0.0]
        values[f"max_{name}"] = max(figures)
        values[f"mean_{name}"] = sum(figures) / len(figures)
    values["log1p_phrases"] = math.log1p(len(phrases))
    values["log1p_ungrounded"] = math.log1p(sum(phrase.features["is_ungrounded"] for phrase in phrases))
    values["log1p_contradicted"] = math.log1p(sum(phrase.features["is_contradicted"] for phrase in phrases))
    values["log1p_omissions"] = math.log1p(omissions)
    values["log_length_ratio"] = math.log((1 + summary_chars) / (1 + document_chars))
    values["is_japanese"] = float(language == "ja")
    return values


def novel_surprisal_nats(values: Mapping[str, float]) -> float:
    """How surprising a phrase with a new word is: what a model means, it says with ease in words of its own, too."""
    return values["max_surprisal_nats"] if values["novelty"] > 0 else 0.0


def surprisal_nats(token: ScoredToken) -> float:
    """−log p of the token under the posterior predictive."""
    return -math.log(min(1.0, max(token.probability, _MIN_PROBABILITY)))


def margin_nats(token: ScoredToken) -> float:
    """Log p of the token minus log p of the best other one.

    Without alternatives the best other one is taken to hold all the remaining probability: a lower bound.
    """
    others = [other.probability for other in token.alternatives if other.text != token.text]
    rest = max(others) if others else 1.0 - token.probability
    gap = -surprisal_nats(token) - math.log(min(1.0, max(rest, _MIN_PROBABILITY)))
    return max(-_MAX_MARGIN_NATS, min(_MAX_MARGIN_NATS, gap))


def _token_features(tokens: Sequence[ScoredToken]) -> dict[str, float]:
    surprisals = [surprisal_nats(token) for token in tokens]
    margins = [margin_nats(token) for token in tokens]
    variances = [max(0.0, token.logit_variance) for token in tokens]
    return {
        "max_surprisal_nats": max(surprisals),
        "mean_surprisal_nats": sum(surprisals) / len(surprisals),
        "first_surprisal_nats": surprisals[0],
        "max_entropy_nats": max(token.entropy_nats for token in tokens),
        "first_entropy_nats": tokens[0].entropy_nats,
        "max_expected_entropy_nats": max(token.expected_entropy_nats for token in tokens),
        "max_mutual_information_nats": max(token.mutual_information_nats for token in tokens),
        "first_mutual_information_nats": tokens[0].mutual_information_nats,
        "log1p_max_logit_variance": math.log1p(max(variances)),
        "max_logit_std_over_margin": max(
            math.sqrt(variance) / (1.0 + abs(margin)) for variance, margin in zip(variances, margins, strict=True)
        ),
        "min_margin_nats": min(margins),
        "log1p_tokens": math.log1p(len(tokens)),
    }
