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


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Welle;12,40;12,38;12,41\nBolzen;8,01;8,02;7,99\n",
         "Welle | 12,40 | 12,38 | 12,41\nBolzen | 8,01 | 8,02 | 7,99"),
        ("M1;M2;M3\n12,40;12,38;12,41\n8,01;8,02;7,99\n", "M1 | M2 | M3\n12,40 | 12,38 | 12,41\n8,01 | 8,02 | 7,99"),
        ("M1\tM2\n1,5,2\t1,6,3\n", "M1 | M2\n1,5,2 | 1,6,3"),
        ('"a;b";1,5;2,5\n"c";3,5;4,5\n', "a;b | 1,5 | 2,5\nc | 3,5 | 4,5"),
    ],
)  # fmt: skip
def test_decimal_commas_stay_whole_however_many_there_are(text, read):
    assert extract_csv(text).text == read


def test_decimal_commas_stay_whole_in_rows_of_which_the_start_of_a_file_holds_few():
    row = ";".join(["12,40", "8,01"] * 60)
    assert extract_csv(f"{row}\n" * 40).text.splitlines() == [row.replace(";", " | ")] * 40


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("lot,note\nA-1,burr; scratch\nA-2,none\n", "lot | note\nA-1 | burr; scratch\nA-2 | none"),
        ("a,b;c,d\ne,f,g\n", "a | b;c | d\ne | f | g"),
    ],
)
def test_semicolons_inside_of_some_cells_do_not_beat_commas(text, read):
    assert extract_csv(text).text == read


def test_prose_and_single_columns_stay_as_they_are():
    text = 'The shaft, as measured, is fine.\nNo remark.\nIt is "OK".\n'
    assert extract_csv(text).text == text


def test_a_field_that_swallows_the_file_is_kept_as_lines():
    text = 'a,b\n"c,d\n' + "e,f\n" * 40_000
    extraction = extract_csv(text)
    assert (extraction.text, extraction.notes) == (text, ("table.kept_as_text",))
