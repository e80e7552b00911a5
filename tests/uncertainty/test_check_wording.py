from __future__ import annotations

import pytest

from tests.uncertainty.examples import LOG_EN, LOG_JA, analyze_en, analyze_ja, codes, phrase_with


def source_of(document: str, phrase: object) -> str:
    span = phrase.source[0]  # type: ignore[attr-defined]
    return document[span.start_char : span.end_char]


def test_an_identifier_of_the_document_is_linked_to_its_line() -> None:
    phrase = phrase_with(analyze_en("Lot a4021 was checked."), "a4021")
    assert phrase.features["is_grounded"] == 1.0
    assert source_of(LOG_EN, phrase).startswith("INSPECTION LOG")


def test_a_mistyped_identifier_is_doubtful_and_the_similar_one_is_named() -> None:
    reasons = phrase_with(analyze_en("Lot A-4012 was checked."), "A-4012").reasons
    assert [reason.code for reason in reasons] == [
        "reason.identifier_not_in_source",
        "reason.similar_in_source",
    ]
    assert reasons[1].parameters == {"text": "A-4012", "found": "A-4021"}


def test_a_negation_of_what_the_document_affirms_is_doubtful() -> None:
    assert codes(analyze_en("There were no cracks.", "Cracks were found."), "no cracks") == [
        "reason.negation_not_in_source"
    ]


def test_a_negation_of_the_document_is_grounded_in_both_languages() -> None:
    assert codes(analyze_en("There were no cracks."), "no cracks") == []
    assert codes(analyze_ja("亀裂は認められない。", "外観 亀裂なし"), "ない") == []


def test_a_lost_negation_is_doubtful() -> None:
    assert codes(analyze_en("Cracks were found."), "Cracks") == ["reason.negation_dropped"]
    assert codes(analyze_ja("亀裂がある。", "外観 亀裂なし"), "亀裂") == ["reason.negation_dropped"]


def test_no_open_items_is_no_reproach_where_none_are_listed() -> None:
    assert codes(analyze_en("No open items.", "S1 OK\nS2 OK"), "No open") == []


def test_a_number_of_another_item_of_the_same_sort_is_doubtful() -> None:
    phrase = phrase_with(analyze_en("S1 measured 12.47 mm."), "12.47")
    assert [reason.code for reason in phrase.reasons] == ["reason.belongs_to_other_item"]
    assert phrase.reasons[0].parameters == {"text": "12.47 mm", "found": "S2"}


def test_a_name_is_looked_up_and_a_new_one_is_doubtful() -> None:
    assert codes(analyze_en("Inspected by Tanaka."), "Tanaka") == []
    assert codes(analyze_en("Inspected by Suzuki."), "Suzuki") == ["reason.name_not_in_source"]


def test_new_words_are_named_and_counted() -> None:
    phrase = phrase_with(analyze_en("calibrated gauges exploded"), "exploded")
    assert phrase.reasons[-1].code == "reason.words_not_in_source"
    assert phrase.reasons[-1].parameters == {"words": "exploded"}
    assert phrase.features["novelty"] == pytest.approx(1 / 3)


def test_japanese_words_are_found_inside_longer_runs() -> None:
    assert codes(analyze_ja("是正は未完了。"), "是正") == []
    assert codes(analyze_ja("塗装は未完了。"), "塗装") == ["reason.words_not_in_source"]


def test_words_are_linked_to_the_line_that_says_them() -> None:
    assert source_of(LOG_EN, phrase_with(analyze_en("the outer diameter"), "diameter")).startswith("Part SH-200")
    assert source_of(LOG_JA, phrase_with(analyze_ja("是正処置は"), "是正")).startswith("是正処置")


@pytest.mark.parametrize(
    ("document", "summary", "is_grounded"),
    [
        ("Lot A-4021, part SH-200", "Part A-4021.", False),
        ("Lot A-4021, part SH-200", "Lot no. A-4021 of SH-200.", True),
        ("Lot | Part\nA-4021 | SH-200", "Part SH-200.", True),
        ("ロット：A-4021 品番：SH-200", "品番 A-4021", False),
    ],
)
def test_a_lot_number_is_no_part_number(document: str, summary: str, is_grounded: bool) -> None:
    identifiers = [p for p in analyze_en(summary, document).phrases if p.kind == "identifier"]
    assert all((phrase.features["is_grounded"] == 1.0) == is_grounded for phrase in identifiers)
    if not is_grounded:
        assert identifiers[0].reasons[0].code == "reason.belongs_to_other_item"
