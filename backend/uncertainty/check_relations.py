"""Checks how the numbers of a summary go together: shares, changes, ranges, readings and their limits.

In: a piece of the summary, its context, and what was found for it alone. Out: the same, or what speaks against it.
Knows nothing of tokens and scores, nor whether the numbers stand in the document at all.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import TypeVar

from backend.uncertainty.context import Check, Context
from backend.uncertainty.facts import Fact
from backend.uncertainty.numbers import bounds, signed_value
from backend.uncertainty.relations import Change, Share
from backend.uncertainty.source import DocumentIndex, Place, value_key
from backend.uncertainty.split import Piece

_Relation = TypeVar("_Relation", Share, Change)
_Reason = tuple[str, dict[str, str]]
_BEFORE_CHARS = 16
_ONE = re.compile(r"\bone\b|\bsingle\b|一[つ個本枚台]")
_CALLS_LIMIT = re.compile(
    r"(?:(?<![a-z])(?:limits?|against|within|specs?|specified|specification|requirement|tolerance|max\.?|min\.?)|"
    r"規格値?|公差|基準|上限|下限|要求)[^\w.。;]{0,3}$"
)
_LIMIT_HEADING = re.compile(r"limit|spec|requirement|tolerance|nominal|規格|公差|基準|要求|図面")
#: What stands between a reading and its limit.
_SETS_AGAINST = re.compile(
    r"[ ]?[,;、]?[ ]?(?:[(（]?(?:limits?|against|within|specs?|specified|規格|公差|基準)[ :はが]{0,2}|"
    r"が規格|に対し(?:て)?(?:規格)?)"
)


def check_relations(context: Context, piece: Piece, found: Check) -> Check:
    """What was found, unless the document relates the piece's numbers otherwise."""
    if found.is_grounded is False:
        return found  # what is wrong by itself needs no second reason
    reason = _unknown_share(context, piece)
    fact = piece.fact
    if reason is None and fact is not None and fact.kind == "number":
        reason = (
            _unknown_change(context, piece)
            or _other_range(context, fact)
            or _foreign_limit(context, fact)
            or _reading_as_limit(context, fact)
        )
    return Check(False, (reason, *found.reasons), found.lines, found.novelty) if reason else found


def _unknown_share(context: Context, piece: Piece) -> _Reason | None:
    if piece.kind not in ("number", "identifier", "words"):
        return None
    share = _around(context.shares, piece)
    if share is not None and not _is_share_known(context, share):
        return _reason(context, "reason.share_not_in_source", share.start_char, share.end_char)
    for start_char, end_char in context.broken_shares:
        is_said = context.lower[start_char:end_char] in context.index.lower
        if start_char <= piece.core_start_char and piece.core_end_char <= end_char and not is_said:
            return _reason(context, "reason.share_not_in_source", start_char, end_char)
    return None


def _unknown_change(context: Context, piece: Piece) -> _Reason | None:
    change = _around(context.changes, piece)
    if change is None or not change.is_explicit or _is_change_known(context, change):
        return None
    return _reason(context, "reason.change_contradicts", change.start_char, change.end_char)


def _foreign_limit(context: Context, fact: Fact) -> _Reason | None:
    """Whether the summary sets this limit against a reading for which the document never names it."""
    number = bisect_left(context.facts, fact.start_char, key=lambda other: other.start_char)
    before = context.facts[number - 1] if number else None
    if before is None or before.kind != "number" or not fact.quantities or not before.quantities:
        return None
    if not _SETS_AGAINST.fullmatch(context.lower[before.end_char : fact.start_char]):
        return None
    readings, limits = _segments(context.index, before), _segments(context.index, fact)
    if not readings or not limits or readings & limits:
        return None
    return _reason(context, "reason.limit_of_other_reading", before.start_char, fact.end_char)


def _reading_as_limit(context: Context, fact: Fact) -> _Reason | None:
    """Whether the summary calls a limit what the document gives as a reading only."""
    index, first = context.index, fact.quantities[0]
    is_called_limit = _CALLS_LIMIT.search(context.lower[max(0, fact.start_char - _BEFORE_CHARS) : fact.start_char])
    is_marked = context.folded[first.start_char] in "<>≤≥≦≧"
    is_measure = first.unit is not None and first.unit.dimension != "count"
    is_limit = is_called_limit or (first.comparison and (is_marked or is_measure))  # "at least 3 lots" limits nothing
    if len(fact.quantities) > 1 or first.sign == "±" or not is_limit:
        return None
    places = index.by_value.get(value_key(first.values[0]), [])
    if not places or any(_is_limit(index, place) for place in places):
        return None
    if not any(_is_limit(index, other) for place in places for other in _beside(index, place)):
        return None  # it gives no limits of its readings, or not in a form that is known here
    return _reason(context, "reason.reading_as_limit", fact.start_char, fact.end_char)


