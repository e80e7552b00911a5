"""Certificates, replays and experiments in words: every branch has its sentence in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.components.policy_text import certificate_lines, experiment_value, replay_lines
from backend.review.learning.certificates import Certificate
from backend.review.policy.comparison import ArmFigures
from backend.review.policy.experiments import STATES, Arm, Experiment
from backend.review.policy.what_if import WhatIfReport
from backend.review.store.views import WhatIf
from backend.uncertainty.guarantee import Check, certify
from backend.uncertainty.metrics import Interval
from backend.uncertainty.phrases import Reason
from backend.uncertainty.replay import Prices, Replay

NOW = datetime(2026, 6, 12, 12, 0, tzinfo=UTC)
BOTH = pytest.mark.parametrize("language", ["en", "ja"])


def _certificate(checked: int, wrong: int, *, alpha: float = 0.05, voids: tuple[Reason, ...] = ()) -> Certificate:
    checks = [Check(0.1, number < wrong) for number in range(checked)]
    guarantee = certify(checks, starts=[0.3], alpha=alpha, delta=0.05)
    provenance = {"verdicts_sha256": "ab" * 32, "calibration": 4, "posterior": "p"}
    return Certificate(3, guarantee, provenance, voids, "abe", NOW)


@BOTH
def test_a_promise_names_threshold_share_confidence_and_what_it_rests_on(language):
    said = " ".join(certificate_lines(_certificate(70, 0), language=language))
    for part in ("100 %", "5.0 %", "95.0 %", "70", "abababababab", "4"):
        assert part in said


@BOTH
def test_without_a_promise_the_missing_checks_or_the_reason_is_said(language):
    missing = " ".join(certificate_lines(_certificate(40, 0), language=language))
    assert "28" in missing
    assert "56" in missing  # one in two checks is kept
    assert "28" not in " ".join(certificate_lines(_certificate(40, 20), language=language))
    far = _certificate(0, 0)
    far = replace(far, guarantee=replace(far.guarantee, missing=None))
    assert len(certificate_lines(far, language=language)) == 4


@BOTH
def test_what_voids_a_certificate_is_named(language):
    void = Reason("reason.certificate_calibration", {"before": "1", "now": "2"})
    said = certificate_lines(_certificate(70, 0, voids=(void,)), language=language)
    assert any("2" in line and "reason." not in line for line in said[1:2])


def _report(*, judged: int, is_measured: bool) -> WhatIfReport:
    share = Interval(0.01, 0.05, 0.2)
    asked = Replay(0.4, 0.05, 0.7, 12.0, 30.0, judged, share, Interval(0.1, 0.5, 2.0), Interval(40, 80, 230))
    counts = WhatIf(0.4, 99, 30, 25, 8, 3, 1, judged)
    cheapest = asked if judged else None
    return WhatIfReport(asked, cheapest, 99, 7.0, 150.0, is_measured, 21.4, (), Prices(1, 100), counts)


@BOTH
def test_a_replay_says_reviews_minutes_escapes_and_cost(language):
    said = " ".join(replay_lines(_report(judged=9, is_measured=True), language=language))
    for part in ("12.0", "30.0", "0.50 [0.10–2.00]", "80.0 [40.0–230]", "150", "21.4"):
        assert part in said
    unknown = replay_lines(_report(judged=0, is_measured=False), language=language)
    assert len(unknown) == 4
    assert len(replay_lines(None, language=language)) == 1


@BOTH
@pytest.mark.parametrize("state", STATES)
def test_an_experiment_says_its_state_and_what_is_settled(language, state):
    arms = (Arm(0.5, 0.05), Arm(0.7, 0.1, samples=4, model=3))
    low, high = Interval(0.1, 0.2, 0.3), Interval(0.4, 0.5, 0.6)
    figures = (
        ArmFigures(arms[0], 100, 0, 2, reviews=low, minutes=low, escapes=None, cost=low),
        ArmFigures(arms[1], 100, 7, 0, reviews=high, minutes=low, escapes=high, cost=high),
    )
    experiment = Experiment(1, state, arms, 0, None, "abe", NOW)
    note, table = experiment_value(experiment, figures=figures, language=language)["blocks"]
    assert len(note["lines"]) == 6
    assert "7" in note["lines"][-1]
    assert [row[0] for row in table["rows"]] == ["1: 50 % / 5 %", "2: 70 % / 10 % / 4 / 3"]
    assert table["rows"][0][4] == "–"
    assert len(experiment_value(None, figures=(), language=language)["blocks"]) == 1
