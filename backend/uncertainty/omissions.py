"""Finds what a document says is wrong or open and its summary does not carry.

In: the indexed document and the summary's context. Out: `Omission` values with their line.
Conservative: a line counts as carried as soon as the summary says the same class of verdict with any of
the line's identifiers, numbers or half of its words. Knows nothing of tokens and scores.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from backend.uncertainty.context import Context
from backend.uncertainty.dates import agree
from backend.uncertainty.facts import Fact
from backend.uncertainty.folding import content_words
from backend.uncertainty.phrases import Omission
from backend.uncertainty.source import DocumentIndex, value_key
from backend.uncertainty.wording import find_open_items

#: More than this is a list nobody reads; the first ones are shown.
MAX_OMISSIONS = 5
#: A record is a line that is short and one of several: only there do everyday words decide.
_MAX_RECORD_CHARS = 200
_MIN_RECORDS = 3
#: An identifier on more than this share of the lines says nothing about one of them.
_MAX_COMMON_SHARE = 0.2

_OUT = re.compile(r"out[ -]of|oot|exceed|outside|beyond|above|below|over|公差外|規格外|範囲外|外れ|逸脱|超過")
_STRONG = re.compile(
    r"(?-i:(?<![A-Za-z0-9])NG(?![A-Za-z0-9]))|"  # kanji before it are no boundary of a word
    r"out[ -]of|non-?conform|不合格|不適合|公差外|規格外|保留|特採|on[ -]hold|quarantin",
    re.IGNORECASE,
)
#: Choices, counts of none, rules and definitions are no findings.
_NO_FINDING = re.compile(
    r"(?<![a-z])ok ?[/|,・] ?ng(?![a-z])|(?<![a-z])ng ?[/|,・] ?ok(?![a-z])|合否|"
    r"\bpass ?/ ?fail\b|\baccept ?/ ?reject\b|"
    r"\b(?:shall|must|should|will be|if|when|whenever|unless|in case)\b|場合|こと(?:。|$)|とする(?:。|$)|"
    r"(?:ng|不合格|不適合|不良|保留|残件|未決\w*|fail(?:ed|ures?)?|reject(?:ed|s)?|hold|"
    r"open (?:items?|points?|issues?|actions?))[ ]?[:=：]?[ ]?(?:0|none|nil|なし|無し|ゼロ)(?!\.?\d)|"
    r"(?<![\d.])0 (?:ng|fail|reject|non|open)|0件|残件なし|\b(?:no|zero|without) (?:open|outstanding|ng|non)|"
    r"^\W*[\d.]*\W*open (?:items?|points?|issues?|actions?)\W*$"
)
_OPEN_IN_SUMMARY = re.compile(
    r"\b(?:open|pending|outstanding|t\.?b\.?[dc]|to be|not yet|await\w*|unresolved)\b|"
    r"未|残件|要確認|要検討|確認中|対応中|検討中|調査中|待ち"
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    kind: str
    meaning: str
    line: int


def find_omissions(context: Context) -> tuple[Omission, ...]:
    """Lines of the document whose finding the summary leaves out, in order, each line once."""
    index = context.index
    candidates = sorted(_candidates(index), key=lambda candidate: candidate.line)
    counts = Counter(candidate.meaning for candidate in candidates)
    missing: dict[int, Omission] = {}
    for candidate in candidates:
        if len(missing) == MAX_OMISSIONS:
            break
        if candidate.line not in missing and not _is_carried(context, candidate, counts):
            text = index.line_text(candidate.line)
            missing[candidate.line] = Omission(text, candidate.kind, index.span(candidate.line))
    return tuple(missing.values())


def _candidates(index: DocumentIndex) -> list[_Candidate]:
    """Findings of the document, the graver first on one line."""
    found = []
    for fact, line in index.by_kind.get("verdict", ()):
        if fact.meaning in ("bad", "hold") and _is_finding(index, fact.start_char, line, fact):
            found.append(_Candidate(_kind(index, fact), fact.meaning, line))
    for item in find_open_items(index.lower):
        line = index.line_of(item.start_char)
        if _is_record(index, line) and not _NO_FINDING.search(_lower_line(index, line)):
            found.append(_Candidate("open_item", "open", line))
    return [replace(c, meaning="open") if c.kind == "open_item" else c for c in found]


def _kind(index: DocumentIndex, fact: Fact) -> str:
    if fact.meaning == "hold":
        is_waiting = index.lower.startswith(("pending", "deferred"), fact.start_char)
        return "open_item" if is_waiting else "hold"
    return "out_of_tolerance" if _OUT.match(index.lower, fact.start_char) else "ng"


def _is_finding(index: DocumentIndex, position: int, line: int, fact: Fact) -> bool:
    if _NO_FINDING.search(_lower_line(index, line)):
        return False
    if _STRONG.search(index.folded, position, fact.end_char):
        return True
    has_anchor = any(other.kind in ("identifier", "number") for other in index.by_line[line])
    return has_anchor and _is_record(index, line)


def _is_record(index: DocumentIndex, line: int) -> bool:
    start_char, end_char = index.lines[line]
    is_whole_line = index.text[start_char - 1 : start_char] in ("", "\n") and index.text[end_char : end_char + 1] in (
        "",
        "\n",
    )
    return is_whole_line and end_char - start_char <= _MAX_RECORD_CHARS and len(index.lines) >= _MIN_RECORDS


def _is_carried(context: Context, candidate: _Candidate, counts: Counter[str]) -> bool:
    """Whether the summary gives the line's figures, or its class and nothing that means other lines only."""
    index = context.index
    anchors = _anchors(index, candidate.line)
    shared = _shared(context, anchors)
    if len(shared) >= 2 or any(_is_measured(fact) for fact in shared):
        return True
    if not _says_class(context, candidate.meaning):
        return False
    is_one_of_many = candidate.meaning == "open" or any(map(_is_distinctive, anchors))
    if any(map(_is_distinctive, shared)) or not is_one_of_many:
        return True
    own = _own_words(index, candidate.line)
    said = {word for _, _, word in content_words(context.lower)}
    return len(own & said) * 2 >= len(own) if own else _says_number(context, counts[candidate.meaning])


