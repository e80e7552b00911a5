from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backend.uncertainty.source import MAX_LINE_CHARS, best_lines, index_document, split_lines
from tests.uncertainty.examples import LOG_EN


@given(st.text(max_size=400))
def test_lines_are_ordered_and_hold_every_visible_character(text: str) -> None:
    lines = list(split_lines(text))
    assert all(a < b for a, b in lines)
    assert all(one[1] <= other[0] for one, other in zip(lines, lines[1:], strict=False))
    inside = {position for a, b in lines for position in range(a, b)}
    assert all(position in inside for position, char in enumerate(text) if not char.isspace())


def test_long_lines_are_cut_into_sentences_and_long_sentences_at_a_space() -> None:
    text = "A short one. " + "word " * 300
    lines = list(split_lines(text))
    assert text[slice(*lines[0])].strip() == "A short one."
    assert all(b - a <= 2 * MAX_LINE_CHARS for a, b in lines)


def test_the_line_with_the_rarer_words_comes_first() -> None:
    index = index_document(LOG_EN)
    best = best_lines(index, {"diameter": 1.0, "mm": 1.0})
    assert "outer diameter" in index.line_text(best[0])


def test_a_span_is_the_line_without_the_spaces_around_it() -> None:
    index = index_document("first\n   second line  \nthird")
    span = index.span(1)
    assert index.text[span.start_char : span.end_char] == "second line"


def test_an_empty_document_has_no_lines() -> None:
    assert index_document("").lines == []
