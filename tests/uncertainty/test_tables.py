from __future__ import annotations

import pytest

from backend.uncertainty.source import split_lines
from backend.uncertainty.tables import Rows, read_rows

CSV = "lot,part,qty,sample\nA1,P2,404,50\nitem,limit,value,unit,judge\nbore,9.97-10.03,10.01,mm,OK\n"
BARS = "Final inspection\n| item | spec | unit |\n|---|---|---|\n| bow | max. 0.75 | mm |\n"


def rows_of(text: str) -> Rows:
    return read_rows(text, list(split_lines(text)))


@pytest.mark.parametrize(
    ("text", "cell", "heading"),
    [
        (CSV, "404", "qty"),
        (CSV, "50", "sample"),
        (CSV, "10.01", "value"),  # a table of another width begins anew
        (CSV.replace(",", ";"), "404", "qty"),
        (CSV.replace(",", "\t"), "mm", "unit"),
        (BARS, "max. 0.75", "spec"),
        (BARS, "Final", ""),
        (CSV, "lot", ""),  # the heading itself has none
        ("Lot A1, 50 pcs, 3 NG\nLot A2, 60 pcs, 4 NG", "60", ""),  # commas of a sentence make no cells
    ],
)
def test_a_cell_is_headed_by_the_first_row_built_like_its_own(text: str, cell: str, heading: str) -> None:
    rows, position = rows_of(text), text.index(cell)
    line = next(i for i, (start, end) in enumerate(rows.lines) if start <= position < end)
    assert rows.heading(line, position) == heading


def test_the_cells_of_a_row_come_without_the_spaces_around_them() -> None:
    assert rows_of(BARS).cells(3) == ["", "bow", "max. 0.75", "mm", ""]
    assert rows_of("Two words").cells(0) == []
