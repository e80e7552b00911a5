"""The decision: threshold, audit by lot, and what must never pass as confident."""

from __future__ import annotations

import hashlib

import pytest

from backend.review.policy.decide import Outcome, audit_draw, decide, effective_risk
from backend.uncertainty.summary import UNUSUAL


def _hashes(count: int) -> list[str]:
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(count)]


def test_a_risk_above_the_threshold_goes_to_a_person_for_certain():
    outcome = decide(0.31, threshold=0.3, audit_share=0.1, draw=0.99)
    assert outcome == Outcome("review", "low_confidence", 1.0)


def test_a_risk_at_the_threshold_is_confident():
    outcome = decide(0.3, threshold=0.3, audit_share=0.1, draw=0.99)
    assert outcome == Outcome("accepted", "confident", 0.1)


def test_a_confident_summary_is_audited_when_the_draw_falls_into_the_share():
    assert decide(0.1, threshold=0.3, audit_share=0.1, draw=0.0999) == Outcome("review", "audit", 0.1)
    assert decide(0.1, threshold=0.3, audit_share=0.1, draw=0.1).decision == "accepted"


def test_no_share_audits_nothing_and_the_whole_share_audits_everything():
    draws = [audit_draw(sha256, policy=1) for sha256 in _hashes(200)]
    assert {decide(0.0, threshold=1.0, audit_share=0.0, draw=draw).decision for draw in draws} == {"accepted"}
    assert {decide(0.0, threshold=1.0, audit_share=1.0, draw=draw).decision for draw in draws} == {"review"}


@pytest.mark.parametrize("risk", [float("nan"), -0.1, 1.1, float("inf")])
def test_what_is_no_probability_is_refused(risk: float):
    with pytest.raises(ValueError, match="probability"):
        decide(risk, threshold=0.3, audit_share=0.1, draw=0.5)


def test_the_draw_of_a_document_never_changes_under_one_policy():
    sha256 = _hashes(1)[0]
    assert audit_draw(sha256, policy=3) == audit_draw(sha256, policy=3)
    assert audit_draw(sha256, policy=3) != audit_draw(sha256, policy=4)


def test_draws_are_uniform_over_documents():
    draws = [audit_draw(sha256, policy=1) for sha256 in _hashes(4000)]
    assert all(0 <= draw < 1 for draw in draws)
    for low in (0.0, 0.25, 0.5, 0.75):
        share = sum(low <= draw < low + 0.25 for draw in draws) / len(draws)
        assert abs(share - 0.25) < 0.03


def test_an_unusual_document_goes_to_a_person_for_certain_whatever_its_risk():
    outcome = decide(0.01, threshold=0.3, audit_share=0.1, draw=0.99, is_unusual=True)
    assert outcome == Outcome("review", "low_confidence", 1.0)
    assert effective_risk(0.01, notes=(UNUSUAL,)) > 1.0
    assert effective_risk(0.01, notes=("document.truncated",)) == 0.01
