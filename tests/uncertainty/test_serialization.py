from __future__ import annotations

import json

import pytest

from backend.uncertainty.serialization import (
    analysis_from_json,
    analysis_to_json,
    progress_from_json,
    progress_to_json,
    summary_from_json,
    summary_to_json,
    tokens_from_json,
    tokens_to_json,
)
from backend.uncertainty.summary import Progress, ScoredSummary
from backend.uncertainty.tokens import Alternative, ScoredToken
from tests.uncertainty.examples import analyze_en, score_tokens


def test_an_analysis_survives_json_unchanged() -> None:
    analysis = analyze_en("Lot A-4012: S2 measured 12.47 kg, OK.")
    assert analysis_from_json(json.loads(json.dumps(analysis_to_json(analysis)))) == analysis


def test_tokens_survive_json_with_their_offsets() -> None:
    tokens = (
        ScoredToken("", 0, 0, 0.5, 1.0, 0.9, 0.1, 2.0),
        ScoredToken("検", 0, 1, 1 / 3, 1.0, 0.9, 0.1, 2.0, (Alternative("査", 0.25),)),
        ScoredToken("👍🏽", 1, 3, 0.5, 1.0, 0.9, 0.1, 2.0),
    )
    found = tokens_from_json(json.loads(json.dumps(tokens_to_json(tokens))))
    assert [(t.text, t.start_char, t.end_char) for t in found] == [("", 0, 0), ("検", 0, 1), ("👍🏽", 1, 3)]
    assert found[1].probability == pytest.approx(1 / 3, rel=1e-6)
    assert found[1].alternatives == (Alternative("査", 0.25),)


def test_a_scored_summary_and_progress_survive_json() -> None:
    text = "Lot A-4021 was NG."
    scored = ScoredSummary(
        text,
        score_tokens(text),
        analyze_en(text),
        "base",
        "adapter",
        "posterior",
        8,
        {"score": 0.5},
        ("a.note",),
    )
    found = summary_from_json(json.loads(json.dumps(summary_to_json(scored))))
    assert summary_to_json(found) == summary_to_json(scored)
    assert found.notes == ("a.note",) and found.analysis == scored.analysis
    progress = Progress("writing", 3, 60, "Lot")
    assert progress_from_json(progress_to_json(progress)) == progress
