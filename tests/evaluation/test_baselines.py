"""Baselines: at most three sentences of the document, without a network, for English and Japanese."""

from __future__ import annotations

import socket

import pytest

from backend.documents.sentences import split_sentences
from backend.evaluation.baselines import extract_sentences, first_sentences

ENGLISH = (
    "The shaft was inspected. The weather was fine that day. "
    "The shaft diameter of 12.07 mm exceeds the limit. Lunch was served at noon. "
    "The shaft diameter limit is 12.05 mm. The shaft was put on hold for the diameter."
)
JAPANESE = (
    "シャフトの検査を実施した。天気は晴れだった。シャフトの外径が上限を超えた。昼食は正午だった。"
    "シャフトの外径の上限は12.05 mmである。シャフトの外径が上限を超えたため保留とした。"
)


def test_the_first_sentences_are_the_document_s_beginning():
    assert first_sentences(ENGLISH) == (
        "The shaft was inspected. The weather was fine that day. The shaft diameter of 12.07 mm exceeds the limit."
    )


@pytest.mark.parametrize(("text", "language"), [(ENGLISH, "en"), (JAPANESE, "ja")])
def test_the_extract_is_three_sentences_of_the_document_in_its_order(text, language):
    sentences = split_sentences(text)
    chosen = split_sentences(extract_sentences(text, language=language))
    positions = [sentences.index(sentence) for sentence in chosen]
    assert len(positions) == 3
    assert positions == sorted(positions)


def test_the_extract_holds_the_sentences_that_share_most_with_the_others():
    assert "Lunch" not in extract_sentences(ENGLISH, language="en")
    assert "put on hold" in extract_sentences(ENGLISH, language="en")
    assert "保留とした" in extract_sentences(JAPANESE, language="ja")


def test_both_baselines_keep_the_same_budget():
    text = "\n".join(f"Part {number} measured {number}.5 mm" for number in range(20))
    assert len(split_sentences(first_sentences(text))) == 3
    assert len(split_sentences(extract_sentences(text, language="en"))) == 3


def test_lines_without_an_end_mark_do_not_run_into_each_other():
    assert first_sentences("Result: NG\nLot A-7 on hold") == "Result: NG. Lot A-7 on hold."
    assert first_sentences("判定：不合格\n保留とする") == "判定：不合格。 保留とする。"


@pytest.mark.parametrize("text", ["", "One line only", "Same.\nSame.\nSame.\nSame.\nSame."])
def test_odd_documents_give_a_result(text):
    assert len(split_sentences(extract_sentences(text, language="en"))) <= 3


def test_a_sentence_said_five_times_is_not_a_reason_to_fail_in_japanese():
    assert extract_sentences("異常なし。" * 5, language="ja").startswith("異常なし。")


def test_extracting_needs_no_network(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "socket", refuse)
    assert extract_sentences(ENGLISH, language="en")
    assert extract_sentences(JAPANESE, language="ja")


def test_a_very_long_document_is_ranked_in_bounded_time():
    text = " ".join(f"Sentence {number} speaks of gauge {number % 7}." for number in range(5000))
    assert len(split_sentences(extract_sentences(text, language="en"))) == 3
