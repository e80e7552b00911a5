"""Clean text → language, kind of document and title.

In: clean text. Out: "en" or "ja" by script, "inspection_log", "specification" or "report" by vocabulary, a
title of at most 80 characters. All three are guesses that a person can change. Knows nothing of files or
formats.
"""

from __future__ import annotations

import re
from collections import Counter

from backend.documents.cleaning import clean_line

_JAPANESE = re.compile("[\u3041-\u309f\u30a0-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
# One Japanese character says about as much as three Latin letters; logs mix in many codes in Latin letters.
_JAPANESE_WEIGHT = 3
_SAMPLE_CHARACTERS = 20_000
_HEAD_CHARACTERS = 200
_HEAD_WEIGHT = 5
_MAX_COUNT_PER_TERM = 4
_MIN_SCORE = 3

# (terms in English whatever their case, terms as written)
_VOCABULARY = {
    "inspection_log": (
        r"inspect(?:ion|ed|or)|lot|measure(?:d|ment)s?|pass(?:ed)?|fail(?:ed)?|(?:accept|reject)ed|on hold"
        r"|sampl(?:e|ed|ing)|calipers?|micrometer|gauge|non-?conform\w*|out of tolerance|visual|incoming",
        r"(?<![A-Za-z])NG(?![A-Za-z])|検査|測定|計測|実測|ロット|ﾛｯﾄ|合格|合否|不良|不適合|判定|外観|保留|抜取|抜き取り|受入",
    ),
    "specification": (
        r"specifications?|shall|must|required?|requirements?|scope|rev(?:ision)?|clause|draft|TBD|drawing"
        r"|applicable (?:documents|standards)|materials?|tolerances?",
        "仕様|要求|適用範囲|改訂|改定|図面|図番|規定|規格|とする。|すること|なければならない|草案|ドラフト|素案|材質|材料"
        "|公差|未定|要確認",
    ),
}


def guess_language(text: str) -> str:
    """Return "ja" where Japanese script carries a good part of the text, else "en".

    Args:
        text: clean text.
    """
    sample = text[:_SAMPLE_CHARACTERS]
    japanese = len(_JAPANESE.findall(sample)) * _JAPANESE_WEIGHT
    return "ja" if japanese and japanese >= 0.5 * len(_LATIN.findall(sample)) else "en"


def guess_kind(text: str) -> str:
    """Return the kind whose vocabulary occurs most; "report" where neither of the others stands out.

    Args:
        text: clean text, the title in front where there is one.
    """
    sample = text[:_SAMPLE_CHARACTERS]
    scores = {kind: _count_terms(sample, *terms) for kind, terms in _VOCABULARY.items()}
    best = max(scores, key=lambda kind: scores[kind])
    is_tie = list(scores.values()).count(scores[best]) > 1
    return "report" if is_tie or scores[best] < _MIN_SCORE else best


def _count_terms(sample: str, english: str, as_written: str) -> int:
    """Count the terms, each a few times at most, and more where one stands in the first lines."""
    pattern = re.compile(rf"\b(?i:{english})\b|{as_written}")
    counts = Counter(term.lower() for term in pattern.findall(sample))
    in_head = len({term.lower() for term in pattern.findall(sample[:_HEAD_CHARACTERS])})
    return sum(min(count, _MAX_COUNT_PER_TERM) for count in counts.values()) + _HEAD_WEIGHT * in_head


def find_title(text: str) -> str:
    """Return the first Markdown heading of the opening lines, or else the first line that says something.

    Args:
        text: clean text.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    # A rule such as "-----" is a title only where there is nothing else.
    telling = [line for line in lines if any(map(str.isalnum, line))] or lines
    return next(filter(None, map(find_heading, telling[:10])), clean_line(telling[0]))


def find_heading(line: str) -> str:
    """Return the text of a Markdown heading line, or "".

    Args:
        line: one line of clean text.
    """
    match = re.match(r"#{1,3}\s+(.*?)\s*#*$", line[:_HEAD_CHARACTERS])
    return clean_line(match[1]) if match else ""
