from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.uncertainty.folding import content_words, fold, fold_case, stem


@given(st.text())
def test_folding_never_moves_an_offset(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert len(fold_case(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("１２．４ｍｍ", "12.4mm"),
        ("11.95–12.05", "11.95-12.05"),
        ("−0.02", "-0.02"),
        ("1〜2", "1~2"),
        ("ＡＢ\u3000１", "AB 1"),
        ("Ø12", "φ12"),
        ("m²", "m²"),
        ("㎜", "㎜"),
        ("CO₂、Al₂O₃", "CO2、Al2O3"),
    ],
)
def test_spellings_of_the_same_thing_fold_to_one(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize("text", ["①12.5", "⑨3", "⑩3", "⑴2", "⒈5", "x₁2.5", "₁", "10³", "m²", "❶4"])
def test_a_digit_that_is_no_part_of_the_number_beside_it_stays(text: str) -> None:
    assert fold(text) == text


def test_content_words_are_stems_without_function_words() -> None:
    assert [word for _, _, word in content_words("the parts were rejected")] == ["part", "reject"]


def test_kanji_and_katakana_runs_are_content_words_and_hiragana_is_not() -> None:
    assert [word for _, _, word in content_words("外径のロットは不合格である")] == [
        "外径",
        "ロット",
        "不合格",
    ]


@pytest.mark.parametrize("words", [("reject", "rejected", "rejects"), ("stop", "stopped"), ("crack", "cracks")])
def test_inflected_forms_share_a_stem(words: tuple[str, ...]) -> None:
    assert len({stem(word) for word in words}) == 1
