from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.uncertainty.facts import find_facts
from backend.uncertainty.split import Piece, split


def split_text(text: str) -> list[tuple[str, str]]:
    return [(text[p.start_char : p.end_char], p.kind) for p in split(text, find_facts(text))]


def check_cover(text: str, pieces: list[Piece]) -> None:
    covered = set()
    position = 0
    for piece in pieces:
        assert position <= piece.start_char < piece.end_char <= len(text)
        assert piece.start_char <= piece.core_start_char <= piece.core_end_char <= piece.end_char
        covered.update(range(piece.start_char, piece.end_char))
        position = piece.end_char
    assert all(index in covered for index, char in enumerate(text) if not char.isspace())


INGREDIENTS = [
    *("12.4 mm", "±0.05", "１２万", "A-4021", "2026-03-12", "令和8年", "not ", "NG", "不合格", "未完了"),
    *("。", "、", "(", ")", " ", "\n", "#", ",", ".", "the", " part ", "ロット", "である", "é", "e\u0301"),
    *("か\u3099", "👩‍🔧", "👍🏽", "\u200d", "\u0301", "🇯🇵"),
]


@given(st.text())
def test_phrases_cover_any_text_without_overlap(text: str) -> None:
    check_cover(text, split(text, find_facts(text)))


@given(st.lists(st.sampled_from(INGREDIENTS), max_size=14).map("".join))
def test_phrases_cover_texts_of_facts_emoji_and_marks_without_overlap(text: str) -> None:
    check_cover(text, split(text, find_facts(text)))


def test_an_english_sentence_becomes_facts_and_short_chunks() -> None:
    assert split_text("Lot A-4021: the outer diameter was 12.41 mm (limit 12.40 ±0.05 mm), NG.") == [
        ("Lot", "words"),
        ("A-4021:", "identifier"),
        ("the outer diameter", "words"),
        ("was", "words"),
        ("12.41 mm", "number"),
        ("(limit", "words"),
        ("12.40 ±0.05 mm),", "number"),
        ("NG.", "verdict"),
    ]


def test_a_japanese_sentence_is_cut_at_its_phrases() -> None:
    assert split_text("ロットA-4021の外径は12.4 mmで、令和8年3月12日に保留とした。") == [
        ("ロット", "words"),
        ("A-4021の", "identifier"),
        ("外径は", "words"),
        ("12.4 mmで、", "number"),
        ("令和8年3月12日に", "date"),
        ("保留とした。", "verdict"),
    ]


def test_the_core_of_a_fact_leaves_out_particle_and_punctuation() -> None:
    text = "外径は12.4 mmで、"
    piece = split(text, find_facts(text))[-1]
    assert text[piece.core_start_char : piece.core_end_char] == "12.4 mm"


@pytest.mark.parametrize("text", ["👩‍🔧 is 12 mm", "か\u3099は12個", "e\u0301 12", "👍🏽OK"])
def test_no_visible_character_is_cut(text: str) -> None:
    for phrase, _ in split_text(text):
        assert phrase[0] not in "\u3099\u0301\u200d🏽"


def test_offsets_count_code_points_behind_emoji() -> None:
    text = "👩‍🔧👍🏽 12.4 mm"
    piece = split(text, find_facts(text))[-1]
    assert text[piece.start_char : piece.end_char] == "12.4 mm"


def test_no_chunk_of_words_is_long_and_none_crosses_a_line() -> None:
    phrases = split_text("one word after another word comes along here\nand then another line follows that one")
    assert all(len(phrase.split()) <= 5 and "\n" not in phrase for phrase, _ in phrases)


def test_an_empty_text_has_no_phrases() -> None:
    assert split_text(" \n ") == []
