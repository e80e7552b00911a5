"""Text of a CSV or TSV file → readable lines, whatever the delimiter.

In: decoded text. Out: an `Extraction`; text that no delimiter explains stays as it is. Knows nothing of
encodings, cleaning or limits.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from backend.documents.extraction import Extraction
from backend.documents.rows import format_rows

#: The comma last: where numbers are written with decimal commas, it stands in the cells.
_DELIMITERS = ("\t", ";", "|", ",")
_SNIFFED_LINES = 50
_SNIFFED_CHARACTERS = 200 * _SNIFFED_LINES


def extract_csv(text: str) -> Extraction:
    """Read delimited text; text that no delimiter explains stays as it is.

    Args:
        text: decoded, with any line ends.
    """
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    delimiter = _find_delimiter(text)
    if delimiter is None:
        return Extraction(text)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        # For example one unclosed quote that swallows the rest: the plain lines lose nothing.
        return Extraction(text, notes=("table.kept_as_text",))
    return Extraction("\n".join(format_rows(rows)))


def _find_delimiter(text: str) -> str | None:
    """Return the delimiter that gives all lines as many columns; else the most columns in the most lines; or `None`."""
    lines = [line for line in _cut(text).split("\n") if line.strip()][:_SNIFFED_LINES]
    for delimiter in _DELIMITERS:
        if _is_even(lines, delimiter):
            return delimiter
    scores = {delimiter: _count_columns(lines, delimiter) for delimiter in _DELIMITERS}
    best = max(scores, key=lambda delimiter: scores[delimiter])
    return best if scores[best] else None


def _cut(text: str) -> str:
    """The start of a text, without a line of which only a part is in it."""
    start = text[:_SNIFFED_CHARACTERS]
    return start if start == text or "\n" not in start else start[: start.rindex("\n")]


def _is_even(lines: list[str], delimiter: str) -> bool:
    """Whether every line has the same number of columns, and more than one."""
    try:
        widths = set(_widths(lines, delimiter))
    except csv.Error:
        return False
    return len(widths) == 1 and widths != {1}


def _count_columns(lines: list[str], delimiter: str) -> float:
    """Return how many columns a line has on average, if at least half of the lines have more than one."""
    try:
        widths = list(_widths(lines, delimiter))
    except csv.Error:
        return 0.0
    split = [width for width in widths if width > 1]
    return sum(split) / len(widths) if 2 * len(split) >= len(widths) and split else 0.0


def _widths(lines: list[str], delimiter: str) -> Iterator[int]:
    return (len(row) for row in csv.reader(lines, delimiter=delimiter))
