"""Sentences by rules, in two languages."""

import pytest

from backend.documents.sentences import join_sentences, split_sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Width 12.4 mm. Lot No. 7 passed.", ["Width 12.4 mm.", "Lot No. 7 passed."]),
        ("Result: NG\n-----\nHold lot A-7", ["Result: NG", "Hold lot A-7"]),
        ("合格。「不良なし。」次に進む", ["合格。", "「不良なし。」", "次に進む"]),
        ('He said "stop." Then left.', ['He said "stop."', "Then left."]),
        (" \n\n ", []),
    ],
)
def test_sentences_end_at_marks_and_lines_but_not_inside_numbers_and_abbreviations(text, expected):
    assert split_sentences(text) == expected


def test_a_line_without_an_end_mark_gets_one_when_it_is_joined():
    assert join_sentences(["Result: NG", "Lot A-7 held."]) == "Result: NG. Lot A-7 held."
    assert join_sentences(["判定：不合格", "保留とする。"]) == "判定：不合格。 保留とする。"
