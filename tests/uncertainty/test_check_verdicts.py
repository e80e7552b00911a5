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
