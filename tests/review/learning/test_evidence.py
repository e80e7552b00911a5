"""Weights of verdicts: what a threshold and the lots of checks hid is brought back, in number and in errors."""

from __future__ import annotations

import math
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.review.intake.summaries import fingerprint
from backend.review.learning.evidence import Standing, deal
from backend.review.policy.decide import audit_draw, decide, seed_draw

DOCUMENTS = 3000
#: Standard errors that an unbiased estimate may be off: once in a million tries it is more.
MOST_ERRORS = 5.0


def review(name: str, *, threshold: float, share: float) -> tuple[Standing | None, bool]:
    """What comes of a document: its verdict, if a person sees it, and whether its summary is wrong."""
    sha256 = fingerprint(name)
    risk = seed_draw(sha256, policy=0)  # any number that the document fixes
    is_wrong = seed_draw(sha256, policy=1) < 0.1 + 0.6 * risk
    outcome = decide(risk, threshold=threshold, audit_share=share, draw=audit_draw(sha256, policy=1))
    if outcome.decision != "review":
        return None, is_wrong
    verdict = SimpleNamespace(is_wrong=is_wrong)
    return Standing(verdict, None, sha256, outcome.review_probability, 1, share), is_wrong


@settings(deadline=None, max_examples=40)
@given(st.floats(0, 1), st.sampled_from([0.05, 0.2, 0.5, 1.0]), st.integers(0, 10**9))
def test_weighted_verdicts_to_learn_from_stand_for_all_summaries(threshold, share, seed):
    found = [review(f"{seed}:{number}", threshold=threshold, share=share) for number in range(DOCUMENTS)]
    learned, _ = deal([one for one, _ in found if one is not None])
    wrong = sum(is_wrong for _, is_wrong in found)
    for total, rows in ((DOCUMENTS, learned), (wrong, [one for one in learned if one.verdict.is_wrong])):
        probabilities = [one.learning_probability for one in rows]
        error = math.sqrt(sum((1 - p) / p**2 for p in probabilities))  # of the Horvitz–Thompson total
        assert abs(sum(1 / p for p in probabilities) - total) <= MOST_ERRORS * error + 2 * MOST_ERRORS / share


@settings(deadline=None, max_examples=40)
@given(st.floats(0, 1), st.sampled_from([0.05, 0.2, 0.5, 1.0]), st.integers(0, 10**9))
def test_verdicts_kept_for_certificates_are_a_plain_sample_whatever_the_threshold(threshold, share, seed):
    names = [f"{seed}:{number}" for number in range(1000)]
    kept = [
        {one.sha256 for one in deal([row for row, _ in found if row is not None])[1]}
        for found in ([review(name, threshold=t, share=share) for name in names] for t in (threshold, 0.0, 1.0))
    ]
    assert kept[0] == kept[1] == kept[2]
