"""Finds words that decide: verdicts, negations, open items, names; in English and Japanese.

In: a folded text. Out: ranges with what they mean. Knows nothing of documents or summaries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend.uncertainty.folding import is_japanese


@dataclass(frozen=True, slots=True)
class Wording:
    """A range of the text and its meaning: a verdict class, or the words that a negation negates."""

    start_char: int
    end_char: int
    meaning: str


#: "None" behind a Japanese word, or a Latin one in Japanese text.
_NONE = (
    r"(?:品|件|箇所)?(?:は|も|が)?[ ]?"
    r"(?:なし|無し|ゼロ|ありません|なかった|ない|0 ?[件個本枚]|(?:認め|見)られ(?:ず|ない|なかった|ません))"
)
#: "Is not" or "was not" behind a Japanese verdict: 合格ではない, 承認されていない.
_IS_NOT = r"(?:[でと]は(?:な[いくか]|ありません|言え)|(?:して?|されて?)(?:い|お[ら]?)?(?:な[いくか]|ず|ません))"
_LIMIT = r"(?:tolerances?|specs?|specifications?|limits?|range|requirements?)"
_VERDICTS = {
    "good": (
        rf"(?:no|zero|without) (?:non-?conform\w+|defects?|failures?|anomal\w+|ng|rejects?)\b|"
        rf"within[ -](?:the )?{_LIMIT}\b|in[ -](?:tolerance|spec|limits?)\b|"
        rf"ng(?:{_NONE}|{_IS_NOT})|all ok\b|ok\b(?!{_IS_NOT})|"
        r"pass(?:ed|es)?\b|accept(?:ed|able|ance)\b|(?:accept|(?<=[,:] )fine)(?=[ ]?(?:[.;,|)\n]|\Z))|"
        r"conform(?:s|ed|ing)?\b|released\b|approved\b|good\b"
    ),
    "bad": (
        r"(?:not|isn't|wasn't|never) (?:ok|accept(?:ed|able)|pass(?:ed)?|conform(?:ing|s)?|approved|released|"
        rf"(?:with)?in (?:the )?{_LIMIT})\b|"
        rf"(?:did|does|do) ?n[o']t (?:pass|conform|meet\b[^.\n]{{0,30}}{_LIMIT})\b|"
        rf"out[ -]of[ -](?:the )?{_LIMIT}\b|(?:exceed(?:s|ed|ing)?|above|below|outside|beyond|over)[ -]"
        rf"(?:the )?(?:\w+ ){{0,2}}{_LIMIT}\b|oot\b|ng\b(?!品?率)|n\.g\.|ok{_IS_NOT}|"
        r"fail(?:s|ed|ing|ures?)?\b|reject(?:ed|s|ion|able)?\b|non-?conform\w*|unacceptable\b|defective\b"
    ),
    "hold": r"on[ -]hold\b|hold\b|quarantin\w+|pending\b|conditional(?:ly)?\b|deferred\b",
    "rework": r"rework(?:ed|s)?\b|repair(?:ed|s)?\b",
    "scrap": r"scrap(?:ped|s)?\b",
}
_JAPANESE_VERDICTS = {
    "good": (
        rf"(?:[不否]合格|不良|不適合|異常|問題)(?:{_NONE}|{_IS_NOT})|"
        rf"(?:(?<!不)合格|(?<!不)適合|良品|良好|(?<!未)承認(?!待ち))(?!{_IS_NOT})|公差内|規格内|範囲内|出荷可"
    ),
    "bad": (
        rf"不合格|不適合|不良(?!品?率)|(?:合格|適合|良品|良好|(?<!未)承認){_IS_NOT}|"
        r"公差外れ?|規格外れ?|範囲外|外れ|逸脱|超過|不可"
    ),
    "hold": r"保留|隔離|特採|条件付き?|未承認|承認待ち",
    "rework": r"手直し|再加工|修理|補修",
    "scrap": r"廃棄|廃却",
}


def _by_class(patterns: dict[str, str], language: str) -> str:
    return "|".join(f"(?P<{name}_{language}>{pattern})" for name, pattern in patterns.items())


#: The look-arounds in front let most positions of a long document fail at once. Kana and kanji are no part of
#: an English word: NGのため, OK品.
_VERDICT = re.compile(
    rf"(?<![a-z0-9])(?=[a-z])(?a:{_by_class(_VERDICTS, 'en')})|"
    rf"(?=[一-龠])(?:{_by_class(_JAPANESE_VERDICTS, 'ja')})"
)

_NEGATION = re.compile(
    r"\b(?:not|no(?!\.? ?\d)|never|without|neither|nor|none|cannot|nothing|missing|absent)\b|n't\b|"
    r"(?:では|は|が)?(?:なかった|なく|ない|なし|無し|ません)|(?<=[一-龠れえけせてねめべり])ず(?!つ)|"
    r"(?<![一-龠])(?:未(?=[一-龠])|非(?=[一-龠]))|(?<![一-龠])不(?=[一-龠])"
)
_WORD_AFTER = re.compile(r"[ ](?:(?:be|been|have|has|yet|any|the|a|an|further|other|in|to|for)[ ]){0,2}([a-z][a-z'-]*)")
#: What stands between a Japanese word and its negation: particles, and verbs of finding (認められない).
_WORD_BEFORE = re.compile(
    r"([一-龠々]+|[ァ-ヶー]+)[ぁ-ん]{0,3}?(?:[はがもを：:])?"
    r"(?:(?:認め|見|確認さ|検出さ|発見さ|見つか|発生し)(?:ら?れ?|って?い?|てい)?)?$"
)
_JAPANESE_AFTER = re.compile(r"[一-龠]{1,4}")

_OPEN_ITEM = re.compile(
    r"\bopen (?:items?|points?|issues?|actions?|questions?)\b|\bt\.?b\.?[dc]\b|"
    r"\bto be (?:confirmed|determined|decided|defined|agreed)\b|"
    r"\b(?:still open|outstanding|unresolved|action required|not yet|awaiting|follow-?up)\b|"
    r"未完了?|未決|未定|懸案|未実施|未処置|未確認|未回答|未対応|要確認|要検討|残件|"
    r"確認中|対応中|検討中|調査中|回答待ち"
)

_CAPITALISED = re.compile(r"(?:[A-Z][a-z]+(?:[-'][A-Z]?[a-z]+)?|[A-Z]{2,})(?:[ ](?:[A-Z][a-z]+|[A-Z]{2,}|[A-Z]\.))*")
_TITLED = re.compile(
    r"(?:株式会社|\(株\)|有限会社)[一-龠ァ-ヶー]+|"
    r"[一-龠ァ-ヶー]{1,10}(?:株式会社|製作所|工業(?=[ ,、。のは])|氏|さん|(?<!仕)様)"
)
_NOT_A_NAME = frozenset(
    "i ok ng tbd tbc n/a na oot pass fail hold open the a an lot part all no not mr ms dr "
    "one two three four five six seven eight nine ten "
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday".split()
)


def find_verdicts(lower: str) -> Iterator[Wording]:
    """Verdict words with their class: good, bad, hold, rework, scrap."""
    for match in _VERDICT.finditer(lower):
        yield Wording(match.start(), match.end(), (match.lastgroup or "")[:-3])


def find_negations(lower: str) -> Iterator[Wording]:
    """Negations, each with the word that it negates ("" when none stands beside it).

    Each comes twice, with that word and without, for where the word belongs to something else.
    """
    for match in _NEGATION.finditer(lower):
        start_char, end_char = match.span()
        if match.group() == "n't":
            start_char = _word_start(lower, start_char)
        negated, end_char = _negated(lower, match, end_char)
        yield Wording(start_char, end_char, negated)
        if end_char != match.end():
            yield Wording(start_char, match.end(), negated)


def find_open_items(lower: str) -> Iterator[Wording]:
    """Words that say that something is still to be done or decided."""
    for match in _OPEN_ITEM.finditer(lower):
        yield Wording(match.start(), match.end(), "open")


def find_names(folded: str) -> Iterator[Wording]:
    """Names of people, firms and things: capitals inside a sentence, or a Japanese title.

    In a text of capitals nothing stands out, so nothing is found there.
    """
    for match in _TITLED.finditer(folded):
        yield Wording(match.start(), match.end(), match.group())
    if not re.search(r"[a-z]{2}", folded):
        return
    for match in _CAPITALISED.finditer(folded):
        name = match.group()
        is_first = _is_sentence_start(folded, match.start())
        if name.lower() in _NOT_A_NAME or (is_first and " " not in name and not name.isupper()):
            continue
        yield Wording(match.start(), match.end(), name)


def _negated(lower: str, match: re.Match[str], end_char: int) -> tuple[str, int]:
    """The negated word, and where the negation with that word ends."""
    if match.group()[0] in "未非不":
        word = _JAPANESE_AFTER.match(lower, end_char)
        return (word.group(), word.end()) if word else ("", end_char)
    if is_japanese(match.group()):
        word = _WORD_BEFORE.search(lower[max(0, match.start() - 16) : match.start()])
        return (word.group(1), end_char) if word else ("", end_char)
    word = _WORD_AFTER.match(lower, end_char)
    return (word.group(1), word.end()) if word else ("", end_char)


def _word_start(lower: str, position: int) -> int:
    while position > 0 and lower[position - 1].isalpha():
        position -= 1
    return position


def _is_sentence_start(text: str, position: int) -> bool:
    before = text[max(0, position - 8) : position].rstrip(" \"'([")
    if before.endswith(("Mr.", "Ms.", "Mrs.", "Dr.")):
        return False
    return not before or before[-1] in ".!?:;\n。•-*|"
