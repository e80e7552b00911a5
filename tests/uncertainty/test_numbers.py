from __future__ import annotations

import pytest

from backend.uncertainty.facts import find_facts
from backend.uncertainty.folding import fold
from backend.uncertainty.numbers import find_number_words


def read(text: str) -> list[tuple[str, list[float]]]:
    """Each number of a text with the likeliest values of its parts."""
    return [
        (text[fact.start_char : fact.end_char], [quantity.values[0] for quantity in fact.quantities])
        for fact in find_facts(text)
        if fact.kind == "number"
    ]


@pytest.mark.parametrize(
    ("text", "phrase", "values"),
    [
        ("was 12.4 mm wide", "12.4 mm", [12.4]),
        ("was 12.40mm wide", "12.40mm", [12.4]),
        ("tolerance ±0.05", "±0.05", [0.05]),
        ("size 12.4 ±0.05 mm", "12.4 ±0.05 mm", [12.4, 0.05]),
        ("limits 11.95–12.05 here", "11.95–12.05", [11.95, 12.05]),
        ("limits 11.95 to 12.05 mm", "11.95 to 12.05 mm", [11.95, 12.05]),
        ("+0.05/-0.02 mm", "+0.05/-0.02 mm", [0.05, 0.02]),
        ("runout ≤ 0.8", "≤ 0.8", [0.8]),
        ("at 1,234 pcs", "1,234 pcs", [1234]),
        ("at 1,234,567.5", "1,234,567.5", [1234567.5]),
        ("at 1.234.567,5", "1.234.567,5", [1234567.5]),
        ("at 12,4 mm", "12,4 mm", [12.4]),
        ("at 0,012 mm", "0,012 mm", [0.012]),
        ("at .5 mm", ".5 mm", [0.5]),
        ("at 1.2e3 N", "1.2e3 N", [1200]),
        ("3千個を検査", "3千個", [3000]),
        ("12万個", "12万個", [120000]),
        ("12万3千円", "12万3千円", [123000]),
        ("1.5億円", "1.5億円", [150000000]),
        ("3 million cycles", "3 million", [3000000]),
        ("１２．４ｍｍ", "１２．４ｍｍ", [12.4]),
        ("公差は±０．０５である", "±０．０５", [0.05]),
        ("0.8以下とする", "0.8以下", [0.8]),
        ("10 x 20 x 30 mm", "10 x 20 x 30 mm", [10, 20, 30]),
        ("at 25 °C", "25 °C", [25]),
        ("at 25℃で", "25℃", [25]),
        ("Ra 1.6 µm", "Ra 1.6 µm", [1.6]),
        ("φ12.4の穴", "φ12.4", [12.4]),
        ("about 5% of", "5%", [5]),
        ("5％の", "5％", [5]),
    ],
)
def test_a_number_is_read_with_its_sign_unit_and_tolerance(text: str, phrase: str, values: list[float]) -> None:
    assert read(text) == [(phrase, values)]


@pytest.mark.parametrize(
    ("text", "resolution"),
    [
        ("12 mm", 1.0),
        ("12.40 mm", 0.01),
        ("1,234 pcs", 1.0),
        ("12,4 mm", 0.1),
        ("5e-6 Pa", 1e-6),
        ("1.25e3 N", 10.0),
        ("12万個", 1e4),
        ("1.5億円", 1e7),
        ("12万3千円", 1e3),
        ("12万3456円", 1.0),
        ("1億2千万円", 1e7),
        ("1億2千万500円", 1.0),
        ("2.5 million cycles", 1e5),
    ],
)
def test_a_number_knows_the_value_of_its_last_place(text: str, resolution: float) -> None:
    (quantity,) = find_facts(text)[0].quantities
    assert quantity.resolution == pytest.approx(resolution)


def test_a_range_gives_its_unit_to_both_ends() -> None:
    (fact,) = find_facts("11.95–12.05 mm")
    assert [quantity.unit.name for quantity in fact.quantities if quantity.unit] == ["mm", "mm"]


@pytest.mark.parametrize(
    ("text", "comparison"),
    [
        ("≤ 0.8", "at_most"),
        (">= 0.8", "at_least"),
        ("0.8以上", "at_least"),
        ("0.8 max", "at_most"),
        ("0.8", ""),
    ],
)
def test_a_limit_keeps_its_direction(text: str, comparison: str) -> None:
    (fact,) = find_facts(text)
    assert fact.quantities[0].comparison == comparison


def test_a_word_behind_a_space_is_not_taken_for_inches_or_ampere() -> None:
    assert read("found 3 in lot B, 5 A parts") == [("3", [3]), ("5", [5])]


def test_cells_of_comma_separated_values_stay_apart() -> None:
    assert read("viscosity,450-530,551,cP,FAIL") == [("450-530", [450, 530]), ("551", [551])]


def test_counts_written_as_words_are_numbers() -> None:
    found = [quantity.values[0] for quantity in find_number_words(fold("two parts, Twelve lots, 三個, 三重"))]
    assert found == [2, 12, 3]


def test_a_number_of_absurd_length_is_read_without_an_error() -> None:
    assert len(read("9" * 5000)) == 1
