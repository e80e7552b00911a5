"""Options named by numbers become answers in words, and what a token cannot tell apart is left out."""

from pathlib import Path

import pytest

from backend.errors import DataError
from backend.evaluation.choices_data import Question, encode_questions
from backend.evaluation.choices_words import in_words
from tests.tiny import tiny_tokenizer

PATH = Path("sets/own.jsonl")


def listed(*options, right=0, stem="What is wet?", names=None):
    names = names or [f"answer{number}" for number in range(1, len(options) + 1)]
    text = " ".join(f"Answer{number}: {option}" for number, option in enumerate(options, start=1))
    asked = f"Please choose the correct answer to the question: {stem}\n\n{text}\n\nAnswer format: {'/'.join(names)}"
    return Question("1", asked, tuple(names), right)


def test_the_options_are_the_answers_and_stand_no_more_in_the_question():
    found = in_words(tiny_tokenizer(), [listed("a river", "the sun", "Sand", right=2)], path=PATH)
    assert found == [Question("1", "What is wet?", ("Answer: river", "Answer: sun", "Answer: Sand"), 2)]


def test_the_choice_is_the_first_token_in_which_the_words_differ():
    tokenizer = tiny_tokenizer()
    encoded = encode_questions(tokenizer, in_words(tokenizer, [listed("a river", "the sun")], path=PATH))[0]
    assert tokenizer.decode(encoded.prompt_ids).rstrip().endswith("Answer:")
    first = [tokenizer.decode([one]).strip() for one in encoded.class_ids]
    assert all(word.startswith(token) for word, token in zip(("river", "sun"), first, strict=True))


def test_a_question_whose_options_begin_alike_is_left_out():
    alike, one = listed("more heat", "more light", "a stone"), listed("heat", "light")
    assert [question.answers[0] for question in in_words(tiny_tokenizer(), [alike, one], path=PATH)] == ["Answer: heat"]


@pytest.mark.parametrize(
    "question",
    [
        Question("1", "Is water wet?", ("true", "false"), 0),
        listed("heat", "light", names=["answer1", "answer3"]),
        listed("heat", ""),
        listed("more heat", "more light", "a stone"),
    ],
)
def test_without_any_such_question_it_says_what_is_missing(question):
    with pytest.raises(DataError, match=r"own\.jsonl.*--by-words"):
        in_words(tiny_tokenizer(), [question], path=PATH)
