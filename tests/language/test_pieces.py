import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.language.pieces import decode, end_well, repeated_sentence, sentence_ends, text_pieces
from tests.tiny import tiny_tokenizer

TOKENIZER = tiny_tokenizer()


@pytest.mark.parametrize(
    "text", ["Lot 7 OK", "検査記録 12.4㎜", "ok 👍🏽 fine", "e\u0301 \u200f", "\ufffd is kept", ""]
)
def test_pieces_join_to_the_text(text):
    ids = TOKENIZER(text, add_special_tokens=False)["input_ids"]
    assert "".join(text_pieces(TOKENIZER, ids)) == text


def test_a_character_of_several_tokens_belongs_to_the_last_one():
    ids = TOKENIZER("a検b", add_special_tokens=False)["input_ids"]
    assert text_pieces(TOKENIZER, ids) == ["a", "", "", "検", "b"]


def test_a_broken_character_at_the_end_is_shown():
    ids = TOKENIZER("検", add_special_tokens=False)["input_ids"][:2]
    pieces = text_pieces(TOKENIZER, ids)
    assert "".join(pieces) == decode(TOKENIZER, ids)
    assert set(pieces[-1]) == {"\ufffd"}


def test_special_tokens_have_no_text():
    ids = TOKENIZER("ok", add_special_tokens=False)["input_ids"]
    assert text_pieces(TOKENIZER, [*ids, TOKENIZER.eos_token_id]) == ["o", "k", ""]


def test_a_nul_that_a_model_writes_is_shown_by_its_sign_since_no_database_holds_it():
    ids = TOKENIZER("a\x00b", add_special_tokens=False)["input_ids"]
    assert text_pieces(TOKENIZER, ids) == ["a", "\u2400", "b"]


@given(st.lists(st.integers(0, 257), max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_ids_have_pieces_that_join_to_their_text(ids):
    pieces = text_pieces(TOKENIZER, ids)
    assert len(pieces) == len(ids)
    assert "".join(pieces) == decode(TOKENIZER, ids)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ロット7は合格。残件は", "ロット7は合格。"),
        ("Lot 7 passed. Bore 12.", "Lot 7 passed."),
        ("Lot 7 passed", "Lot 7 passed"),
        ("OK. Bore 12.4 mm is out of tolerance and", "OK. Bore 12.4 mm is out of tolerance and"),  # half must stay
        ("Lot 7 passed.\nBore", "Lot 7 passed.\n"),
        ("Bore 12.400", "Bore 12.400"),
        ("合格！", "合格！"),
        ("", ""),
    ],
)
def test_a_text_that_was_cut_off_ends_at_its_last_sentence(text, kept):
    tokenizer = tiny_tokenizer()
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert decode(tokenizer, end_well(tokenizer, ids)) == kept


@pytest.mark.parametrize("torn", [1, 2])
def test_a_torn_character_at_the_end_is_left_out(torn):
    tokenizer = tiny_tokenizer()
    ids = tokenizer("残件は検査", add_special_tokens=False)["input_ids"]
    assert decode(tokenizer, end_well(tokenizer, ids[:-torn])) == "残件は検"


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("残件は打痕。処置は隔離。残件は打痕。", "残件は打痕。"),
        ("Lot 7 is on hold. Bore 12.4 mm. Lot 7 is on hold.", " Lot 7 is on hold."),
        ("Bore 12.4 mm.\nBore 12.4 mm.\n", "Bore 12.4 mm.\n"),
        ("残件は打痕。処置は隔離。残件は打", ""),
        ("残件は打痕。処置は隔離。", ""),
        ("OK. Bore. OK.", ""),  # too short to count
        ("Bore is 12.4 mm, pin is 12.", ""),
        ("", ""),
    ],
)
def test_a_sentence_that_was_said_before_is_found(text, again):
    tokenizer = tiny_tokenizer()
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    found = repeated_sentence(tokenizer, ids)
    assert decode(tokenizer, ids[len(ids) - found :] if found else []) == again


def test_a_full_stop_within_a_number_ends_no_sentence():
    assert sentence_ends(["A", ".", " ", "12", ".", "4", "。", "x"]) == [2, 7]
    assert sentence_ends(["A", ".", "\n", "B", "\n"]) == [3, 5]
