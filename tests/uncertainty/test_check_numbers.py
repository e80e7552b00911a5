from __future__ import annotations

import pytest

from tests.uncertainty.examples import LOG_EN, analyze_en, analyze_ja, codes, phrase_with


@pytest.mark.parametrize(
    "phrase",
    [
        "12.47 mm",
        "12.470 mm",
        "12.4 ±0.05 mm",
        "0.05",
        "12470 µm",
        "1.247 cm",
        "１２．４７ ｍｍ",
        "1234 pcs",
        "1,234",
        "0.491 inch",
        "≤ 0.8 mm",
        "1600 nm",
        "0.0016 mm",
    ],
)
def test_a_number_of_the_document_is_grounded_in_any_spelling_and_unit(phrase: str) -> None:
    found = phrase_with(analyze_en(f"The value was {phrase} there."), phrase.split()[0])
    assert (found.features["is_grounded"], found.reasons) == (1.0, ())


@pytest.mark.parametrize(
    ("phrase", "document"), [("12万個", "数量 120,000個"), ("3千個", "3,000個"), ("1.5 h", "90分")]
)
def test_japanese_magnitudes_and_counters_are_understood(phrase: str, document: str) -> None:
    found = phrase_with(analyze_ja(f"数は{phrase}。", document), phrase)
    assert found.features["is_grounded"] == 1.0


@pytest.mark.parametrize(
    ("phrase", "code"),
    [
        ("12.74 mm", "reason.number_not_in_source"),
        ("13.4 ±0.05 mm", "reason.number_not_in_source"),
        ("12.40 ±0.06 mm", "reason.number_not_in_source"),
        ("12.47 kg", "reason.unit_differs"),
        ("12.47 µm", "reason.unit_differs"),
        ("12.5 mm", "reason.number_rounded"),
        ("-12.47 mm", "reason.number_not_in_source"),
        ("≥ 0.8 mm", "reason.limit_contradicts"),
        ("seven", "reason.number_not_in_source"),
        ("15 March 2026", "reason.date_not_in_source"),
        ("2025-03-12", "reason.date_not_in_source"),
    ],
)
def test_a_number_or_date_that_the_document_lacks_has_its_reason(phrase: str, code: str) -> None:
    assert codes(analyze_en(f"The value was {phrase} there."), phrase) == [code]


def test_another_unit_is_named_with_what_the_document_says() -> None:
    (reason,) = phrase_with(analyze_en("It was 12.47 kg."), "12.47").reasons
    assert reason.parameters == {"text": "12.47 kg", "found": "12.47 mm"}


def test_a_unit_that_the_document_has_nowhere_is_doubtful() -> None:
    assert codes(analyze_en("It was 5 N.", "force 5, width 3 mm"), "5 N") == ["reason.unit_not_in_source"]


def test_a_unit_from_a_table_head_is_not_doubtful() -> None:
    assert codes(analyze_en("It was 12.4 mm.", "diameter (mm)\n12.4\n12.5"), "12.4") == []


@pytest.mark.parametrize("phrase", ["12 March 2026", "2026年3月12日", "令和8年3月12日", "3/12", "Mar 12"])
def test_a_date_of_the_document_is_grounded_in_any_form(phrase: str) -> None:
    found = phrase_with(analyze_en(f"Checked on {phrase} by us."), phrase)
    assert found.features["is_grounded"] == 1.0


def test_a_year_that_the_document_never_gives_is_doubtful() -> None:
    assert codes(analyze_en("Checked on 12 March 2026.", "Checked on 12 March."), "2026") == [
        "reason.date_not_in_source"
    ]


def test_a_number_is_linked_to_the_line_of_its_item() -> None:
    document = "S1 12.40 mm OK\nS2 12.40 mm OK\nS3 12.40 mm OK"
    (first, *_) = phrase_with(analyze_en("Sample S2 measured 12.40 mm.", document), "12.40").source
    assert document[first.start_char : first.end_char] == "S2 12.40 mm OK"


def test_a_decimal_comma_matches_a_decimal_point() -> None:
    assert codes(analyze_en("It was 12,47 mm."), "12,47") == []
    assert codes(analyze_en("It was 12.47 mm.", LOG_EN.replace("12.47", "12,47")), "12.47") == []
