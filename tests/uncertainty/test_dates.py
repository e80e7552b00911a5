from __future__ import annotations

import pytest

from backend.uncertainty.dates import Moment, agree, find_moments, years
from backend.uncertainty.folding import fold, fold_case


def read(text: str) -> list[Moment]:
    return list(find_moments(fold_case(text), fold(text)))


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-12",
        "2026/3/12",
        "2026.03.12",
        "12 Mar 2026",
        "12th March 2026",
        "12-Mar-2026",
        "March 12, 2026",
        "Mar. 12 2026",
        "2026年3月12日",
        "２０２６年３月１２日",
        "令和8年3月12日",
        "R8.3.12",
        "3/12",
        "3月12日",
        "12 March",
        "03/12/2026",
        "12.03.2026",
        "26/03/12",
    ],
)
def test_every_form_of_a_day_agrees_with_the_plain_one(text: str) -> None:
    (moment,) = read(text)
    assert (moment.start_char, moment.end_char) == (0, len(text))
    assert agree(moment, read("2026-03-12")[0])


@pytest.mark.parametrize("text", ["2026-03-13", "12 Mar 2025", "令和7年3月12日", "4/13", "平成8年3月12日"])
def test_another_day_or_year_does_not_agree(text: str) -> None:
    assert not agree(read(text)[0], read("2026-03-12")[0])


@pytest.mark.parametrize(
    ("one", "other"), [("14:30", "2:30 pm"), ("14時30分", "14:30"), ("9:05 am", "9:05"), ("12:10 am", "0:10")]
)
def test_times_of_day_agree_in_all_forms(one: str, other: str) -> None:
    assert agree(read(one)[0], read(other)[0])


@pytest.mark.parametrize("text", ["3/12 pcs", "12.4-12.6", "99/99", "version 1.2.3.4", "3/12個", "14:75"])
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Sample 12 may need rework.",
        "Part 3 may be cracked",
        "sample 12 may crack soon",
        "line 7 may well lag",
        "SAMPLE 12 MAY NEED REWORK.",
        "Sample 12 May not pass.",
        "Sample 12 may, if heated, bend.",
        "The 12th may have failed.",
        "since sample 12 may be off",
        "lot A-12 may distort",
        "3 of 12 may distort",
    ],
)
def test_a_number_before_the_verb_may_is_no_date(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "12 May",
        "12 MAY",
        "the 12th may",
        "due on 12 may",
        "by 12 may at noon",
        "Date: 12 may",
        "monday, 12 may",
        "12 may 2026",
        "12-may-2026",
        "between 12 may and 20 June",
        "１２　Ｍａｙ",
        "12-may",
    ],
)
def test_the_twelfth_of_may_is_a_date(text: str) -> None:
    assert any(agree(moment, read("12 May 2026")[0]) for moment in read(text))


def test_the_first_year_of_an_era_is_written_gannen() -> None:
    assert years(read("令和元年5月1日")[0]) == {2019}


def test_a_date_never_agrees_with_a_time() -> None:
    assert not agree(read("3/12")[0], read("3:12")[0])
