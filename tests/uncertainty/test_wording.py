from __future__ import annotations

import pytest

from backend.uncertainty.folding import fold, fold_case
from backend.uncertainty.wording import find_names, find_negations, find_open_items, find_verdicts


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("OK", "good"),
        ("NG", "bad"),
        ("was accepted", "good"),
        ("was not accepted", "bad"),
        ("rejected", "bad"),
        ("within tolerance", "good"),
        ("out of tolerance", "bad"),
        ("not within limits", "bad"),
        ("exceeded the upper limit", "bad"),
        ("on hold", "hold"),
        ("no defects", "good"),
        ("nonconforming", "bad"),
        ("合格", "good"),
        ("不合格", "bad"),
        ("不良なし", "good"),
        ("異常は認められなかった", "good"),
        ("公差外れ", "bad"),
        ("規格内", "good"),
        ("保留", "hold"),
        ("特採", "hold"),
        ("手直し", "rework"),
        ("廃棄", "scrap"),
        ("外観NGのため", "bad"),
        ("NGは3件", "bad"),
        ("NG 10件", "bad"),
        ("NGは0件", "good"),
        ("NGなし", "good"),
        ("NGは認められなかった", "good"),
        ("NGではない", "good"),
        ("OK品", "good"),
        ("OKではない", "bad"),
        ("合格した", "good"),
        ("合格しなかった", "bad"),
        ("合格ではない", "bad"),
        ("不合格ではなかった", "good"),
        ("不適合は認められません", "good"),
        ("承認された", "good"),
        ("承認されていない", "bad"),
        ("承認されなかった", "bad"),
        ("未承認", "hold"),
        ("承認待ち", "hold"),
    ],
)
def test_a_verdict_has_its_class(text: str, meaning: str) -> None:
    assert [found.meaning for found in find_verdicts(fold_case(text))] == [meaning]


@pytest.mark.parametrize("text", ["broken", "booking", "ngram", "token", "不良率", "NG率は高い"])
def test_words_that_hold_a_verdict_inside_are_none(text: str) -> None:
    assert list(find_verdicts(fold_case(text))) == []


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("no cracks", "cracks"),
        ("did not exceed", "exceed"),
        ("without any rework", "rework"),
        ("weren't cracked", "cracked"),
        ("亀裂なし", "亀裂"),
        ("亀裂は認められない", "亀裂"),
        ("未完了", "完了"),
        ("不一致", "一致"),
    ],
)
def test_a_negation_names_what_it_negates(text: str, negated: str) -> None:
    found = list(find_negations(fold_case(text)))
    assert found[0].meaning == negated


@pytest.mark.parametrize("text", ["No. 2", "knot", "今日"])
def test_what_only_looks_like_a_negation_is_none(text: str) -> None:
    assert list(find_negations(fold_case(text))) == []


@pytest.mark.parametrize("text", ["open item", "TBD", "to be confirmed", "要確認", "残件あり", "未実施"])
def test_open_items_are_found(text: str) -> None:
    assert len(list(find_open_items(fold_case(text)))) == 1


def names(text: str) -> list[str]:
    return [found.meaning for found in find_names(fold(text))]


def test_capitals_inside_a_sentence_and_japanese_titles_are_names() -> None:
    assert names("Inspected by Tanaka of Acme Corp.") == ["Tanaka", "Acme Corp"]
    assert names("検査は田中氏が行った") == ["田中氏"]
    assert names("ロータ軸仕様書") == []


def test_a_text_of_capitals_has_no_names() -> None:
    assert names("CAPT TOLD THE CREW") == []
