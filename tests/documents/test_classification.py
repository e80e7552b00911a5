"""Language, kind and title are guessed as a person would."""

from __future__ import annotations

import pytest

from backend.documents.classification import find_title, guess_kind, guess_language
from tests.documents.corpus import LOG_EN, LOG_JA

SPECIFICATION_EN = "Draft specification, rev. B\n1 Scope\nThe housing shall withstand 5 bar. Material: TBD.\n"
SPECIFICATION_JA = "購入仕様書（案）\n1. 適用範囲\n本仕様は筐体に適用する。材質は SUS304 とする。公差は図面による。\n"
REPORT_EN = "Flight 12 diverted after smoke was seen in the cabin. The crew landed safely.\n"
REPORT_JA = "打合せ議事録\n来週の出張について話し合った。次回は金曜日。\n"


@pytest.mark.parametrize(
    ("text", "kind", "language"),
    [
        (LOG_EN, "inspection_log", "en"),
        (LOG_JA, "inspection_log", "ja"),
        (SPECIFICATION_EN, "specification", "en"),
        (SPECIFICATION_JA, "specification", "ja"),
        (REPORT_EN, "report", "en"),
        (REPORT_JA, "report", "ja"),
        ("TESTING ENGINE LENGTH WINDING", "report", "en"),
    ],
)
def test_kind_and_language_are_guessed(text, kind, language):
    assert (guess_kind(text), guess_language(text)) == (kind, language)


def test_codes_in_latin_letters_do_not_make_a_japanese_log_english():
    assert guess_language("ロット LOT-A1042-XY 品番 SHAFT-12-B：合格 QA-7731") == "ja"


def test_one_japanese_name_does_not_make_an_english_log_japanese():
    assert guess_language(f"{LOG_EN} Approved by 佐藤") == "en"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("=====\nLog 5\nOK", "Log 5"),
        ("note\n## Lot 5\nOK", "Lot 5"),
        ("-----\n:", "-----"),
        ("#5 broken", "#5 broken"),
    ],
)
def test_the_title_is_a_heading_or_the_first_telling_line(text, title):
    assert find_title(text) == title
