"""Turns a person's verdict into labels: which phrases were wrong, and whether the summary was.

In: the analysis, the summary, its corrected text, the verdict. Out: flags.
Knows nothing of the database, of probabilities or of who judged.

- approve: every phrase is confirmed.
- correct: phrases that the difference touches are wrong; text added between phrases is an omission, which
  makes the summary wrong and no phrase (but an added negation reverses what follows it).
- reject: the summary is wrong, and which phrases is not known: the flags are empty, so that the phrase
  regression leaves this summary out and the summary regression takes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from backend.uncertainty.folding import JAPANESE, fold, fold_case
from backend.uncertainty.phrases import Analysis, Phrase
from backend.uncertainty.wording import find_negations

_TOKEN = re.compile(rf"\d+(?:[.,]\d+)*|[{JAPANESE}]|[^\W\d_{JAPANESE}]+|\S")
#: Differences in these alone change no meaning.
_IGNORED = frozenset(".,;:!?\"'()[]{}…、。，．「」『』（）・•*|")


@dataclass(frozen=True, slots=True)
class _Change:
    start_char: int
    end_char: int
    added: str


def judge(analysis: Analysis, *, summary: str, corrected: str | None, verdict: str) -> tuple[tuple[bool, ...], bool]:
    """The flags of the phrases (empty when unknown) and whether the summary was wrong.

    Raises:
        ValueError: for another verdict, or a correction without its text.
    """
    nothing = tuple(False for _ in analysis.phrases)
    if verdict == "approve":
        return nothing, False
    if verdict == "reject":
        return (), True
    if verdict != "correct" or corrected is None:
        raise ValueError(f"a verdict is approve, reject, or correct with its text; not {verdict!r}")
    changes = list(_changes(summary, corrected))
    touched = {number for change in changes for number in _touched(analysis.phrases, change)}
    return tuple(number in touched for number in range(len(analysis.phrases))), bool(changes)


def _changes(summary: str, corrected: str) -> Iterator[_Change]:
    """What differs, by words, numbers and Japanese characters; spaces, width and punctuation aside."""
    old, new = list(_tokens(summary)), list(_tokens(corrected))
    for opcode in Levenshtein.opcodes([word for word, _, _ in old], [word for word, _, _ in new]):
        if opcode.tag == "equal":
            continue
        removed, added = old[opcode.src_start : opcode.src_end], new[opcode.dest_start : opcode.dest_end]
        if all(word in _IGNORED for word, _, _ in (*removed, *added)):
            continue
        start_char = removed[0][1] if removed else (old[opcode.src_start - 1][2] if opcode.src_start else 0)
        end_char = removed[-1][2] if removed else start_char
        added_text = corrected[added[0][1] : added[-1][2]] if added else ""
        yield _Change(start_char, end_char, added_text)


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _TOKEN.finditer(fold(text)):
        yield match.group(), match.start(), match.end()


def _touched(phrases: tuple[Phrase, ...], change: _Change) -> Iterator[int]:
    """Numbers of the phrases that a change lies in. An addition between two phrases touches none."""
    if change.end_char > change.start_char:
        for number, phrase in enumerate(phrases):
            if phrase.start_char < change.end_char and change.start_char < phrase.end_char:
                yield number
        return
    is_negation = any(True for _ in find_negations(fold_case(change.added)))
    for number, phrase in enumerate(phrases):
        if phrase.start_char < change.start_char < _judged_end(phrase):
            yield number
            return
        if phrase.start_char >= change.start_char:
            if is_negation:
                yield number
            return


def _judged_end(phrase: Phrase) -> int:
    """Where the phrase ends without the punctuation behind it: an addition there is no part of it."""
    return phrase.start_char + len(phrase.text.rstrip("".join(_IGNORED) + " "))
