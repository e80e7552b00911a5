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


def test_the_verb_may_makes_no_date_of_the_number_before_it() -> None:
    found = analyze_en("Sample 12 may need rework.", "Sample 12: 10.3 mm NG.")
    assert [phrase.kind for phrase in found.phrases if phrase.kind == "date"] == []
    assert phrase_with(found, "12").features["is_grounded"] == 1.0


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


@pytest.mark.parametrize(
    ("document", "summary"),
    [
        ("The oven was at 5.2 °C.", "-5 °C"),
        ("The oven was at -5.2 °C.", "5 °C"),
        ("The oven was at −5.2 °C.", "5 °C"),
        ("The oven was at －5.2 °C.", "+5 °C"),
        ("The oven was at -5 °C.", "+5 °C"),
        ("The oven was at -5 °C.", "41 °F"),
        ("The oven was at 41 °F.", "-5 °C"),
        ("The oven was at -20 ±2 °C.", "18 °C"),
        ("The oven was at -20 ±2 °C.", "22 °C"),
        ("The offset was -0.5 ±0.1 mm.", "0.6 mm"),
        ("The offset was -0.5 +0.1/-0.2 mm.", "0.7 mm"),
        ("The offset was 0.5 ±0.1 mm.", "-0.6 mm"),
        ("The offset was 0.5 mm.", "-500 µm"),
        ("The offset was -0.5 mm.", "+500 µm"),
        ("The level was -12.3 dB.", "12 dB"),
    ],
)
def test_a_value_of_the_contrary_sign_is_not_in_the_source(document: str, summary: str) -> None:
    found = phrase_with(analyze_en(f"It was {summary}.", document), summary.split()[0])
    assert found.features["is_ungrounded"] == 1.0
    assert [reason.code for reason in found.reasons] == ["reason.number_not_in_source"]


@pytest.mark.parametrize(
    ("document", "summary"),
    [
        ("The oven was at -5 °C.", "23 °F"),
        ("The oven was at 23 °F.", "-5 °C"),
        ("The oven was at −5 °C.", "－5 °C"),
        ("The oven was at -20 ±2 °C.", "-18 °C"),
        ("The oven was at -20 ±2 °C.", "-22 to -18 °C"),
        ("The offset was -0.5 ±0.1 mm.", "-0.6 mm"),
        ("The offset was -0.5 +0.1/-0.2 mm.", "-0.7 mm"),
        ("The offset was -0.5 mm.", "-500 µm"),
        ("The deviation was +0.05/-0.02 mm.", "20 µm"),
        ("The deviation was ±0.02 mm.", "-20 µm"),
        # dashes of ranges, list marks and names
        ("Keep it at 5℃-10℃.", "50 °F"),
        ("Keep it at 5℃-10℃.", "10 °C"),
        ("Keep it at 5 °C - 10 °C.", "50 °F"),
        ("Load 5%-10%.", "10%"),
        ("Width 3 - 5 mm.", "0.5 cm"),
        ("Width 3-5 mm.", "0.5 cm"),
        ("Bolts:\n- 5 mm", "0.5 cm"),
        ('Gap 3"-5".', "5 inch"),
    ],
)
def test_a_value_of_the_same_sign_is_grounded_and_a_dash_of_a_range_or_list_is_no_sign(
    document: str, summary: str
) -> None:
    numbers = [phrase for phrase in analyze_en(f"It was {summary}.", document).phrases if phrase.kind == "number"]
    assert numbers
    assert all((phrase.features["is_grounded"], phrase.reasons) == (1.0, ()) for phrase in numbers)


@pytest.mark.parametrize(("document", "summary"), [("at -5.2 °C", "-5 °C"), ("at 5.2 °C", "5 °C")])
def test_a_value_of_the_same_sign_may_be_rounded(document: str, summary: str) -> None:
    found = phrase_with(analyze_en(f"It was {summary}.", document), summary.split()[0])
    assert found.features["is_grounded"] == 1.0
    assert [reason.code for reason in found.reasons] == ["reason.number_rounded"]


@pytest.mark.parametrize(
    ("document", "summary"),
    [
        ("bore 12.00 ±0.05 mm", "bore 11.95 to 12.05 mm"),
        ("bore 11.95-12.05 mm", "bore 12.00 ±0.05 mm"),
        ("bore 12.00 ±0.05 mm", "at least 11.95 mm"),
        ("bore 12.00 +0.05/-0.02 mm", "bore 11.98 to 12.05 mm"),
        ("Qty 1,234 pcs", "1.234 pcs were checked"),
        ("length 12.345 mm", "length 12,345 mm"),
        ("数量 3百個", "300個"),
        ("数量 三百二十個", "320個"),
        ("数量 12,000個", "一万二千個"),
        ("torque 12 N·m", "12 N m"),
        ("torque 12 N·m", "1.2 kgf·m"),
        ("bore max. 0.10 mm", "at most 0.10 mm"),
        ("bore 最大0.10 mm", "0.10 mm以下"),
        ("storage at -5 °C", "minus 5 °C"),
        ("Date: ㋿8年3月12日", "2026-03-12"),
        ("TENSILE STRENGTH 520 MPA", "520 MPa"),
        ("tensile strength 520 MPa", "520 mpa"),
        ("tensile strength 520 MPA", "0.52 GPa"),
        ("viscosity stress 0.5 mPa", "0.5 MPA"),
        ("ALTITUDE 1000 FT", "304.8 m"),
        ("WIDTH 12 MM", "1.2 cm"),
        ("Date: 20260312", "2026年3月12日"),
    ],
)
def test_the_same_limit_count_unit_or_date_in_another_form_is_grounded(document: str, summary: str) -> None:
    found = [p for p in analyze_en(summary, document).phrases if p.kind in ("number", "date")]
    assert found
    assert all((phrase.features["is_grounded"], phrase.reasons) == (1.0, ()) for phrase in found)


