import pytest

from backend.errors import DataError
from backend.training.examples import IGNORED, Example, collate, encode_rows
from tests.tiny import tiny_tokenizer

ROWS = [
    {"document": "Lot 7. Bore 12.4 mm NG.", "reference": " Lot 7 NG ", "kind": "inspection_log", "language": "en"},
    {"document": "x" * 500, "reference": "long", "kind": "", "language": ""},
]


def encode(rows, **options):
    limits = {"max_document_tokens": 60, "max_target_tokens": 20} | options
    return encode_rows(rows, tokenizer=tiny_tokenizer(), end_id=0, **limits)


def test_the_target_is_the_reference_and_the_end_token():
    example = encode(ROWS)[0]
    assert tiny_tokenizer().decode(list(example.target_ids[:-1])) == "Lot 7 NG"
    assert example.target_ids[-1] == 0


def test_a_long_document_is_condensed_to_the_budget():
    short, long = encode(ROWS)
    assert long.length < 60 + 150
    assert short.length < long.length + 60


def test_references_that_are_too_long_or_empty_are_left_out():
    rows = [*ROWS, {"document": "d", "reference": "y" * 30}, {"document": "d", "reference": "  "}]
    assert len(encode(rows)) == 2


def test_nothing_left_to_learn_is_an_error():
    with pytest.raises(DataError, match="None of the 2 rows"):
        encode(ROWS, max_target_tokens=2)


def test_batches_end_together_and_only_targets_have_labels():
    batch = collate([Example((5, 6, 7), (8, 9)), Example((5,), (8, 9, 0))], pad_id=1)
    assert batch["input_ids"].tolist() == [[5, 6, 7, 8, 9], [1, 5, 8, 9, 0]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 1, 1], [0, 1, 1, 1, 1]]
    assert batch["position_ids"].tolist() == [[0, 1, 2, 3, 4], [0, 0, 1, 2, 3]]
    assert batch["labels"].tolist() == [[IGNORED, 8, 9], [8, 9, 0]]


def test_candidates_end_as_the_target_does_and_keep_their_rewards():
    candidates = [
        {"text": " Lot 7 NG ", "reward": 0.9},
        {"text": "y" * 30, "reward": 0.5},
        {"text": "Lot 7", "reward": 0},
    ]
    example = encode([{**ROWS[0], "candidates": candidates}])[0]
    assert example.candidates[0] == example.target_ids
    assert example.rewards == (0.9, 0.0)


@pytest.mark.parametrize(
    "candidates", ["Lot 7", [1], [{"text": "a"}], [{"text": 1, "reward": 1}], [{"text": "a", "reward": "nan"}]]
)
def test_candidates_that_cannot_be_ranked_are_told_with_their_row(candidates):
    with pytest.raises(DataError, match="The candidates of the row 7 cannot be ranked"):
        encode([{**ROWS[0], "id": "7", "candidates": candidates}])
