"""Checks verdicts of a summary against the document: of the item, of the whole, of any at all.

In: a verdict fact and its context. Out: a `Check`. Knows nothing of tokens, scores or other facts.
"""

from __future__ import annotations

import re

from backend.uncertainty.context import Check, Context, identifier_lines, nearest_identifier, rank_lines
from backend.uncertainty.facts import Fact
from backend.uncertainty.folding import content_words
from backend.uncertainty.source import DocumentIndex

#: What a verdict of this class is contrary to.
_OPPOSITES = {"good": ("bad", "hold"), "bad": ("good",), "hold": ("good",), "rework": (), "scrap": ()}
#: Verdicts on a whole delivery rather than on one reading, and how documents announce theirs.
_ON_THE_WHOLE = re.compile(r"accept|reject|hold|releas|approv|合格|保留")
_PASSES_WHOLE = re.compile(r"accept|releas|approv")
_ANNOUNCES_WHOLE = re.compile(r"(?:lot|batch|overall|final|shipment|ロット|総合|最終)[^.;。\n\d]{0,25}$")
_BEFORE_CHARS = 40
#: A verdict on everything there is, as long as nothing is taken out of it.
_ON_ALL = re.compile(r"(?:\b(?:all|every|each|entire)\b(?! (?:other|remaining|but))|全|すべて)[^.;,。、]{0,40}$")
#: Words that name no single characteristic.
_GENERAL = frozenset(
    "lot batch part item result check inspect overall final read measure value status record sample piece unit "
    "characterist test verdict judg decision limit toleranc ロット 判定 結果 検査 全項目 項目 総合".split()
)
_CLAUSE_START = re.compile(r"[,;、]\s*|\b(?:and|but|while|whereas)\b")


def check_verdict(context: Context, fact: Fact) -> Check:
    """A verdict is grounded when the document gives one of its class: of that item, where it can be told."""
    index = context.index
    text = context.text_of(fact)
    lines = index.by_meaning.get(("verdict", fact.meaning), [])
    against = (
        _contrary_on_the_whole(context, fact)
        or _contrary_for_item(context, fact)
        or _contrary_for_name(context, fact)
        or _contrary_to_all(context, fact)
        or _unresolved(context, fact)
    )
    if not against and not lines:
        against = _contrary_anywhere(index, fact)
    if against:
        found = index.text[against[0].start_char : against[0].end_char]
        against_lines = [index.line_of(other.start_char) for other in against]
        ranked = rank_lines(context, fact.start_char, own=(), lines=against_lines)
        return Check(False, (("reason.verdict_contradicts", {"text": text, "found": found}),), ranked)
    if not lines:
        return Check(False, (("reason.verdict_not_in_source", {"text": text}),))
    own = [word for _, _, word in content_words(context.lower[fact.start_char : fact.end_char])]
    return Check(True, (), rank_lines(context, fact.start_char, own=own, lines=lines))


def _contrary_anywhere(index: DocumentIndex, fact: Fact) -> list[Fact]:
    """The document's verdicts of a class that is contrary to this one."""
    verdicts = index.by_kind.get("verdict", ())
    return [other for other, _ in verdicts if other.meaning in _OPPOSITES[fact.meaning]]


def _settled(index: DocumentIndex, verdicts: list[Fact]) -> list[Fact]:
    """Without what is only waited for: a lot with a pending report can be accepted."""
    return [one for one in verdicts if not index.lower.startswith(("pending", "deferred", "condition"), one.start_char)]


def _contrary_for_item(context: Context, fact: Fact) -> list[Fact]:
    """The verdicts of the lines that name the item, when all of them are contrary."""
    item = nearest_identifier(context, fact.start_char)
    if item is None:
        return []
    lines = set(identifier_lines(context.index, item.meaning))
    on_lines = [
        other for line in sorted(lines) for other in context.index.by_line.get(line, ()) if other.kind == "verdict"
    ]
    is_contrary = all(other.meaning in _OPPOSITES[fact.meaning] for other in on_lines)
    return on_lines if is_contrary else []


def _contrary_for_name(context: Context, fact: Fact) -> list[Fact]:
    """The verdicts of the lines that have all the words said before the verdict, when all of them are contrary.

    "Flatness is OK" of a document with "flatness 0.12 mm NG": no identifier is there, but the name is.
    """
    index = context.index
    start_char, _ = context.sentence(fact.start_char)
    earlier = [
        other.end_char for other in context.facts if other.kind == "verdict" and other.end_char <= fact.start_char
    ]
    start_char = max([start_char, *earlier])
    said = context.lower[start_char : fact.start_char]
    clause = _CLAUSE_START.split(said)[-1]
    words = [word for _, _, word in content_words(clause) if word not in _GENERAL]
    if not words or any(word not in index.words for word in words):
        return []
    shared = set.intersection(*(set(index.words[word]) for word in words))
    on_lines = [
        other
        for line in sorted(shared)
        for other in index.by_line.get(line, ())
        if other.kind == "verdict" and other.meaning in ("good", "bad", "hold")
    ]
    is_contrary = all(other.meaning in _OPPOSITES[fact.meaning] for other in on_lines)
    return on_lines if is_contrary else []


def _contrary_to_all(context: Context, fact: Fact) -> list[Fact]:
    """What the document judges contrary, when the summary says this verdict of all there is."""
    start_char, _ = context.sentence(fact.start_char)
    if not _ON_ALL.search(context.lower[start_char : fact.start_char]):
        return []
    return _settled(context.index, _contrary_anywhere(context.index, fact))


def _unresolved(context: Context, fact: Fact) -> list[Fact]:
    """What is NG or on hold in the document, when the summary lets the whole pass and the document nowhere does.

    An OK on one reading is no acceptance of the lot; an OK that stands alone behind the last NG may be one.
    """
    index = context.index
    spelling = context.lower[fact.start_char : fact.end_char]
    if fact.meaning != "good" or not _ON_THE_WHOLE.search(spelling):
        return []
    contrary = _settled(index, _contrary_anywhere(index, fact))
    if not contrary or _has_own_verdict(context, fact):
        return []
    last = max(other.start_char for other in contrary)
    for other, line in index.by_kind.get("verdict", ()):
        if other.meaning != "good":
            continue
        is_on_the_whole = _PASSES_WHOLE.search(index.lower, other.start_char, other.end_char) is not None
        is_alone = not any(near.kind in ("number", "identifier") for near in index.by_line[line])
        if is_on_the_whole or (is_alone and other.start_char > last):
            return []
    return contrary


def _has_own_verdict(context: Context, fact: Fact) -> bool:
    """Whether the summary speaks of one item, to which the document gives this verdict."""
    item = nearest_identifier(context, fact.start_char)
    lines = identifier_lines(context.index, item.meaning) if item else []
    on_lines = (other for line in lines for other in context.index.by_line.get(line, ()))
    return any(other.kind == "verdict" and other.meaning == fact.meaning for other in on_lines)


def _contrary_on_the_whole(context: Context, fact: Fact) -> list[Fact]:
    """The document's verdicts on the lot, when the summary gives one and none of them is of its class."""
    index = context.index
    spelling = context.lower[fact.start_char : fact.end_char]
    if not _OPPOSITES[fact.meaning] or not _ON_THE_WHOLE.search(spelling):
        return []
    overall = [
        other
        for other, _ in index.by_kind.get("verdict", ())
        if other.meaning in ("good", "bad", "hold")
        and _ANNOUNCES_WHOLE.search(index.lower[max(0, other.start_char - _BEFORE_CHARS) : other.start_char])
    ]
    return overall if all(other.meaning != fact.meaning for other in overall) else []
