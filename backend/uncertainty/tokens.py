"""The scored token: what the model and its posterior say about one piece of the summary.

In: nothing. Out: plain frozen values that cross the border from the language and Laplace rooms.
Knows nothing of tensors, phrases, documents or the database.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Alternative:
    """A token that the posterior predictive found likely in this place."""

    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class ScoredToken:
    """One token of the summary. Concatenated token texts are the summary.

    A Japanese character may be split over several tokens: the earlier pieces then have the text ""
    and an empty range, and the last piece carries the character.

    Attributes:
        text: what the token adds to the summary.
        start_char: first code point of the token in the summary.
        end_char: one past the last code point.
        probability: posterior predictive probability of this token.
        entropy_nats: entropy of the posterior predictive (total uncertainty).
        expected_entropy_nats: mean entropy of the posterior samples (aleatoric part).
        mutual_information_nats: total minus expected (epistemic part): how far the samples disagree.
        logit_variance: variance of the chosen token's logit over the posterior.
        alternatives: the likeliest tokens in this place, best first; may hold the chosen one.
    """

    text: str
    start_char: int
    end_char: int
    probability: float
    entropy_nats: float
    expected_entropy_nats: float
    mutual_information_nats: float
    logit_variance: float
    alternatives: tuple[Alternative, ...] = ()