def _is_limit(index: DocumentIndex, place: Place) -> bool:
    quantity = place.quantity
    value = value_key(signed_value(quantity))
    if quantity.comparison or value in index.by_bound or (value in index.by_nominal and quantity.sign != "±"):
        return True
    before = index.lower[max(0, quantity.start_char - _BEFORE_CHARS) : quantity.start_char]
    if _CALLS_LIMIT.search(before) is not None:
        return True
    return _LIMIT_HEADING.match(index.rows.heading(place.line, quantity.start_char)) is not None


def _other_range(context: Context, fact: Fact) -> _Reason | None:
    """Whether the document has ranges with one of these ends, or this nominal, but none with both."""
    index, ends = context.index, bounds(fact.quantities)
    if ends is None or (value_key(ends[0]), value_key(ends[1])) in index.by_bounds:
        return None
    if context.lower[fact.start_char : fact.end_char].strip() in index.lower:
        return None
    others = [place for end in ends for place in index.by_bound.get(value_key(end), ())]
    others += index.by_nominal.get(value_key(fact.quantities[0].values[0]), [])
    if not others:
        return None
    return _reason(context, "reason.range_differs", fact.start_char, fact.end_char)


def _beside(index: DocumentIndex, place: Place) -> Iterator[Place]:
    """The other quantities of the same sentence or row."""
    segment = index.segment_of(place.quantity.start_char)
    for fact in index.by_line[place.line]:
        for quantity in fact.quantities:
            if quantity is not place.quantity and index.segment_of(quantity.start_char) == segment:
                yield Place(quantity, place.line)


def _segments(index: DocumentIndex, fact: Fact) -> set[int]:
    """The sentences and lines of the document that have all the fact's numbers."""
    parts = [
        {index.segment_of(place.quantity.start_char) for place in index.by_value.get(value_key(quantity.values[0]), ())}
        for quantity in fact.quantities
    ]
    return set.intersection(*parts)


def _reason(context: Context, code: str, start_char: int, end_char: int) -> _Reason:
    return code, {"text": context.summary[start_char:end_char].strip(" .,;。、")}


def _around(relations: Sequence[_Relation], piece: Piece) -> _Relation | None:
    """The relation that the piece is a part of; words only where nothing of them is outside."""
    start_char, end_char = piece.core_start_char, piece.core_end_char
    number = bisect_right(relations, start_char, key=lambda one: one.start_char)
    for one in relations[max(0, number - 1) : number + 1]:
        is_inside = one.start_char <= start_char and end_char <= one.end_char
        if is_inside or (piece.fact is not None and one.start_char < end_char and start_char < one.end_char):
            return one
    return None


def _is_share_known(context: Context, share: Share) -> bool:
    """Whether the document has the share, or both numbers as counts; unknown ones pass where it counts nothing.

    All of them (8 of 8) are only so many when the document says so, or counts nothing else, or so many twice.
    """
    index = context.index
    if any((one.part, one.whole) == (share.part, share.whole) for one in index.shares):
        return True
    if share.part > share.whole:
        return False
    if not index.counts:
        return True
    if not _is_counted(index, share.part) or not _is_counted(index, share.whole):
        return False
    if share.part < share.whole or len(index.counts) == 1:
        return True
    is_only_whole = all(one.whole != share.whole for one in index.shares)
    return is_only_whole and share.whole == max(index.counts) and index.counts[share.whole] > 1


def _is_counted(index: DocumentIndex, number: int) -> bool:
    """Whether the document counts so many, in digits or in words."""
    if number == 1 and _ONE.search(index.lower):
        return True
    is_word = any(not place.quantity.written for place in index.by_value.get(float(number), ()))
    return number in index.counts or is_word


def _is_change_known(context: Context, change: Change) -> bool:
    """Whether the document has the change in this direction, in full or in part; nothing is said where it has none."""
    known = context.index.changes
    if any(_is_part_of(change, one) for one in known):
        return True
    return not known and change.before != change.after


def _is_part_of(change: Change, other: Change) -> bool:
    is_same = set(change.before) <= set(other.before) and set(change.after) <= set(other.after)
    return is_same and (change.before != change.after or other.before == other.after)
