"""How numbers go together: every right statement is left alone, every wrong one is named with its reason."""

from __future__ import annotations

import pytest

from tests.uncertainty.examples import analyze_en, analyze_ja, codes, phrase_with

LOG = """Pre-shipment inspection N-19580 clamp plate
Lot 98L-1618, 120 pcs, 2024-02-16, TS
1. Take 8 pcs at random - done
2. Check burr height, max. 0.20: 0.16 mm - OK
3. Check hole pitch, 90.00 ±0.10: 89.99 mm - OK
4. Check weight, 310.0 to 312.0: 311.4 g - OK
5. Nonconforming: 2 of 8 pcs
6. Finished at 21:05"""
TABLE = """lot,part,date,qty,sample
2412-3351,M-14457,12/3,404,50
item,limit,value,unit,judge
hardness HRC,28-32,25.9,HRC,FAIL
overall length,209.8-210.2,210.1,mm,OK"""
CHANGE = "Hardness changed from 52 - 58 to 52 - 56 HRC. Length 12.0 ±0.3 mm."


@pytest.mark.parametrize(
    ("document", "summary"),
    [
        (LOG, "Sample 8 of 120 pcs."),
        (LOG, "2 of 8 pcs affected."),
        (LOG, "2 of 120 pcs affected."),
        (LOG, "Burr height 0.16 mm (limit 0.20)."),
        (LOG, "Burr height 0.16 mm against max. 0.20."),
        (LOG, "Hole pitch 89.99 mm, limit 90.00 ±0.10."),
        (LOG, "Hole pitch 89.99 mm, limit 89.90 to 90.10."),
        (LOG, "Weight 311.4 g within 310.0 to 312.0."),
        (LOG, "Finished at 21:05."),
        (TABLE, "Lot 2412-3351 (M-14457): hardness 25.9 HRC, limit 28-32; 50 of 404 pcs."),
        (TABLE, "Overall length 210.1 mm against 209.8-210.2 mm."),
        (CHANGE, "Hardness changed from 52 - 58 to 52 - 56."),
        (CHANGE, "Hardness is now 52 - 56 HRC (previously 52 - 58)."),
        ("Nothing is counted here: 3 and 50.", "3 of 50."),
        ("All 8 of 8 pcs passed, lot of 120 pcs.", "8 of 8 pcs passed."),
        ("Sample: 8 pcs.", "8 of 8 pcs."),
        ("Lot of 50 pcs. Three shafts were taken, two failed.", "2 of 3 shafts failed."),
        (f"{CHANGE} The temperature was 20 °C, later 25 °C.", "The temperature rose from 20 to 25 °C."),
        ("3 lots had a gap below 0.05 mm.", "At least 3 lots had a gap below 0.05 mm."),
        ("Qty: 8 pcs, sample: 8, 2 NG pcs.", "8 of 8 pcs."),
    ],
)
def test_what_the_document_says_is_left_alone(document: str, summary: str) -> None:
    found = analyze_en(summary, document)
    assert [(phrase.text, phrase.reasons) for phrase in found.phrases if phrase.features["is_ungrounded"]] == []


@pytest.mark.parametrize(
    ("document", "summary", "phrase", "code"),
    [
        (LOG, "Sample 120 of 120 pcs.", "120", "reason.share_not_in_source"),
        (LOG, "Sample 8 of 8 pcs.", "8 pcs.", "reason.share_not_in_source"),
        (LOG, "Sample 8 of 16 pcs.", "8", "reason.share_not_in_source"),
        (LOG, "3 of 120 pcs affected.", "3", "reason.share_not_in_source"),  # 3 numbers a line only
        (LOG, "120 of 8 pcs affected.", "120", "reason.share_not_in_source"),
        (LOG, "Sample 8 of 2024-02-16.", "8", "reason.share_not_in_source"),
        (LOG, "Burr height 0.16 mm (limit 0.16 mm).", "0.16 mm).", "reason.reading_as_limit"),
        (LOG, "Hole pitch 89.99 mm against ≤0.10.", "≤0.10.", "reason.reading_as_limit"),
        (LOG, "Burr height 0.16 mm, limit 90.00 ±0.10.", "90.00", "reason.limit_of_other_reading"),
        (LOG, "Weight 311.4 g within 310.0 to 311.4.", "310.0", "reason.range_differs"),
        (LOG, "Hole pitch 90.00 ±0.20.", "90.00", "reason.range_differs"),
        (LOG, "Due in 21 days.", "21 days.", "reason.number_not_in_source"),
        (TABLE, "Hardness 25.9 mm.", "25.9 mm.", "reason.unit_differs"),
        (TABLE, "Lot M-14457 is accepted.", "M-14457", "reason.belongs_to_other_item"),
        (CHANGE, "Hardness changed from 52 - 56 to 52 - 58.", "52", "reason.change_contradicts"),
        (CHANGE, "Hardness changed from 52 - 56 to 52 - 56.", "52", "reason.change_contradicts"),
        (CHANGE, "Hardness 52 - 58, was 52 - 56 HRC.", "52 - 58,", "reason.change_contradicts"),
    ],
)
def test_numbers_that_the_document_relates_otherwise_are_named(
    document: str, summary: str, phrase: str, code: str
) -> None:
    found = analyze_en(summary, document)
    assert phrase_with(found, phrase).features["is_ungrounded"] == 1.0
    assert code in codes(found, phrase)


@pytest.mark.parametrize(
    ("summary", "phrase", "code"),
    [
        ("20個中20個が規格外。", "20個が", "reason.share_not_in_source"),
        ("反り0.87mm（規格0.87）。", "0.87）。", "reason.reading_as_limit"),
        ("質量119.2g（規格1.00以下）。", "1.00以下）。", "reason.limit_of_other_reading"),
        ("粘度を900〜1000から900〜1050に変更。", "900〜1000", "reason.change_contradicts"),
    ],
)
def test_japanese_statements_are_checked_alike(summary: str, phrase: str, code: str) -> None:
    document = (
        "ロット99L-269　数量400個、抜取20個\n反り 0.87mm（規格1.00以下）OK\n質量 119.2g（規格118.0±3.0）良\n"
        "規格外れ20個中3個\n粘度を900〜1050から900〜1000に変更"
    )
    assert code in codes(analyze_ja(summary, document), phrase)
    right = "20個中3個が規格外。反り0.87mm（規格1.00以下）。質量119.2g（規格118.0±3.0）。"
    for text in (right, "粘度を900〜1050から900〜1000に変更。"):
        assert not any(one.features["is_ungrounded"] for one in analyze_ja(text, document).phrases)
