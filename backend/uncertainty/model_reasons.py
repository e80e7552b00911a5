"""Says in words where the model itself was unsure, and what it would have written instead.

In: the tokens of a phrase. Out: codes with parameters. Knows nothing of the document.
"""

from __future__ import annotations

from collections.abc import Sequence

from backend.uncertainty.phrases import Reason
from backend.uncertainty.tokens import Alternative, ScoredToken

#: Every code that this module gives.
MODEL_REASONS = ("reason.model_unsure", "reason.posterior_disagrees", "reason.alternative")
#: A token less likely than this is worth a word: the model itself would rather not bet on it.
UNSURE_PROBABILITY = 0.3
#: Disagreement of the posterior samples worth a word; a token's median is below 0.01 nats.
DISAGREEMENT_NATS = 0.1
#: An alternative at least this likely is shown.
ALTERNATIVE_PROBABILITY = 0.15


def model_reasons(summary: str, *, start_char: int, end_char: int, tokens: Sequence[ScoredToken]) -> tuple[Reason, ...]:
    """Reasons from the scores of one phrase, its range being that of its core."""
    if not tokens:
        return ()
    reasons = []
    least = min(tokens, key=lambda token: token.probability)
    if least.probability < UNSURE_PROBABILITY:
        reasons.append(Reason("reason.model_unsure", {"probability": _percent(least.probability)}))
    if max(token.mutual_information_nats for token in tokens) >= DISAGREEMENT_NATS:
        reasons.append(Reason("reason.posterior_disagrees", {}))
    reasons += _best_alternative(summary, start_char, end_char, tokens)
    return tuple(reasons)


def _best_alternative(summary: str, start_char: int, end_char: int, tokens: Sequence[ScoredToken]) -> list[Reason]:
    """The likeliest other wording, shown as the phrase up to that token with the token replaced."""
    best: tuple[ScoredToken, Alternative] | None = None
    for token in tokens:
        for other in token.alternatives:
            if _is_other_wording(token, other) and (best is None or other.probability > best[1].probability):
                best = (token, other)
    if best is None:
        return []
    token, other = best
    rest = "…" if token.end_char < end_char else ""
    wording = summary[start_char : max(start_char, token.start_char)] + other.text
    parameters = {
        "text": summary[start_char:end_char],
        "alternative": " ".join(wording.split()) + rest,
        "probability": _percent(other.probability),
    }
    return [Reason("reason.alternative", parameters)]


def _is_other_wording(token: ScoredToken, other: Alternative) -> bool:
    if other.probability < ALTERNATIVE_PROBABILITY or "\ufffd" in other.text:
        return False
    return bool(other.text.strip()) and other.text.strip().lower() != token.text.strip().lower()


def _percent(probability: float) -> str:
    return f"{100 * probability:.0f}%"
