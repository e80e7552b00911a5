"""Delimited text becomes rows, whatever the delimiter."""

from __future__ import annotations

import pytest

from backend.documents.delimited import extract_csv


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_delimiter_gives_the_same_rows(delimiter):
    text = delimiter.join(["Lot", "Value", "OK"]) + "\r\n" + delimiter.join(["A-1", "12.03", ""]) + "\r\n"
    assert extract_csv(text).text == "Lot | Value | OK\nA-1 | 12.03"


def test_quotes_hold_commas_quotes_and_line_breaks():
    assert extract_csv('a,"b, ""c""\nd"\n1,2\n').text == 'a | b, "c" d\n1 | 2'


def test_decimal_commas_do_not_beat_semicolons():
    assert extract_csv("d;12,03;x\nd;12,05;y\n").text == "d | 12,03 | x\nd | 12,05 | y"


def test_prose_and_single_columns_stay_as_they_are():
    text = 'The shaft, as measured, is fine.\nNo remark.\nIt is "OK".\n'
    assert extract_csv(text).text == text


def test_a_field_that_swallows_the_file_is_kept_as_lines():
    text = 'a,b\n"c,d\n' + "e,f\n" * 40_000
    extraction = extract_csv(text)
    assert (extraction.text, extraction.notes) == (text, ("table.kept_as_text",))
