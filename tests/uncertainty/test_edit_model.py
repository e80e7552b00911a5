from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from backend.errors import ModelError
from backend.uncertainty import edit_model
from backend.uncertainty.analyze import analyze
from backend.uncertainty.edit_model import (
    EditModel,
    Layer,
    band,
    built_in_model,
    cold_start_model,
    risk_row,
    sigmoid,
)
from backend.uncertainty.phrases import Analysis
from tests.uncertainty.examples import LOG_EN, analyze_en, draw_analysis, phrase_with, score_tokens


def with_feature(analysis: Analysis, name: str, value: float) -> Analysis:
    """The analysis with one feature of its first phrase set."""
    first, *rest = analysis.phrases
    changed = replace(first, features={**first.features, name: value})
    return replace(analysis, phrases=(changed, *rest))


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(0.0, "sure"), (0.149, "sure"), (0.15, "check"), (0.399, "check"), (0.4, "doubtful"), (1.0, "doubtful")],
)
def test_a_probability_has_a_band(probability: float, expected: str) -> None:
    assert band(probability) == expected


@pytest.mark.parametrize(
    "name",
    [
        "max_mutual_information_nats",
        "is_ungrounded",
        "max_surprisal_nats",
        "is_contradicted",
        "novelty",
        "novel_surprisal_nats",
    ],
)
def test_the_cold_start_rises_with_every_sign_of_doubt(name: str) -> None:
    model = built_in_model()
    analysis = draw_analysis(np.random.default_rng(0))
    chances = [model.edit_probabilities(with_feature(analysis, name, v))[0] for v in (0.0, 0.3, 0.7, 1.0)]
    assert chances == sorted(chances) and chances[0] < chances[-1]
    risks = [model.risk(with_feature(analysis, name, v)) for v in (0.0, 0.5, 1.0)]
    assert risks == sorted(risks) and risks[0] < risks[-1]


def test_an_ungrounded_number_is_doubtful_and_a_grounded_one_is_sure() -> None:
    analysis = analyze_en("S2 measured 12.47 mm but S3 measured 77.7 mm.")
    chances = dict(zip((p.text for p in analysis.phrases), built_in_model().edit_probabilities(analysis), strict=True))
    assert band(chances["77.7 mm."]) == "doubtful"
    assert band(chances["12.47 mm"]) == "sure"
    assert phrase_with(analysis, "77.7").reasons


def test_an_omission_raises_the_risk() -> None:
    analysis = draw_analysis(np.random.default_rng(0))
    more = replace(analysis, features={**analysis.features, "log1p_omissions": 1.0})
    assert built_in_model().risk(more) > built_in_model().risk(analysis)


def test_the_combined_logit_is_that_of_at_least_one_edit() -> None:
    analysis = draw_analysis(np.random.default_rng(0), phrases=2)
    wrong = 1 - 0.9 * 0.8
    assert risk_row(analysis, (0.1, 0.2))[0] == pytest.approx(np.log(wrong / (1 - wrong)))


def test_a_summary_without_phrases_has_a_risk_and_no_edits() -> None:
    analysis = analyze_en("")
    assert built_in_model().edit_probabilities(analysis) == ()
    assert 0.0 <= built_in_model().risk(analysis) <= 1.0


def test_a_layer_without_change_is_the_sigmoid_and_a_tied_one_is_platts() -> None:
    logits = np.array([-50.0, -2.0, 0.0, 3.0, 50.0])
    assert Layer().probabilities(logits) == pytest.approx(sigmoid(logits))
    assert Layer(a=0.5, b=0.5, c=1.0).probabilities(logits) == pytest.approx(sigmoid(0.5 * logits + 1.0))


def test_a_model_survives_json_unchanged() -> None:
    model = replace(built_in_model(), phrase_layer=Layer(0.9, 1.1, -0.2), is_cold_start=False, origin="verdicts")
    assert EditModel.from_json(json.loads(json.dumps(model.to_json()))) == model


def test_a_model_of_another_feature_version_is_refused_in_words() -> None:
    values = built_in_model().to_json() | {"feature_version": 999}
    with pytest.raises(ModelError, match="features of version 999") as caught:
        EditModel.from_json(values)
    assert caught.value.code == "calibration.feature_version"


@pytest.mark.parametrize("damage", [{"phrase_model": {}}, {"risk_layer": {"d": 1}}, {"phrase_layer": None}])
def test_a_damaged_model_is_refused_in_words(damage: dict[str, object]) -> None:
    with pytest.raises(ModelError) as caught:
        EditModel.from_json(built_in_model().to_json() | damage)
    assert caught.value.code == "calibration.damaged"


def test_a_model_of_other_features_is_refused() -> None:
    values = built_in_model().to_json()
    values["phrase_model"]["names"] = ["x", *values["phrase_model"]["names"][1:]]
    with pytest.raises(ModelError, match="features"):
        EditModel.from_json(values)


def test_the_shipped_mapping_is_used_where_there_is_one(tmp_path, monkeypatch) -> None:
    shipped = replace(built_in_model(), origin="generated documents")
    path = tmp_path / "calibration.json"
    monkeypatch.setattr(edit_model, "SHIPPED_CALIBRATION", path)
    assert cold_start_model().origin == "built-in"
    path.write_text(json.dumps(shipped.to_json()), encoding="utf-8")
    assert cold_start_model() == shipped
    assert cold_start_model().is_cold_start


def test_the_shipped_model_doubts_words_that_are_neither_the_documents_nor_the_models_own() -> None:
    def chance(word: str, probability: float) -> float:
        summary = f"Lot A-4021, {word}."
        tokens = score_tokens(summary, probability=probability)
        analysis = analyze(LOG_EN, summary=summary, tokens=tokens, language="en")
        place = next(number for number, phrase in enumerate(analysis.phrases) if word in phrase.text)
        return cold_start_model().edit_probabilities(analysis)[place]

    assert band(chance("repairer", 0.05)) == "doubtful"
    assert band(chance("repairer", 0.9)) == "sure"
    assert chance("diameter", 0.05) < chance("repairer", 0.05) / 2
