"""Scores of one summary: ROUGE as the package computes it, Japanese by character, facts where known."""

from __future__ import annotations

import pytest
from rouge_score import rouge_scorer

from backend.datasets import Row
from backend.errors import DataError
from backend.evaluation.summary_metrics import score_facts, score_text
from backend.training.rouge_tokens import CharacterTokenizer

REFERENCE = "Lot A-7 failed the diameter check at 12.07 mm; the parts are being held."
SUMMARY = "Parts of lot A-7 were held after failing at 12.07 mm."


def row(reference, *, language="en", extra=None):
    """A row of which only the reference counts."""
    return Row(id="a", document="d", reference=reference, language=language, extra=extra or {})


def test_english_rouge_is_that_of_the_package_with_stems():
    scores = score_text(SUMMARY, row=row(REFERENCE))
    expected = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True).score(REFERENCE, SUMMARY)
    for kind in ("rouge1", "rouge2", "rougeL"):
        assert scores[kind] == expected[kind].fmeasure
        assert 0 < scores[kind] < 1


def test_english_rouge_has_the_value_counted_by_hand():
    scores = score_text("the lot failed", row=row("the lot passed today"))
    assert scores["rouge1"] == pytest.approx(2 * 2 / (3 + 4))
    assert scores["rouge2"] == pytest.approx(2 * 1 / (2 + 3))
    assert scores["rougeL"] == pytest.approx(2 * 2 / (3 + 4))


def test_japanese_is_compared_by_character_and_by_whole_numbers():
    assert CharacterTokenizer().tokenize("外径 12.07 mmで、ＮＧ。") == ["外", "径", "12.07", "mm", "で", "ng"]


def test_japanese_rouge_has_the_value_counted_by_hand():
    scores = score_text("外径は合格", row=row("外径は不合格", language="ja"))
    assert scores["rouge1"] == pytest.approx(2 * 5 / (5 + 6))
    assert scores["rouge2"] == pytest.approx(2 * 3 / (4 + 5))
    assert scores["rougeL"] == pytest.approx(2 * 5 / (5 + 6))
    assert scores["length_characters"] == 5


def test_half_and_full_width_forms_and_katakana_are_the_same():
    scores = score_text("ロット７はＮＧ", row=row("ﾛｯﾄ7はNG", language="ja"))
    assert scores["rougeL"] == 1.0


def test_a_different_number_is_a_different_token_in_japanese():
    assert score_text("12.07", row=row("12.08", language="ja"))["rouge1"] == 0


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("summary", ["", " \n", "…"])
def test_a_summary_without_words_scores_zero(summary, language):
    scores = score_text(summary, row=row("ロット lot 7", language=language))
    assert scores["rouge1"] == scores["rouge2"] == scores["rougeL"] == scores["length_tokens"] == 0


def test_length_is_in_code_points_and_in_rouge_tokens():
    scores = score_text("Held 🙂 12 parts", row=row(REFERENCE))
    assert scores["length_characters"] == 15
    assert scores["length_tokens"] == 3


def test_a_row_without_known_facts_has_no_fact_scores():
    assert score_facts(SUMMARY, row=row(REFERENCE)) is None


def test_damaged_facts_are_an_error_for_the_user():
    with pytest.raises(DataError, match="demo-data") as caught:
        score_facts(SUMMARY, row=row(REFERENCE, extra={"facts": [{"kind": "lot"}]}))
    assert caught.value.code == "corpus.row"
