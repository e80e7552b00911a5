import json

import pytest
import torch

from backend.errors import DataError
from backend.evaluation.choices_data import (
    answer_tokens,
    encode_questions,
    question_batches,
    read_questions,
    split_questions,
)
from tests.tiny import tiny_tokenizer

FORMAT = "\n\nAnswer format: answer1/answer2/answer3"


def write(path, rows):
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


def rows(count):
    return [{"question": f"What is {i}?{FORMAT}", "answer": f"answer{i % 3 + 1}"} for i in range(count)]


def test_the_possible_answers_stand_in_the_question(tmp_path):
    questions = read_questions(write(tmp_path / "q.jsonl", rows(5)))
    assert {question.answers for question in questions} == {("answer1", "answer2", "answer3")}
    assert {question.text[8]: question.right for question in questions} == {str(i): i % 3 for i in range(5)}


def test_without_a_format_they_are_all_answers_of_the_file(tmp_path):
    questions = read_questions(
        write(tmp_path / "q.jsonl", [{"question": "Wet?", "answer": "true"}, {"question": "Dry?", "answer": "false"}])
    )
    assert {question.answers for question in questions} == {("false", "true")}


def test_the_order_and_the_parts_do_not_depend_on_the_files_order(tmp_path):
    one = read_questions(write(tmp_path / "a.jsonl", rows(40)))
    other = read_questions(write(tmp_path / "b.jsonl", rows(40)[::-1]))
    assert one == other
    train, validation = split_questions(one)
    assert len(train) > len(validation) > 0
    assert not {question.id for question in train} & {question.id for question in validation}


def test_a_question_of_a_test_set_is_in_no_other_part(tmp_path):
    questions = read_questions(write(tmp_path / "q.jsonl", rows(30)))
    parts = split_questions(questions, held_out=frozenset(question.text for question in questions[:20]))
    assert {question.id for part in parts for question in part} == {question.id for question in questions[20:]}


def test_what_answers_have_in_common_goes_into_the_prompt(tmp_path):
    tokenizer = tiny_tokenizer()
    question = read_questions(write(tmp_path / "q.jsonl", rows(1)))[0]
    encoded = encode_questions(tokenizer, [question])[0]
    assert tokenizer.decode(encoded.prompt_ids).endswith("assistant\nanswer")
    assert tokenizer.decode(encoded.class_ids) == "123"


def test_answers_that_one_token_does_not_tell_apart_are_refused():
    with pytest.raises(DataError, match="a1/a10 cannot be told apart"):
        answer_tokens(tiny_tokenizer(), ("a1", "a10"))
    with pytest.raises(DataError, match="cannot be told apart"):
        answer_tokens(tiny_tokenizer(), ("yes", "yet", "no"))


def test_batches_hold_questions_with_as_many_answers(tmp_path):
    more = [{"question": f"Is {i}?\n\nAnswer format: true/false", "answer": "true"} for i in range(3)]
    questions = encode_questions(tiny_tokenizer(), read_questions(write(tmp_path / "q.jsonl", rows(5) + more)))
    batches = list(question_batches(questions, size=2, pad_id=0))
    assert sorted(index for indices, _ in batches for index in indices) == list(range(8))
    for indices, batch in batches:
        assert batch["class_ids"].tolist() == [list(questions[index].class_ids) for index in indices]
        rights = batch["class_ids"].gather(1, batch["right"][:, None])
        assert torch.equal(batch["labels"], rights)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "Line 1 .* not valid JSON"),
        ('{"question": "Why?"}', "Line 1 .* missing or empty"),
        ('{"question": "Why?", "answer": "so"}', "2 to 10 different"),
        (json.dumps({"question": f"Why?{FORMAT}", "answer": "answer9"}), "2 to 10 different"),
        ("", "holds no question"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_clear_error(tmp_path, content, said):
    path = tmp_path / "q.jsonl"
    path.write_text(content, "utf-8")
    with pytest.raises(DataError, match=said):
        read_questions(path)
