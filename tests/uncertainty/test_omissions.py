from __future__ import annotations

import pytest

from tests.uncertainty.examples import LOG_EN, LOG_JA, analyze_en, analyze_ja

COMPLETE_EN = (
    "Lot A-4021: S2 measured 12.47 mm and was out of tolerance. Lot A-4022 is on hold. "
    "Open: gauge calibration to be confirmed."
)
COMPLETE_JA = "ロットA-4021のNo.2は12.47mmで不合格。ロットA-4022は保留。是正処置は未完了。"


def test_a_summary_that_carries_everything_omits_nothing() -> None:
    assert analyze_en(COMPLETE_EN).omissions == ()
    assert analyze_ja(COMPLETE_JA).omissions == ()


@pytest.mark.parametrize(
    ("left_out", "kind", "line"),
    [
        ("S2 measured 12.47 mm and was out of tolerance. ", "ng", "S2 12.47 mm NG"),
        ("Lot A-4022 is on hold. ", "hold", "Lot A-4022 on hold until the customer replies."),
        (
            "Open: gauge calibration to be confirmed.",
            "open_item",
            "Open item: gauge calibration to be confirmed.",
        ),
    ],
)
def test_what_an_english_summary_leaves_out_is_reported_with_its_line(left_out: str, kind: str, line: str) -> None:
    (omission,) = analyze_en(COMPLETE_EN.replace(left_out, "")).omissions
    assert (omission.kind, omission.text) == (kind, line)
    assert LOG_EN[omission.source.start_char : omission.source.end_char] == line


@pytest.mark.parametrize(
    ("left_out", "kind", "line"),
    [
        ("のNo.2は12.47mmで不合格", "ng", "No.2 12.47 mm 不合格"),
        ("ロットA-4022は保留。", "hold", "ロットA-4022は保留。"),
        ("是正処置は未完了。", "open_item", "是正処置は未完了。"),
    ],
)
def test_what_a_japanese_summary_leaves_out_is_reported_with_its_line(left_out: str, kind: str, line: str) -> None:
    (omission,) = analyze_ja(COMPLETE_JA.replace(left_out, "")).omissions
    assert (omission.kind, omission.text) == (kind, line)
    assert LOG_JA[omission.source.start_char : omission.source.end_char] == line


@pytest.mark.parametrize(
    "line",
    [
        "Judgement: OK / NG",
        "NG: 0",
        "Open items: none.",
        "NG items shall be quarantined.",
        "If a part fails, it is put on hold.",
        "不合格 0件",
        "残件：なし",
        "不合格の場合は隔離する",
    ],
)
def test_rules_choices_and_counts_of_none_are_no_findings(line: str) -> None:
    assert analyze_en("S1 was accepted.", f"S1 12.4 mm OK\nS2 12.4 mm OK\n{line}").omissions == ()


def test_everyday_words_in_running_text_are_no_findings() -> None:
    document = "The crew failed to call the tower. " * 10 + "They were pending a reply. " * 10
    assert analyze_en("The crew landed.", document).omissions == ()


def test_a_count_of_the_wrong_ones_carries_them_together() -> None:
    document = "\n".join(f"S{n} {12 + n / 100:.2f} mm {'NG' if n < 3 else 'OK'}" for n in range(9))
    assert analyze_en("3 samples were NG.", document).omissions == ()


def test_a_long_list_of_omissions_is_cut() -> None:
    document = "\n".join(f"S{n} {12 + n / 100:.2f} mm NG" for n in range(50))
    assert len(analyze_en("Everything is fine.", document).omissions) == 5


@pytest.mark.parametrize("line", ["外観：ＮＧ", "外観：NG", "外観　ＮＧ", "①外観：ＮＧ", "外観NG"])
def test_a_finding_in_full_width_letters_is_reported_at_its_place(line: str) -> None:
    document = f"検査記録\n部品　軸\n{line}\n寸法：OK\n検査員　田中"
    (omission,) = analyze_ja("寸法はOK。", document).omissions
    assert omission.text == line
    assert document[omission.source.start_char : omission.source.end_char] == line
