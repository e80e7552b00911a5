"""Excel workbooks → readable lines: a row is "A | B | C", a sheet's name is a heading.

In: the bytes of an xlsx file. Out: an `Extraction`. Values stand as people know them: ISO dates, percent as
shown, no binary noise behind the decimals. A number has at least the decimals that its cell's format shows
(a measured "12.40" keeps its zero) and never fewer than are stored: rounding could hide a value out of
tolerance. Knows nothing of cleaning, titles or limits in bytes.
"""

from __future__ import annotations

import datetime
import io
import re

from openpyxl import load_workbook

from backend.documents.extraction import Extraction
from backend.documents.limits import STOP_CHARACTERS
from backend.documents.rows import SEPARATOR, format_rows

_NUMBER_FORMAT = re.compile(r"[#,0]*0(?:\.(?P<decimals>0+))?(?P<percent>%?)(?:_.)?(?:;.*)?")


def extract_workbook(data: bytes, *, name: str) -> Extraction:
    """Read the visible sheets of a workbook in order.

    Args:
        data: an xlsx file that passed the container check.
        name: not used; every reader takes it.
    """
    # Opened twice: the values as last calculated, and the formulas, to see which were never calculated.
    values = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    formulas = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    if not values.sheetnames:
        # openpyxl steps over a sheet whose part is missing.
        raise ValueError("the workbook has no sheet that is there")
    notes: list[str] = []
    parts: list[str] = []
    for sheet, formula_sheet in zip(values.worksheets, formulas.worksheets, strict=True):
        if sheet.sheet_state != "visible":
            notes.append("sheets.hidden_skipped")
            continue
        # The stated size of a sheet may be wrong in both directions; without it, the cells themselves count.
        sheet.reset_dimensions()
        formula_sheet.reset_dimensions()
        rows = _read_rows(sheet, formula_sheet, notes=notes, room=STOP_CHARACTERS - sum(map(len, parts)))
        lines = format_rows(rows)
        if lines:
            parts.append("\n".join([f"# {sheet.title}", *lines]))
    return Extraction("\n\n".join(parts), notes=tuple(dict.fromkeys(notes)))


def _read_rows(sheet, formula_sheet, *, notes: list[str], room: int) -> list[list[str]]:
    """Collect the cells' texts, a list a row, until there are more characters than anyone will read."""
    rows: list[list[str]] = []
    for cells, formula_cells in zip(sheet.iter_rows(), formula_sheet.iter_rows(), strict=False):
        if not cells:
            continue
        row = [_read_cell(*pair, notes=notes) for pair in zip(cells, formula_cells, strict=False)]
        rows.append(row)
        room -= sum(map(len, row)) + len(SEPARATOR) * len(row)
        if room < 0:
            break
    return rows


def _read_cell(cell, formula_cell, *, notes: list[str]) -> str:
    value = cell.value
    # An empty cell that is typed ("str") holds a formula whose result is the empty text, as forms often do.
    if value is None and formula_cell.value is not None and cell.data_type == "n":
        notes.append("formulas.not_calculated")
        # An array formula is an object around its text.
        value = getattr(formula_cell.value, "text", formula_cell.value)
    return format_value(value, number_format=getattr(cell, "number_format", "General"))


def format_value(value: object, *, number_format: str = "General") -> str:
    """Return a cell's value as a person would write it.

    Args:
        value: what openpyxl read.
        number_format: the cell's Excel format.
    """
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _format_number(value, number_format)
        case datetime.datetime() if value.time() == datetime.time():
            return value.date().isoformat()
        case datetime.datetime():
            return value.isoformat(sep=" ", timespec="seconds" if value.second else "minutes")
        case datetime.time():
            return value.isoformat(timespec="seconds" if value.second else "minutes")
        case datetime.date():
            return value.isoformat()
    return str(value)


def _format_number(value: float, number_format: str) -> str:
    match = _NUMBER_FORMAT.fullmatch(number_format)
    percent = match["percent"] if match else ""
    # 15 significant digits are all that Excel keeps and shows.
    text = format(value * 100 if percent else value, ".15g")
    decimals = len(match["decimals"] or "") if match else 0
    if decimals and text.lstrip("-").replace(".", "").isdigit():
        whole, _, fraction = text.partition(".")
        text = f"{whole}.{fraction.ljust(decimals, '0')}"
    return text + percent
