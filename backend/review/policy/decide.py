"""Whether a summary goes to a person, and with which probability it would have gone.

In: a calibrated risk, the policy's threshold and audit share, and a draw that the document itself fixes.
Out: an `Outcome`. Pure; knows nothing of the database, the model or the calibration.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from backend.uncertainty.summary import UNUSUAL

# Rough, and only used to sort: skimming is about 250 English words a minute twice over.
SKIMMED_CHARACTERS_A_SECOND = 25.0
READ_CHARACTERS_A_SECOND = 12.0
MENDING_SECONDS = 60.0
_ABOVE_ALL = math.nextafter(1.0, 2.0)
_DRAW_BITS = 53  # as many as a float holds, so that a draw is always below 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision with its reason, and the probability of being sent to a person (1, or the audit share)."""

    decision: str
    reason: str
    review_probability: float


def audit_draw(document_sha256: str, *, policy: int) -> float:
    """A number in [0, 1), uniform over documents, always the same for one document under one policy.

    Submitting a document again therefore never re-rolls the dice.
    """
    return _draw(f"{policy}:{document_sha256}")


def second_draw(document_sha256: str, *, policy: int) -> float:
    """Another such number, independent of `audit_draw`: whether two people review it blind to each other."""
    return _draw(f"second:{policy}:{document_sha256}")


def seed_draw(document_sha256: str, *, policy: int) -> float:
    """A third one: whether a copy of an accepted summary comes back with a planted error."""
    return _draw(f"seed:{policy}:{document_sha256}")


def review_seconds(*, document_characters: int, summary_characters: int, risk: float) -> float:
    """Expected time of a review: skimming the document, reading the summary, and mending it if need be."""
    reading = document_characters / SKIMMED_CHARACTERS_A_SECOND + summary_characters / READ_CHARACTERS_A_SECOND
    return reading + risk * MENDING_SECONDS


def decide(risk: float, *, threshold: float, audit_share: float, draw: float, is_unusual: bool = False) -> Outcome:
    """Send to a person what is riskier than the threshold, or unusual, and a random share of the rest.

    The risk of an unusual document says little: it was learned on others.

    Raises:
        ValueError: when the risk is no probability; a NaN must never pass as confident.
    """
    if not 0.0 <= risk <= 1.0:
        raise ValueError(f"a risk must be a probability, not {risk}")
    if risk > threshold or is_unusual:
        return Outcome("review", "low_confidence", 1.0)
    if draw < audit_share:
        return Outcome("review", "audit", audit_share)
    return Outcome("accepted", "confident", audit_share)


def effective_risk(risk: float, *, notes: Sequence[str]) -> float:
    """The risk that a threshold is compared with: above any of them where the document is unusual."""
    return _ABOVE_ALL if UNUSUAL in notes else risk


def _draw(label: str) -> float:
    digest = hashlib.sha256(label.encode()).digest()
    return (int.from_bytes(digest[:8]) >> (64 - _DRAW_BITS)) / 2**_DRAW_BITS
