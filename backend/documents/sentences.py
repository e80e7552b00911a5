"""Text → its sentences, and sentences → text: by rules, in English and Japanese, with lines as sentences.

Nothing is downloaded, and a number, an initial or a usual abbreviation ends no sentence. Knows no model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+|(?<=[。！？])[」』）]*\s*|\n+")
_ABBREVIATION = re.compile(
    r"\b(?:no|nos|fig|approx|vs|e\.g|i\.e|mr|mrs|dr|st|rev|max|min|dia|qty|temp|[a-z])\.$", re.IGNORECASE
)
_ENDED = re.compile(r"[.!?。！？][\"')\]」』）]*$")


def split_sentences(text: str) -> list[str]:
    """Splits at line ends and sentence marks, not inside numbers, initials and usual abbreviations."""
    sentences: list[str] = []
    start_char = 0
    for mark in _SENTENCE_END.finditer(text):
        is_line_end = "\n" in mark.group()
        end_char = mark.end()
        piece = text[start_char : mark.start()] if is_line_end else text[start_char:end_char]
        if not is_line_end and _ABBREVIATION.search(piece.rstrip()):
            continue
        sentences.append(piece.strip())
        start_char = end_char
    sentences.append(text[start_char:].strip())
    return [sentence for sentence in sentences if re.search(r"[^\W_]", sentence)]


def join_sentences(sentences: Sequence[str]) -> str:
    """One text of whole sentences; a line without an end mark gets one."""
    return " ".join(_end_sentence(sentence) for sentence in sentences)


def _end_sentence(sentence: str) -> str:
    # a line of a log often has no end mark; without one the next sentence would run into it
    if _ENDED.search(sentence):
        return sentence
    return sentence + ("." if sentence[-1].isascii() else "。")
