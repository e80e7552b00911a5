"""Words of a summary that neither its document nor the wording of any reference has: made up by the model.

In: a generated document's text and a summary of it. Out: half-open ranges. The other rules of this folder judge claims
about facts, and "repairer" or 墓番 claims none. Since every reference is worded by this program, what may be said
beyond the document's own words is known: the words that references add to those of their documents. Latin words count
whole, but for their inflection; a run of kanji or katakana is known where known pieces make it up. Function words,
dates and amounts of time are left alone. Knows nothing of models, nor of the checks that are measured by its labels:
with their lists of words it would share their blind spots.
"""

from __future__ import annotations

import re
from functools import lru_cache

from backend.corpus.claims import fold
from backend.corpus.generate import generate

_LATIN = re.compile(r"(?<![\w'])[a-z]{3,}(?![\w'])")
_JAPANESE = re.compile(r"[\u4e00-\u9fff々]+|[\u30a1-\u30fa\u30fc]{2,}")
_ENDINGS = ("ings", "ing", "ed", "es", "s", "d", "e")
_DOCUMENTS, _SEED = 1200, 1  # from 600 on hardly a word comes in
_NEUTRAL = frozenset(
    "the and but nor for from with into onto over under than then that this these those there are was were been being "
    "has have had does did will would shall should can could may might must its his her their our your who which what "
    "when where while after before during because due until since about also both each all any some such other more "
    "most same very too not without never only between against per via out off yet still now one two three four five "
    "six seven eight nine ten new old high low small large non hour hours day days week weeks month months year years "
    "january february march april may june july august september october november december "
    "年 月 日 時 分 号 内 外".split()
)


def find_inventions(summary: str, document: str) -> tuple[tuple[int, int], ...]:
    """Ranges of the summary's words that nothing accounts for, in order."""
    folded, text = fold(summary), fold(document)
    known = _latin_words(text) | wording() | _NEUTRAL
    words = [one for one in _LATIN.finditer(folded) if one.group() not in known and _base(one.group()) not in known]
    runs = wording() | _NEUTRAL | frozenset(_JAPANESE.findall(text))
    words += [one for one in _JAPANESE.finditer(folded) if not _is_made_of(one.group(), text, runs)]
    return tuple(sorted(one.span() for one in words))


@lru_cache(maxsize=1)
def wording() -> frozenset[str]:
    """The words, and the runs of kanji and katakana, that references have beyond their documents."""
    found: set[str] = set()
    for one in generate(_DOCUMENTS, seed=_SEED):
        reference, text = fold(one.reference), fold(one.document)
        found |= _latin_words(reference) - _latin_words(text)
        found |= {run for run in _JAPANESE.findall(reference) if run not in text}
    return frozenset(found)


def _latin_words(folded: str) -> frozenset[str]:
    return frozenset(_base(word) for word in re.findall(r"[a-z]{3,}", folded))


@lru_cache(maxsize=16384)
def _base(word: str) -> str:
    ending = next((one for one in _ENDINGS if word.endswith(one) and len(word) - len(one) >= 3), "")
    return word.removesuffix(ending)


def _is_made_of(run: str, text: str, runs: frozenset[str]) -> bool:
    """Whether whole known runs, and pieces of the text of at least two characters, make up this one."""
    reached = {0}
    for end in range(1, len(run) + 1):
        pieces = (run[start:end] for start in reached)
        if any(piece in runs or (len(piece) > 1 and piece in text) for piece in pieces):
            reached.add(end)
    return len(run) in reached
