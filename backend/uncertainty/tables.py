"""Rows and columns of a text: cells between bars, semicolons, tabs or commas, and what heads a column.

In: a folded text and its lines. Out: the cells of a row, the heading of the column that a position lies in.
Knows nothing of facts, units or summaries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_MARKS = "|;\t,"
#: Fewer marks are punctuation of a sentence.
_MIN_MARKS = 2


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a text.

    Attributes:
        text: in `folding.fold_case`.
        lines: start and end of each line.
        tops: for each line the first of the rows above it that have as many cells; itself where there is none.
    """

    text: str
    lines: Sequence[tuple[int, int]]
    tops: Sequence[int]

    def cells(self, line: int) -> list[str]:
        """The cells of a row, without the spaces around them; none of a line that is no row."""
        row = self._line(line)
        mark = _mark_of(row)
        return [cell.strip() for cell in row.split(mark)] if mark else []

    def heading(self, line: int, position: int) -> str:
        """The cell at the top of the column that a position of the line lies in; "" where there is no column."""
        top, row = self.tops[line], self._line(line)
        mark = _mark_of(row)
        if not mark or top == line:
            return ""
        column = row[: position - self.lines[line][0]].count(mark)
        return self._line(top).split(mark)[column].strip()

    def _line(self, line: int) -> str:
        start_char, end_char = self.lines[line]
        return self.text[start_char:end_char]


def read_rows(text: str, lines: Sequence[tuple[int, int]]) -> Rows:
    """Finds which lines are rows of one table, in time linear in the text."""
    tops: list[int] = []
    before = ("", 0)
    for number, (start_char, end_char) in enumerate(lines):
        line = text[start_char:end_char]
        mark = _mark_of(line)
        shape = (mark, line.count(mark) if mark else 0)
        tops.append(tops[-1] if mark and shape == before else number)
        before = shape
    return Rows(text, lines, tops)


def _mark_of(line: str) -> str:
    for mark in _MARKS:
        if line.count(mark) - (line.count(f"{mark} ") if mark == "," else 0) >= _MIN_MARKS:
            return mark
    return ""
