from __future__ import annotations

import pytest

from backend.uncertainty.judge import judge
from tests.uncertainty.examples import LOG_JA, analyze_en, analyze_ja

SUMMARY = "Lot A-4021: S2 measured 12.47 mm (limit 12.40), NG. It is on hold."


def touched(corrected: str, summary: str = SUMMARY) -> tuple[list[str], bool]:
    """The texts of the phrases that a correction marks, and whether the summary is wrong."""
    analysis = analyze_en(summary)
    flags, is_wrong = judge(analysis, summary=summary, corrected=corrected, verdict="correct")
    return [p.text for p, flag in zip(analysis.phrases, flags, strict=True) if flag], is_wrong


def test_an_approval_confirms_every_phrase() -> None:
    analysis = analyze_en(SUMMARY)
    assert judge(analysis, summary=SUMMARY, corrected=None, verdict="approve") == (
        (False,) * len(analysis.phrases),
        False,
    )


def test_a_rejection_says_nothing_of_single_phrases() -> None:
    assert judge(analyze_en(SUMMARY), summary=SUMMARY, corrected=None, verdict="reject") == ((), True)


@pytest.mark.parametrize(
    ("old", "new", "phrases"),
    [
        ("12.47", "12.46", ["12.47 mm"]),
        ("12.47 mm", "12.47 µm", ["12.47 mm"]),
        ("A-4021", "A-4012", ["A-4021:"]),
        ("NG", "OK", ["NG."]),
        ("on hold", "released", ["on hold."]),
        ("12.40", "12.45", ["12.40),"]),
        (" measured 12.47 mm (limit 12.40)", "", ["measured", "12.47 mm", "(limit", "12.40),"]),
    ],
)
def test_a_changed_phrase_is_edited_and_no_other(old: str, new: str, phrases: list[str]) -> None:
    assert touched(SUMMARY.replace(old, new)) == (phrases, True)


def test_text_added_between_phrases_is_an_omission_and_no_edit() -> None:
    assert touched(SUMMARY + " Calibration is open.") == ([], True)
    assert touched("Note. " + SUMMARY) == ([], True)


def test_an_added_negation_edits_what_it_reverses() -> None:
    summary = "The lot was accepted."
    assert touched("The lot was not accepted.", summary) == (["accepted."], True)


@pytest.mark.parametrize("corrected", [SUMMARY, SUMMARY.replace(" ", "  "), SUMMARY.replace(",", ";"), SUMMARY + "\n"])
def test_spaces_and_punctuation_are_no_correction(corrected: str) -> None:
    assert touched(corrected) == ([], False)


def test_a_moved_decimal_point_is_an_edit() -> None:
    assert touched(SUMMARY.replace("12.47", "124.7")) == (["12.47 mm"], True)


def test_a_japanese_correction_is_found_by_character() -> None:
    summary = "No.2は12.47mmで不合格。"
    analysis = analyze_ja(summary, LOG_JA)
    flags, is_wrong = judge(analysis, summary=summary, corrected="No.2は12.47mmで合格。", verdict="correct")
    assert [p.text for p, flag in zip(analysis.phrases, flags, strict=True) if flag] == ["不合格。"]
    assert is_wrong


def test_a_rewritten_summary_marks_every_phrase() -> None:
    phrases, is_wrong = touched("Nothing else matters here")
    assert is_wrong and len(phrases) == len(analyze_en(SUMMARY).phrases)


@pytest.mark.parametrize(("verdict", "corrected"), [("maybe", "x"), ("correct", None)])
def test_another_verdict_is_refused(verdict: str, corrected: str | None) -> None:
    with pytest.raises(ValueError, match="verdict"):
        judge(analyze_en(SUMMARY), summary=SUMMARY, corrected=corrected, verdict=verdict)
