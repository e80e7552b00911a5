"""What *Insights* says about the team: agreement, in words, and never about one person."""

from __future__ import annotations

import pytest

from app.pages.team import agreement_blocks, vigilance_blocks
from backend.review.queue.agreement import Agreement
from backend.review.queue.vigilance import CatchRate


def _lines(found: Agreement, language: str) -> str:
    return "\n".join(agreement_blocks(found, language=language)[-1]["lines"])


@pytest.mark.parametrize(("language", "words"), [("en", "Nobody has judged"), ("ja", "まだありません")])
def test_without_pairs_it_says_so_and_where_they_come_from(language: str, words: str):
    assert words in _lines(Agreement(0, 0, None, None, None), language)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_agreement_is_told_with_pairs_share_and_interval(language: str):
    said = _lines(Agreement(12, 9, 0.5, -0.013, 0.91), language)
    for figure in ("12", "9", "75 %", "0.50", "-0.01", "0.91"):
        assert figure in said


def test_kappa_without_two_kinds_of_verdicts_is_no_number():
    said = _lines(Agreement(3, 3, None, None, None), "en")
    assert "100 %" in said
    assert "cannot be computed" in said


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_catch_rate_is_told_with_counts_and_interval(language: str):
    none = vigilance_blocks(CatchRate(2, 0, 0, 0.0, 0.0, 1.0), language=language)[-1]["lines"][0]
    said = vigilance_blocks(CatchRate(1, 3, 2, 2 / 3, 0.094, 0.992), language=language)[-1]["lines"][0]
    assert "2" in none
    for figure in ("2", "3", "67 %", "9 %", "99 %"):
        assert figure in said