@pytest.mark.parametrize(
    ("document", "summary", "code"),
    [
        ("bore 12.00 ±0.05 mm", "11.90 to 12.05 mm", "reason.number_not_in_source"),
        ("bore 12.00 +0.05/-0.02 mm", "12.00 +0.02/-0.05 mm", "reason.number_not_in_source"),
        ("bore 12.00 ±0.05 mm", "11.95 kg", "reason.number_not_in_source"),
        ("bore 11.95 to 12.05\nlength 3 mm, mass 3 g", "12.05 cm", "reason.unit_not_in_source"),
        ("bore max 0.10 mm", "at least 0.10 mm", "reason.limit_contradicts"),
        ("bore 最大0.10 mm", "最小0.10 mm", "reason.limit_contradicts"),
        ("length 12.345 mm", "12345 mm", "reason.number_not_in_source"),
        ("数量 三百二十個", "330個", "reason.number_not_in_source"),
        ("pressure 0.5 MPa", "0.5 mPa", "reason.unit_differs"),
        ("WIDTH 12 MM", "12 CM", "reason.unit_differs"),
        ("SPEED 350 KTS", "350 MPH", "reason.unit_differs"),
        ("storage at -5 °C", "5 °C", "reason.number_not_in_source"),
        ("Date: 20260312", "2026-03-13", "reason.date_not_in_source"),
    ],
)
def test_another_limit_count_unit_or_date_is_doubtful(document: str, summary: str, code: str) -> None:
    found = [p for p in analyze_en(summary, document).phrases if p.kind in ("number", "date")]
    assert code in [reason.code for phrase in found for reason in phrase.reasons]
    assert any(phrase.features["is_ungrounded"] for phrase in found)


@pytest.mark.parametrize(
    ("document", "summary"),
    [
        ("寸法 ①12.5mm ②13.0mm", "寸法は12.5mmと13.0mm。"),
        ("寸法①3.2mm", "寸法は3.2mm。"),
        ("寸法 ①12.5mm ②13.0mm", "①12.5mm、②13.0mm。"),
        ("寸法 ⑴12.5mm ⒉13.0mm", "寸法は12.5mmと13.0mm。"),
        ("CO₂濃度 400 ppm", "CO2濃度は400 ppm。"),
    ],
)
def test_a_number_behind_a_circled_digit_is_read_without_it(document: str, summary: str) -> None:
    assert [phrase.reasons for phrase in analyze_ja(summary, document).phrases if phrase.reasons] == []


@pytest.mark.parametrize(
    ("document", "summary", "code"),
    [
        ("leak rate 0.4 Pa", "5e-6 Pa", "reason.number_not_in_source"),
        ("leak rate 4.9e-6 Pa", "5e-6 Pa", "reason.number_rounded"),
        ("load 1.26e3 N", "1.3e3 N", "reason.number_rounded"),
        ("load 1264 N", "1.3e3 N", "reason.number_rounded"),
        ("load 1364 N", "1.3e3 N", "reason.number_not_in_source"),
        ("cost 123,456円", "12万3千円", "reason.number_rounded"),
        ("cost 123,456円", "12万円", "reason.number_rounded"),
        ("cost 123,456円", "12万4千円", "reason.number_not_in_source"),
        ("cost 12万円", "123,456円", "reason.number_not_in_source"),
    ],
)
def test_a_number_is_rounded_by_its_last_written_place(document: str, summary: str, code: str) -> None:
    assert codes(analyze_ja(f"値は{summary}。", document), summary) == [code]


@pytest.mark.parametrize(
    ("document", "summary"),
    [
        ("area 102 parts", "10 cm2"),
        ("area 42 parts", "4 m2"),
        ("density 7853 lots", "785 kg/m3"),
        ("leak rate 56 units", "5e-6 Pa"),
        ("leak rate 5 units", "5e-6 Pa"),
        ("cost 123 units", "12万3千円"),
        ("cost 12 units", "12万円"),
        ("load 2 units", "2 million cycles"),
    ],
)
def test_digits_of_a_unit_an_exponent_or_a_scale_are_no_part_of_the_number(document: str, summary: str) -> None:
    assert "reason.number_not_in_source" in codes(analyze_en(f"It was {summary}.", document), summary.split()[0])


@pytest.mark.parametrize(
    ("document", "summary"),
    [("code A-102/7", "102"), ("area A-10x", "10"), ("stage 2026-10-12", "10 cm2"), ("stage 3_10", "10")],
)
def test_digits_inside_of_a_name_or_date_are_found_as_they_are_written(document: str, summary: str) -> None:
    assert codes(analyze_en(f"It was {summary}.", document), summary.split()[0]) == []


def test_a_circled_digit_does_not_lengthen_the_number_behind_it() -> None:
    assert codes(analyze_ja("寸法は13.2mm。", "寸法①3.2mm"), "13.2mm") == ["reason.number_not_in_source"]
