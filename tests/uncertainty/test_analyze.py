from __future__ import annotations

import sys
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.uncertainty.analyze import analyze, recheck
from backend.uncertainty.phrases import PHRASE_KINDS
from backend.uncertainty.tokens import ScoredToken
from tests.uncertainty.examples import LOG_EN, analyze_en, score_tokens
from tests.uncertainty.test_split import INGREDIENTS

MIXED = st.lists(st.sampled_from(INGREDIENTS), max_size=12).map("".join)


@settings(deadline=None, max_examples=150)
@given(document=st.one_of(st.text(), MIXED), summary=st.one_of(st.text(), MIXED))
def test_analysis_never_fails_and_phrases_cover_any_summary(document: str, summary: str) -> None:
    analysis = analyze(document, summary=summary, tokens=score_tokens(summary), language="en")
    covered = {index for phrase in analysis.phrases for index in range(phrase.start_char, phrase.end_char)}
    assert all(index in covered for index, char in enumerate(summary) if not char.isspace())
    assert sum(len(phrase.text) for phrase in analysis.phrases) == len(covered)
    for phrase in analysis.phrases:
        assert phrase.text == summary[phrase.start_char : phrase.end_char]
        assert phrase.kind in PHRASE_KINDS
        assert all(0 <= s.start_char < s.end_char <= len(document) for s in phrase.source)
    assert all(document[o.source.start_char : o.source.end_char] == o.text for o in analysis.omissions)


def test_reasons_of_the_document_come_before_those_of_the_model() -> None:
    summary = "It was 12.74 mm."
    tokens = score_tokens(summary, probability=0.1, information_nats=0.2)
    phrase = next(p for p in analyze(LOG_EN, summary=summary, tokens=tokens, language="en").phrases if "12" in p.text)
    assert [reason.code for reason in phrase.reasons][:3] == [
        "reason.number_not_in_source",
        "reason.model_unsure",
        "reason.posterior_disagrees",
    ]


def test_a_phrase_is_scored_by_the_tokens_of_its_core_alone() -> None:
    summary = "12.47 mm; fine"
    tokens = [
        ScoredToken("12.47 mm", 0, 8, 0.9, 0.1, 0.1, 0.0, 0.0),
        ScoredToken(";", 8, 9, 0.01, 4.0, 4.0, 0.0, 0.0),
        ScoredToken(" fine", 9, 14, 0.5, 1.0, 1.0, 0.0, 0.0),
    ]
    first, second = analyze(LOG_EN, summary=summary, tokens=tokens, language="en").phrases
    assert first.features["max_entropy_nats"] == 0.1
    assert second.features["max_entropy_nats"] == 1.0


def test_pieces_of_a_split_japanese_character_count_with_it() -> None:
    summary = "検査"
    tokens = [
        ScoredToken("", 0, 0, 0.2, 2.0, 2.0, 0.0, 0.0),
        ScoredToken("検", 0, 1, 0.9, 0.1, 0.1, 0.0, 0.0),
        ScoredToken("", 1, 1, 0.9, 0.1, 0.1, 0.0, 0.0),
        ScoredToken("査", 1, 2, 0.9, 0.1, 0.1, 0.0, 0.0),
    ]
    (phrase,) = analyze("検査", summary=summary, tokens=tokens, language="ja").phrases
    assert phrase.features["max_entropy_nats"] == 2.0


def test_an_empty_summary_has_an_analysis() -> None:
    analysis = analyze_en("")
    assert analysis.phrases == ()
    assert analysis.features["log1p_phrases"] == 0.0


def test_counts_of_the_summary_come_from_its_phrases_and_omissions() -> None:
    analysis = analyze_en("Lot A-9999 measured 99.9 mm.")
    assert analysis.features["log1p_ungrounded"] > 1.0
    assert analysis.features["log1p_omissions"] > 0.0


def test_ten_times_the_document_takes_about_ten_times_the_steps() -> None:
    """Counted in calls, which no busy machine changes; whatever compared each line with all others would take 100."""
    rows = "\n".join(
        f"Row {n} Lot A-{n:04d} diameter {12 + n / 1000:.3f} mm limit 12.40 ±0.05 {'OK' if n % 7 else 'NG'} 2026-03-12"
        for n in range(1500)
    )
    summary = "Lot A-0021 had a diameter of 12.021 mm and was NG; others passed on 2026-03-12. " * 3
    short, long = (_count_calls(rows[:characters], summary) for characters in (10_000, 100_000))
    assert long < 13 * short


def _count_calls(document: str, summary: str) -> int:
    tokens, calls = score_tokens(summary), [0]

    def count(_frame: object, event: str, _argument: object) -> None:
        calls[0] += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        analyze(document, summary=summary, tokens=tokens, language="en")
    finally:
        sys.setprofile(None)
    return calls[0]


def test_checking_anew_keeps_what_the_tokens_said_and_finds_what_the_checks_find() -> None:
    summary = "S2 is OK at 12.47 mm. Lot A-4021 accepted, 3 of 9 pcs."
    tokens = score_tokens(summary, probability=0.1, information_nats=0.2)
    found = analyze(LOG_EN, summary=summary, tokens=tokens, language="en")
    assert any(phrase.reasons for phrase in found.phrases)
    stale = replace(
        found,
        omissions=(),
        phrases=tuple(
            replace(phrase, features={**phrase.features, "is_ungrounded": 0.0, "is_contradicted": 0.0})
            for phrase in found.phrases
        ),
    )
    assert recheck(stale, LOG_EN, language="en") == found


def test_a_text_that_is_split_otherwise_now_cannot_be_checked_anew() -> None:
    found = analyze(LOG_EN, summary="S2 is OK.", tokens=[], language="en")
    assert recheck(replace(found, phrases=found.phrases[:1]), LOG_EN, language="en") is not None
    assert recheck(replace(found, phrases=(replace(found.phrases[0], kind="date"),)), LOG_EN, language="en") is None
