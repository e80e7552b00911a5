"""Folds spelling without moving offsets: full-width forms, dashes, exotic spaces, letter case.

In: any text. Out: texts of the same length, so that a position in one is a position in the other;
and the content words of a text. Knows nothing of numbers, dates or documents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d\u207b"
_WAVES = "\u301c\uff5e\u223c\u223d"
_SAME = {**dict.fromkeys(_DASHES, "-"), **dict.fromkeys(_WAVES, "~"), "’": "'", "ø": "φ", "Ø": "φ", "⌀": "φ"}
#: A subscript behind a letter belongs to its name (CO₂ is CO2), if no digit follows it.
_SUBSCRIPT = re.compile(r"(?<=[A-Za-z])[₀-₉]+(?![₀-₉\d.,]*\d)")

#: Kana and kanji, with the marks that only occur beside them.
JAPANESE = "\u3005-\u3007\u3041-\u309f\u30a0-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
_WORD = re.compile(rf"[a-z][a-z'\u00c0-\u024f]*|[\u4e00-\u9fff\u3005々]+|[\u30a1-\u30fa\u30fc]+|[^\W\d_{JAPANESE}]+")
_STOP = frozenset(
    "a an the of in on at to for from with by as and or but nor so than then that this these those there "
    "is are was were be been being am has have had do does did will would shall should can could may might "
    "must it its he his him she her hers they their them we our us i you your who whom which what when where "
    "while after before during because due if into onto over under up down out off about also both each all "
    "any some such other more most same very too not no none without never s t "
    "有 無 行 見 出 成 対 用 認 為 者 等 中 上 下 内 外 前 後 時 場合 結果".split()
)


@lru_cache(maxsize=65536)
def _fold_char(char: str) -> str:
    if char in _SAME:
        return _SAME[char]
    plain = unicodedata.normalize("NFKC", char)
    if len(plain) != 1 or (plain.isdecimal() and not char.isdecimal()):
        return char
    return " " if plain.isspace() and plain != "\n" else plain


def fold(text: str) -> str:
    """Same text, same length: full-width to ASCII, every dash to "-", every wave to "~".

    Superscripts and circled digits would become a part of the number beside them (mm², ①12.5), so they stay.
    """
    if text.isascii():
        return text.replace("\t", " ").replace("\r", " ")
    text = _SUBSCRIPT.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
    return "".join(map(_fold_char, text))


def fold_case(text: str) -> str:
    """`fold`, in lower case where that does not change the length of a character."""
    return lower_case(fold(text))


def lower_case(folded: str) -> str:
    """A text that is folded already, in lower case and of the same length."""
    lower = folded.lower()
    if len(lower) == len(folded):
        return lower
    return "".join(low if len(low := char.lower()) == 1 else char for char in folded)


def content_words(lower: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and stem of every content word of a `fold_case`d text.

    Latin words lose their inflection, kanji and katakana count as maximal runs, hiragana and digits not.
    """
    for match in _WORD.finditer(lower):
        word = match.group()
        if word not in _STOP:
            yield match.start(), match.end(), stem(word)


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """Crude English stem: enough to find `rejected` for `rejects`, no more."""
    if not word.isascii():
        return word
    word = word.removesuffix("'s")
    for ending in ("ations", "ation", "ings", "ing", "edly", "ied", "ies", "ed", "es", "ly", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word.removesuffix(ending)
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word


def is_japanese(text: str) -> bool:
    """Whether the text has kana or kanji."""
    return _JAPANESE_CHAR.search(text) is not None


_JAPANESE_CHAR = re.compile(f"[{JAPANESE}]")
