"""Cleaning removes what disguises or breaks a text, and nothing that a person wrote."""

from __future__ import annotations

import unicodedata

import pytest

from backend.documents.cleaning import clean_line, clean_text


@pytest.mark.parametrize(
    ("raw", "clean", "notes"),
    [
        ("a\r\nb\rc\x85d\u2028e", "a\nb\nc\nd\ne", ()),
        ("a\fb", "a\n\nb", ()),
        ("a\0b\x07", "ab", ("characters.removed",)),
        ("5\u202e.9\u2066", "5.9", ("bidi.removed",)),
        ("\u200fשלום\u200e 5", "\u200fשלום\u200e 5", ()),
        ("\ud800 \udc00", "\ufffd \ufffd", ("characters.replaced",)),
        ("\ud83d\ude00", "😀", ()),
        ("👩\u200d🏭", "👩\u200d🏭", ()),
        ("OK\U000e0041\U000e0042\u200b\ufeff", "OK", ("characters.removed",)),
        ("か\u3099 e\u0301", "が é", ()),
        ("\n\n  indented  \n\n\n\n\n\nend \u3000\n", "  indented\n\n\nend", ()),
        ("col\tcol", "col\tcol", ()),
    ],
)
def test_a_text_becomes_clean_and_says_what_changed(raw, clean, notes):
    assert clean_text(raw) == (clean, notes)


def test_kanji_of_names_keep_their_shape():
    name = "\ufa19谷"
    assert unicodedata.normalize("NFC", name) != name
    assert clean_text(name)[0] == name


def test_a_line_is_one_line_and_shortened():
    assert clean_line(" a\n b\t") == "a b"
    assert clean_line("x" * 81) == "x" * 79 + "…"
    assert clean_line("x" * 80) == "x" * 80
