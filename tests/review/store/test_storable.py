"""Which text can be stored: everything but NUL and half surrogate pairs."""

from __future__ import annotations

import pytest

from backend.errors import ReviewError
from backend.review.store.storable import clean_typed, require_storable


def test_typed_text_loses_only_what_no_database_holds():
    assert clean_typed("a\r\nb\rc\x00d \ud83d e 😀 確か \u202e") == "a\nb\ncd \ufffd e 😀 確か \u202e"


def test_text_with_offsets_is_refused_with_the_place_of_the_broken_character():
    require_storable("😀 確か ${x} <b>", "")
    with pytest.raises(ReviewError, match=r"Character 3 of the text \(U\+D800\)") as raised:
        require_storable("fine", "ab\ud800")
    assert raised.value.code == "review.text_unstorable"
