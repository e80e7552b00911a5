from __future__ import annotations

import dataclasses

import pytest

from app.components.highlight import Utf16Offsets, highlight_value
from app.text import LANGUAGES
from backend.documents import read_text
from backend.review.intake import service
from backend.review.store.database import open_database, upgrade
from backend.uncertainty.tokens import Alternative, ScoredToken
from tests.browser.summarizer import score


@pytest.fixture
def summary(tmp_path):
    url = f"sqlite:///{tmp_path / 'test.db'}"
    upgrade(url)
    database = open_database(url)
    document = read_text("検査記録 🏭\n外径 12.4 mm 😀 合格\nNo.4 𠮷 85.16 不合格\n")
    scored = score(document, summary="😀 12.4 mm 合格。𠮷 99.9 mm。", samples=4)
    yield service.record(database, document=document, scored=scored)
    database.close()


def utf16(text: str, start: int, end: int) -> str:
    return text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")


def test_offsets_count_as_a_browser_does():
    offsets = Utf16Offsets("a😀b𠮷c")
    assert [offsets(place) for place in range(6)] == [0, 1, 3, 4, 6, 7]


def test_phrases_and_sources_sit_on_their_characters(summary):
    value = highlight_value(summary, language="en", is_cold_start=True)
    for phrase in value["phrases"]:
        assert utf16(value["summary"], phrase["start"], phrase["end"]) == phrase["text"]
    spans = [span for phrase in value["phrases"] for span in phrase["spans"]]
    assert spans
    assert any("12.4 mm" in utf16(value["source"], *span) for span in spans)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_value_holds_words_for_every_part(summary, language):
    value = highlight_value(summary, language=language, is_cold_start=True)
    assert "".join(token["text"] for token in value["tokens"]) == value["summary"]
    invented = next(phrase for phrase in value["phrases"] if "99.9" in phrase["text"])
    assert invented["band_name"] in invented["label"]
    assert any("99.9" in reason for reason in invented["reasons"])
    assert [entry["band"] for entry in value["legend"]] == ["sure", "check", "doubtful"]
    assert value["decision"]["title"]
    assert len(value["provenance"]) == 4


def test_the_cold_start_is_said_only_while_it_lasts(summary):
    cold = highlight_value(summary, language="en", is_cold_start=True)["notes"]
    warm = highlight_value(summary, language="en", is_cold_start=False)["notes"]
    assert len(cold) == len(warm) + 1


def test_notes_are_said_once_and_unknown_ones_as_they_are(summary):
    noted = dataclasses.replace(summary, notes=("document.truncated", "document.truncated", "new.code"))
    notes = highlight_value(noted, language="en", is_cold_start=False)["notes"]
    assert len(notes) == 2
    assert notes[1] == "new.code"


def test_another_wording_for_a_piece_of_a_japanese_character_takes_the_whole_characters_place(summary):
    text = "寸法を"
    pieces = (("寸", 0, 1, 0.1), ("", 1, 1, 2.0), ("法", 1, 2, 0.1), ("を", 2, 3, 0.1))
    tokens = tuple(
        ScoredToken(piece, start, end, 0.5, entropy, 0.1, 0.1, 0.1, (Alternative("", 0.5), Alternative("度", 0.3)))
        for piece, start, end, entropy in pieces
    )
    phrase = dataclasses.replace(summary.phrases[0], start_char=0, end_char=3, text=text)
    pieced = dataclasses.replace(summary, text=text, tokens=tokens, phrases=(phrase,))
    (shown,) = highlight_value(pieced, language="ja", is_cold_start=False)["phrases"]
    (other,) = shown["alternatives"]
    assert (other["start"], other["end"], other["text"]) == (1, 2, "度")
    assert other["label"].startswith("寸度…")
