from __future__ import annotations

import gradio as gr
import pytest

from app.pages.handling import (
    RequestError,
    optional_id,
    require_choice,
    require_id,
    require_number,
    require_text,
    shows_errors,
)
from backend.errors import DocumentError


def test_an_error_is_raised_as_a_message_without_markup():
    @shows_errors("en")
    def handler():
        raise DocumentError("document.test", "{name} is broken.", name="<img onerror=alert(1)>")

    with pytest.raises(gr.Error) as caught:
        handler()
    assert caught.value.message == "&lt;img onerror=alert(1)&gt; is broken."


@pytest.mark.parametrize("value", [None, "", "x", -1, 0, 1.5, float("nan"), float("inf"), 2**60, [], {"a": 1}])
def test_what_is_no_number_of_a_thing_is_refused(value):
    with pytest.raises(RequestError):
        require_id(value)


def test_numbers_of_things_come_as_numbers_or_texts():
    assert (require_id(12.0), require_id("7"), optional_id(None), optional_id("")) == (12, 7, None, None)


def test_a_choice_must_be_on_the_page():
    assert require_choice("a", choices=("a", "b")) == "a"
    for value in ("c", None, ["a"]):
        with pytest.raises(RequestError):
            require_choice(value, choices=("a", "b"))


def test_a_number_must_be_in_its_range():
    assert require_number("0.5", low=0, high=1) == 0.5
    for value in (1.01, -0.1, float("nan"), "x", None):
        with pytest.raises(RequestError):
            require_number(value, low=0, high=1)


def test_a_text_is_cleaned_and_limited():
    assert require_text("a\r\nb\rc\x00", limit=10) == "a\nb\nc"
    assert require_text("\ud800", limit=10) == "?"
    assert require_text(None, limit=10) == ""
    for value in ("x" * 11, 5):
        with pytest.raises(RequestError):
            require_text(value, limit=10)
