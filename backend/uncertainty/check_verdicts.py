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
_ANNOUNCES_WHOLE = re.compile(r"(?:lot|batch|overall|final|shipment|ロット|総合|最終)[^.;。\n\d]{0,25}$")
_BEFORE_CHARS = 40


def check_verdict(context: Context, fact: Fact) -> Check:
    """A verdict is grounded when the document gives one of its class: of that item, where it can be told."""
    index = context.index
    text = context.text_of(fact)
    lines = index.by_meaning.get(("verdict", fact.meaning), [])
    against = _contrary_on_the_whole(context, fact) or _contrary_for_item(context, fact)
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
