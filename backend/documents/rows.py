"""Rows of cells → readable lines: "A | B | C".

In: cells' texts, a list a row. Out: lines. Knows nothing of where the cells come from.
"""

from __future__ import annotations

from collections.abc import Iterable

SEPARATOR = " | "


def format_rows(rows: Iterable[list[str]]) -> list[str]:
    """Return one line a row, without empty rows, columns empty on the left, and empty cells on the right.

    Args:
        rows: cells' texts.
    """
    trimmed = [_trim_right([" ".join(cell.split()) for cell in row]) for row in rows]
    filled = [row for row in trimmed if row]
    indent = min((next(i for i, cell in enumerate(row) if cell) for row in filled), default=0)
    return [SEPARATOR.join(row[indent:]) for row in filled]


def _trim_right(row: list[str]) -> list[str]:
    end = len(row)
    while end and not row[end - 1]:
        end -= 1
    return row[:end]
