"""Questions whose options are named by a number → the same questions, to be answered in words.

In: `Question`s whose text lists its options ("Answer1: … Answer2: …") and whose answers are their names. Out: questions
without that list, whose answers are the options' own words, so that a model which cannot choose by name can say what it
knows. The choice is still one token: the first one in which the options' words differ, articles left out; a question
whose options it cannot tell apart is left out. Knows nothing of models' outputs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from backend.errors import DataError
from backend.evaluation.choices_data import Question, answer_tokens

_OPTION = re.compile(r"\s*\bAnswer(\d+): ")
_REQUEST = "Please choose the correct answer to the question: "
_ARTICLE = re.compile(r"^(?:a|an|the)\s+", re.IGNORECASE)
_BEFORE = "Answer: "  # what the model is taken to have said already


def in_words(tokenizer: PreTrainedTokenizerBase, questions: Sequence[Question], *, path: Path) -> list[Question]:
    """The questions that can be answered by one token of an option's words, in their order.

    Raises:
        DataError: there is none.
    """
    found = [worded for question in questions if (worded := _reword(question)) and _differ(tokenizer, worded)]
    if not found:
        raise DataError(
            "evaluation.no_worded_questions",
            "No question of {name} lists its options as Answer1: …, Answer2: …, with words that differ in their first "
            "token. Leave --by-words out for this file.",
            name=path.name,
        )
    return found


def _reword(question: Question) -> Question | None:
    """The question without its list of options, or None where the list is not that of its answers."""
    stem, *parts = _OPTION.split(question.text.partition("Answer format:")[0])
    names, texts = parts[::2], [text.strip() for text in parts[1::2]]
    if not all(texts) or [f"answer{name}" for name in names] != list(question.answers):
        return None
    words = tuple(_BEFORE + _ARTICLE.sub("", text) for text in texts)
    return replace(question, text=stem.strip().removeprefix(_REQUEST), answers=words)


def _differ(tokenizer: PreTrainedTokenizerBase, question: Question) -> bool:
    try:
        answer_tokens(tokenizer, question.answers)
    except DataError:
        return False
    return True
