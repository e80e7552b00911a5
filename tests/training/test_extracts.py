"""Targets that are the document's own sentences."""

import pytest

from backend.documents.sentences import split_sentences
from backend.training.extracts import choose_extract, extract_rows, list_candidates

OPENING = " ".join(
    f"Opening sentence number {n} speaks about something else entirely, at some length." for n in range(5)
)
DOCUMENT = OPENING + " The valve of pump 7 leaked. Nobody was hurt. The seal was replaced by the vendor."


def test_the_sentences_that_the_reference_repeats_are_found_behind_the_opening():
    reference = "The valve of pump 7 leaked; the seal was replaced by the vendor."
    assert choose_extract(DOCUMENT, reference, least_words=0) == (
        "The valve of pump 7 leaked. The seal was replaced by the vendor."
    )


@pytest.mark.parametrize("least_words", [13, 20, 30])
def test_no_change_makes_an_extract_shorter_than_wanted(least_words):
    reference = "The valve of pump 7 leaked; the seal was replaced by the vendor."
    extract = choose_extract(DOCUMENT, reference, least_words=least_words)
    assert "valve" in extract and "seal" in extract
    assert least_words <= len(extract.split()) < 60


def test_a_document_that_is_shorter_than_wanted_is_taken_as_it_is():
    assert choose_extract("The valve leaked. It was replaced.", "The valve leaked.", least_words=40) == (
        "The valve leaked. It was replaced."
    )


def test_every_sentence_stands_in_the_document_in_its_order():
    chosen = split_sentences(choose_extract(DOCUMENT, "The seal leaked. Nobody speaks about pump 7."))
    places = [DOCUMENT.index(sentence) for sentence in chosen]
    assert places == sorted(places)


def test_without_a_likeness_the_opening_stays():
    extract = choose_extract(DOCUMENT, "Zusammenfassung fehlt")
    assert DOCUMENT.startswith(extract)
    assert len(extract.split()) >= 50


def test_a_change_must_be_worth_its_price():
    reference = OPENING + " The valve of pump 7 leaked."
    assert "valve" in choose_extract(DOCUMENT, reference, min_gain=0.01)
    assert "valve" not in choose_extract(DOCUMENT, reference, min_gain=0.5)


def test_only_what_the_model_reads_can_be_chosen_and_other_columns_stay():
    row = {"id": "7", "document": DOCUMENT, "reference": "The valve of pump 7 leaked.", "topic": "pumps"}
    assert list(extract_rows([row], read=lambda text: text[: len(OPENING)])) == [
        {**row, "reference": choose_extract(OPENING, row["reference"])}
    ]


@pytest.mark.parametrize("document", ["", "---", "\n\n"])
def test_a_document_without_a_sentence_gives_no_row(document):
    assert list(extract_rows([{"document": document, "reference": "Anything."}], read=str)) == []


def test_japanese_sentences_are_chosen_as_well():
    assert choose_extract("一つ目の文です。二つ目の文です。", "二つ目") == "一つ目の文です。 二つ目の文です。"


def test_a_japanese_extract_is_as_short_and_as_close_as_an_english_one():
    sentences = [f"{number}番の部品は寸法を測定し、すべて図面の公差内であることを確認した。" for number in range(1, 21)]
    sentences[8] = "油圧ポンプの軸受けが摩耗して油が漏れたため、交換を手配し、原因を調査している。"
    document = "".join(sentences)
    extract = choose_extract(document, sentences[8])
    assert sentences[8] in extract
    assert len(split_sentences(extract)) < 6
    rewards = [one["reward"] for one in list_candidates(document, sentences[8], extract=extract, most=4)]
    assert rewards[0] == max(rewards) > 0.3


def test_candidates_are_different_extracts_with_their_rouge_and_the_same_ones_every_time():
    reference = "The valve of pump 7 leaked; the seal was replaced by the vendor."
    extract = choose_extract(DOCUMENT, reference)
    candidates = list_candidates(DOCUMENT, reference, extract=extract, most=5)
    assert candidates == list_candidates(DOCUMENT, reference, extract=extract, most=5)
    assert len({candidate["text"] for candidate in candidates}) == 5
    assert candidates[0]["text"] == extract
    assert candidates[0]["reward"] == max(candidate["reward"] for candidate in candidates)
    assert all(0 <= candidate["reward"] <= 1 for candidate in candidates)


def test_without_candidates_there_is_no_column_of_them():
    (found,) = extract_rows([{"id": "7", "document": DOCUMENT, "reference": "The valve leaked."}], read=str)
    assert "candidates" not in found