def _own_words(index: DocumentIndex, line: int) -> set[str]:
    """Words of the line that few other lines have, without those that give the finding."""
    start_char, end_char = index.lines[line]
    body = list(index.lower[start_char:end_char])
    verdicts = [fact for fact in index.by_line[line] if fact.kind == "verdict"]
    for found in [*verdicts, *find_open_items(index.lower[start_char:end_char])]:
        first = found.start_char - (start_char if isinstance(found, Fact) else 0)
        body[first : first + found.end_char - found.start_char] = " " * (found.end_char - found.start_char)
    few = max(1, _MAX_COMMON_SHARE * len(index.lines))
    words = {word for _, _, word in content_words("".join(body))}
    return {word for word in words if len(index.words.get(word, ())) <= few}


def _says_class(context: Context, meaning: str) -> bool:
    if meaning == "open":
        return _OPEN_IN_SUMMARY.search(context.lower) is not None
    if any(fact.kind == "verdict" and fact.meaning == meaning for fact in context.facts):
        return True
    others = {"bad": ("hold", "rework", "scrap"), "hold": ("bad", "rework", "scrap")}[meaning]
    return any(fact.kind == "verdict" and fact.meaning in others for fact in context.facts)


def _anchors(index: DocumentIndex, line: int) -> list[Fact]:
    """Facts that may tell this line from others: rare identifiers and numbers, dates."""
    few = max(1, _MAX_COMMON_SHARE * len(index.lines))
    anchors = []
    for fact in index.by_line[line]:
        if fact.kind == "identifier" and len(index.by_meaning["identifier", fact.meaning]) <= few:
            anchors.append(fact)
        elif fact.kind == "date" and len(index.by_kind["date"]) <= few:
            anchors.append(fact)
        elif fact.kind == "number" and len(index.by_value[value_key(fact.quantities[0].values[0])]) <= few:
            anchors.append(fact)
    return anchors


def _shared(context: Context, anchors: list[Fact]) -> list[Fact]:
    """Those anchors that the summary names too."""
    said = {fact.meaning for fact in context.facts if fact.kind == "identifier"}
    values = {value_key(v) for fact in context.facts for q in fact.quantities for v in q.values[:1]}
    moments = [fact.moment for fact in context.facts if fact.moment is not None]
    found = []
    for fact in anchors:
        if fact.moment is not None:
            is_shared = any(agree(fact.moment, moment) for moment in moments)
        elif fact.kind == "identifier":
            is_shared = fact.meaning in said
        else:
            is_shared = value_key(fact.quantities[0].values[0]) in values
        found += [fact] if is_shared else []
    return found


def _is_measured(fact: Fact) -> bool:
    return any(quantity.decimals for quantity in fact.quantities)


def _is_distinctive(fact: Fact) -> bool:
    """Whether it tells one line from another: counts, line numbers and dates do not."""
    return fact.kind == "identifier" or _is_measured(fact)


def _says_number(context: Context, count: int) -> bool:
    """Whether the summary names how many such findings there are, which carries them together."""
    values = {v for fact in context.facts for q in fact.quantities for v in q.values[:1]}
    return float(count) in values


def _lower_line(index: DocumentIndex, line: int) -> str:
    start_char, end_char = index.lines[line]
    return index.lower[start_char:end_char]
