"""Multiple-choice questions: a JSONL file → token ids of the prompt and of the answers' one distinguishing token.

In: rows of `question` and `answer` (`answer1`, `true`, …). The possible answers of a row stand at the end of its
question ("Answer format: answer1/answer2/…"); where they do not, they are all answers of the file. An answer's words up
to the first token in which the answers differ go into the prompt; that token is what the model chooses.
A row belongs to training or validation by a hash of its `id`, or of its question. Knows nothing of models' outputs.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerBase

from backend.datasets import hash_document, split_of
from backend.errors import DataError
from backend.evaluation.json_lines import read_lines
from backend.language.prompts import encode_text, lay_out
from backend.training.examples import Example, collate

MOST_ANSWERS = 10
VALIDATION_SHARE = 0.2
SYSTEM = "You answer questions."
_FORMAT = re.compile(r"Answer format:\s*(\S+(?:/\S+)+)\s*$")


@dataclass(frozen=True, slots=True)
class Question:
    """A question's text, its possible answers and the index of the right one."""

    id: str
    text: str
    answers: tuple[str, ...]
    right: int


@dataclass(frozen=True, slots=True)
class EncodedQuestion:
    """Prompt (T,) and the vocabulary entries (C,) of the answers; `right` is an index into them."""

    id: str
    prompt_ids: tuple[int, ...]
    class_ids: tuple[int, ...]
    right: int


def read_questions(path: Path) -> list[Question]:
    """The questions of a file, each once, in an order that a hash of their ids decides.

    Raises:
        DataError: the file cannot be read, a row cannot be used (with its line), or there is none.
    """
    rows = list(_read_rows(path))
    answers_of_file = tuple(sorted({row["answer"] for _, row in rows}))
    found: dict[str, Question] = {}
    for line, row in rows:
        match = _FORMAT.search(row["question"])
        answers = tuple(match.group(1).split("/")) if match else answers_of_file
        if row["answer"] not in answers or not 2 <= len(set(answers)) == len(answers) <= MOST_ANSWERS:
            raise _bad_row(line, path, f"its answer is not one of 2 to {MOST_ANSWERS} different ones")
        key = str(row.get("id") or "") or hash_document(row["question"])
        found.setdefault(key, Question(key, row["question"], answers, answers.index(row["answer"])))
    if not found:
        raise DataError(
            "evaluation.no_questions", "The file {name} holds no question with question and answer.", name=str(path)
        )
    return sorted(found.values(), key=lambda question: hashlib.sha256(f"order {question.id}".encode()).digest())


def split_questions(
    questions: Sequence[Question], *, held_out: frozenset[str] = frozenset()
) -> tuple[list[Question], list[Question]]:
    """Training and validation part, by a hash of the id; texts in `held_out` (of test sets) are in neither."""
    parts: dict[str, list[Question]] = {"train": [], "validation": []}
    for question in questions:
        if question.text not in held_out:
            part = split_of(question.id, fractions=(1.0 - VALIDATION_SHARE, VALIDATION_SHARE, 0.0))
            parts[part].append(question)
    return parts["train"], parts["validation"]


def encode_questions(tokenizer: PreTrainedTokenizerBase, questions: Sequence[Question]) -> list[EncodedQuestion]:
    """Token ids of all questions.

    Raises:
        DataError: two answers do not differ in the first token in which any differ.
    """
    head, tail = lay_out(tokenizer, system=SYSTEM, before="", answer="Answer")
    found = []
    for question in questions:
        common, class_ids = answer_tokens(tokenizer, question.answers)
        prompt = (*head, *encode_text(tokenizer, question.text), *tail, *common)
        found.append(EncodedQuestion(question.id, prompt, class_ids, question.right))
    return found


def answer_tokens(tokenizer: PreTrainedTokenizerBase, answers: Sequence[str]) -> tuple[list[int], tuple[int, ...]]:
    """The tokens that all answers begin with, and the next one of each.

    Raises:
        DataError: they are not all different there.
    """
    encoded = [encode_text(tokenizer, answer) for answer in answers]
    shared = sum(1 for _ in itertools.takewhile(lambda column: len(set(column)) == 1, zip(*encoded, strict=False)))
    following = tuple(ids[shared] for ids in encoded if len(ids) > shared)
    if len(set(following)) != len(answers):
        raise DataError(
            "evaluation.answers",
            "The answers {answers} cannot be told apart by one token of this model. Name them so that they differ "
            "in one digit, letter or word.",
            answers="/".join(answers)[:200],
        )
    return encoded[0][:shared], following


def question_batches(
    questions: Sequence[EncodedQuestion], *, size: int, pad_id: int
) -> Iterator[tuple[list[int], dict[str, torch.Tensor]]]:
    """Indices and left-padded batches with `class_ids` (B, C); each of questions with as many answers, of like length.

    The one label of a row is its right answer's token.
    """
    order = sorted(range(len(questions)), key=lambda i: (len(questions[i].class_ids), len(questions[i].prompt_ids)))
    for _, group in itertools.groupby(order, key=lambda index: len(questions[index].class_ids)):
        indices = list(group)
        for start in range(0, len(indices), size):
            part = indices[start : start + size]
            yield part, collate_questions([questions[index] for index in part], pad_id=pad_id)


def collate_questions(questions: Sequence[EncodedQuestion], *, pad_id: int) -> dict[str, torch.Tensor]:
    """Left-padded batch; `class_ids` (B, C) are −1 where a question has fewer than C answers, `right` is (B,)."""
    count = max(len(question.class_ids) for question in questions)
    examples = [Example(question.prompt_ids, (question.class_ids[question.right],)) for question in questions]
    padded = [question.class_ids + (-1,) * (count - len(question.class_ids)) for question in questions]
    return {
        **collate(examples, pad_id=pad_id),
        "class_ids": torch.tensor(padded),
        "right": torch.tensor([question.right for question in questions]),
    }


def fingerprint_questions(questions: Sequence[EncodedQuestion]) -> str:
    """Content hash of encoded questions in their order."""
    return hashlib.sha256(repr(list(questions)).encode()).hexdigest()[:12]


def _read_rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    for line, content in read_lines(path):
        try:
            row = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise _bad_row(line, path, "it is not valid JSON") from error
        texts = [row.get(column) for column in ("question", "answer")] if isinstance(row, dict) else []
        if not texts or not all(isinstance(value, str) and value.strip() for value in texts):
            raise _bad_row(line, path, "question or answer is missing or empty")
        yield line, row


def _bad_row(line: int, path: Path, reason: str) -> DataError:
    return DataError(
        "evaluation.question",
        "Line {line} of {name} cannot be used: {reason}. Each line is a JSON object with question and answer.",
        line=line,
        name=path.name,
        reason=reason,
    )
