"""A workbook reads as a person sees it."""

from __future__ import annotations

import datetime
import io
import re
import zipfile

import openpyxl
import pytest

from backend.documents.workbook import extract_workbook, format_value
from tests.documents.corpus import rewrite_zip


def save(workbook: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (0.1 + 0.2, "General", "0.3"),
        (12.4, "0.00", "12.40"),
        (12.3456, "0.00", "12.3456"),
        (12.0, "General", "12"),
        (1234567, "#,##0", "1234567"),
        (0.055, "0.0%", "5.5%"),
        (-3.5, "0.00_ ", "-3.50"),
        (1e-9, "General", "1e-09"),
        (True, "General", "TRUE"),
        (None, "General", ""),
        (datetime.datetime(2026, 3, 4), "General", "2026-03-04"),
        (datetime.datetime(2026, 3, 4, 9, 5), "General", "2026-03-04 09:05"),
        (datetime.time(9, 5, 7), "General", "09:05:07"),
        ("001", "General", "001"),
    ],
)
def test_values_stand_as_people_know_them(value, number_format, text):
    assert format_value(value, number_format=number_format) == text


def test_sheets_are_headings_and_rows_are_lines():
    workbook = openpyxl.Workbook()
    first = workbook.active
    first.title = "検査"
    first["B2"], first["C2"], first["E2"] = "Lot", "a\nb", 12.4
    first["B5"], first["C5"] = "A-1", datetime.date(2026, 3, 4)
    workbook.create_sheet("Empty")
    workbook.create_sheet("Limits")["A1"] = "12 ± 0.05"
    hidden = workbook.create_sheet("Lists")
    hidden["A1"], hidden.sheet_state = "secret", "hidden"
    extraction = extract_workbook(save(workbook), name="x")
    assert extraction.text == "# 検査\nLot | a b |  | 12.4\nA-1 | 2026-03-04\n\n# Limits\n12 ± 0.05"
    assert extraction.notes == ("sheets.hidden_skipped",)


def test_formulas_give_their_stored_values_and_otherwise_themselves():
    workbook = openpyxl.Workbook()
    workbook.active["A1"], workbook.active["B1"], workbook.active["C1"] = "=1+2", "=2+2", '=IF(1,"","x")'
    data = save(workbook)
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
    empty = r"<v\s*(?:/>|></v>)"
    stored, changes = re.subn(rf"<f>1\+2</f>{empty}", "<f>1+2</f><v>3</v>", sheet)
    stored, more_changes = re.subn(r'<c r="C1">', '<c r="C1" t="str">', stored)
    assert (changes, more_changes) == (1, 1)
    extraction = extract_workbook(rewrite_zip(data, {"xl/worksheets/sheet1.xml": stored.encode()}), name="x")
    assert extraction.text == "# Sheet\n3 | =2+2"
    assert extraction.notes == ("formulas.not_calculated",)


def test_a_wrong_stated_size_hides_no_cell():
    workbook = openpyxl.Workbook()
    for row in range(1, 4):
        workbook.active.append([f"row {row}", row])
    data = save(workbook)
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
    lying = sheet.replace('ref="A1:B3"', 'ref="A1"')
    assert lying != sheet
    text = extract_workbook(rewrite_zip(data, {"xl/worksheets/sheet1.xml": lying.encode()}), name="x").text
    assert text.endswith("row 3 | 3")


def test_a_far_away_cell_costs_no_empty_lines():
    workbook = openpyxl.Workbook()
    workbook.active["A1"], workbook.active["D1000000"] = "near", "far"
    assert extract_workbook(save(workbook), name="x").text == "# Sheet\nnear\n |  |  | far"
