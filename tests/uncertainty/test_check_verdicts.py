from __future__ import annotations

import pytest

from tests.uncertainty.examples import analyze_en, codes


@pytest.mark.parametrize(
    ("document", "summary", "found"),
    [
        ("S1 12.5 mm NG", "S1 is OK.", "NG"),
        ("S1 12.5 mm OK", "S1 was rejected.", "OK"),
        ("S1 12.5 mm NG\nS2 12.4 mm OK", "S1 is OK.", "NG"),
        ("The lot is on hold.", "The lot was released.", "on hold"),
        ("No.1 12.5 mm 不合格", "No.1は合格。", "不合格"),
    ],
)
def test_a_verdict_contrary_to_the_documents_is_doubtful(document: str, summary: str, found: str) -> None:
    analysis = analyze_en(summary, document)
    (phrase,) = [phrase for phrase in analysis.phrases if phrase.kind == "verdict"]
    assert [reason.code for reason in phrase.reasons] == ["reason.verdict_contradicts"]
    assert phrase.reasons[0].parameters["found"] == found


@pytest.mark.parametrize("summary", ["S2 is NG.", "S1 was accepted.", "S2 is out of tolerance."])
def test_a_verdict_in_other_words_is_grounded(summary: str) -> None:
    (phrase,) = [phrase for phrase in analyze_en(summary).phrases if phrase.kind == "verdict"]
    assert (phrase.features["is_grounded"], phrase.reasons) == (1.0, ())


@pytest.mark.parametrize(
    ("ending", "summary"),
    [
        ("Lot status: ON HOLD", "The lot was accepted."),
        ("So the lot is rejected.", "The lot was accepted."),
        ("lot result,accepted", "The lot was rejected."),
        ("総合判定：保留", "ロットは合格。"),
        ("ロットは不合格とします", "ロットは合格。"),
    ],
)
def test_the_verdict_on_the_whole_outweighs_those_on_single_readings(ending: str, summary: str) -> None:
    analysis = analyze_en(summary, f"diameter 12.4 mm OK\nlength 99.1 mm NG\n{ending}")
    (phrase,) = [phrase for phrase in analysis.phrases if phrase.kind == "verdict"]
    assert [reason.code for reason in phrase.reasons] == ["reason.verdict_contradicts"]


def test_a_verdict_where_the_document_gives_none_is_doubtful() -> None:
    assert codes(analyze_en("It was rejected.", "The shaft is long."), "rejected") == ["reason.verdict_not_in_source"]


def verdict_codes(summary: str, document: str) -> list[list[str]]:
    analysis = analyze_en(summary, document)
    return [[reason.code for reason in phrase.reasons] for phrase in analysis.phrases if phrase.kind == "verdict"]


MIXED = "shaft diameter 12.40 mm OK\nflatness 0.12 mm NG\n"


@pytest.mark.parametrize(
    ("document", "summary"),
    [
        (MIXED + "Lot L1: HOLD", "Lot accepted."),
        ("S1 OK\nS2 HOLD", "The lot is accepted."),
        ("diameter OK\nflatness OK\nHOLD until the report is there", "Accepted."),
        (MIXED, "The lot was released."),
        (MIXED, "Flatness OK."),
        (MIXED, "flatness is within limits."),
        (MIXED, "All characteristics are in tolerance."),
        ("外径 OK\n平面度 NG\n保留", "ロットは合格。"),
        ("外径 合格\n平面度 不合格", "平面度は合格。"),
        ("外径 合格\n平面度 不合格", "全項目合格。"),
    ],
)
def test_a_verdict_that_another_item_of_the_document_has_is_not_enough(document: str, summary: str) -> None:
    assert verdict_codes(summary, document) == [["reason.verdict_contradicts"]]


@pytest.mark.parametrize(
    ("document", "summary"),
    [
        (MIXED, "Diameter OK, flatness NG."),
        (MIXED, "Lot rejected."),
        (MIXED + "Reworked and checked again.\nFinal result: OK", "Accepted."),
        (MIXED + "OK", "The lot was released."),
        ("Accepted after 3 NG pieces were sorted out.", "Lot accepted."),
        ("diameter 5 mm OK\nPending: report, 10 Jan\nResult: PASS", "Accepted, all checks in tolerance."),
        ("10:12 lot 46J-6516: Accept", "Lot 46J-6516 was accepted."),
        ("外径 合格\n平面度 合格", "全項目合格。"),
        ("外径 合格\n平面度 不合格", "平面度は不合格。"),
    ],
)
def test_a_verdict_that_the_document_supports_stays_grounded(document: str, summary: str) -> None:
    assert all(found == [] for found in verdict_codes(summary, document))
