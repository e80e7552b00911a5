"""Checks negations, identifiers, names and plain words of a summary against the document.

In: a fact or a range of the summary, and its context. Out: a `Check`.
Knows nothing of tokens, scores, quantities or verdicts.
"""

from __future__ import annotations

import re

from rapidfuzz import fuzz, process

from backend.uncertainty.context import Check, Context, identifier_lines, nearest_identifier, rank_lines
from backend.uncertainty.facts import Fact
from backend.uncertainty.folding import content_words, is_japanese
from backend.uncertainty.identifiers import spelling_pattern
from backend.uncertainty.source import DocumentIndex, value_key, words_with_places
from backend.uncertainty.wording import find_open_items

#: An identifier that is this near to one of the document is named beside it.
_SIMILAR_IDENTIFIER = 75.0
_MAX_WORDS_SHOWN = 4
_NEGATION_NEAR_CHARS = 40
#: What "no open items" is said of.
_OPEN_WORDS = re.compile(r"open|outstanding|残件|未決|未完|懸案|課題|to be agreed")


#: What an identifier is said to be, by the word before it.
_ROLES = {
    "lot": r"lot|batch|ロット",
    "part": r"part|p/n|品番|部品",
    "drawing": r"drawing|dwg|図番",
    "serial": r"serial|s/n|製番",
}
_ANY_ROLE = (
    "(?:" + "|".join(f"(?P<{role}>(?<![a-z]){words})" for role, words in _ROLES.items()) + ")"
    r"(?:[ ]?(?:no\.?|number|番号))?"
)
_ROLE = re.compile(_ANY_ROLE + r"[\s:#(]{0,3}$")
_HEADING_ROLE = re.compile(_ANY_ROLE)
_ROLE_CHARS = 16


def check_identifier(context: Context, fact: Fact) -> Check:
    """An identifier is grounded when the document names it, however it is broken up."""
    index = context.index
    lines = identifier_lines(index, fact.meaning)
    if not lines and fact.meaning.isdecimal():
        lines = [place.line for place in index.by_value.get(value_key(float(fact.meaning)), ())]
    text = context.text_of(fact)
    if lines:
        ranked = rank_lines(context, fact.start_char, own=(), lines=lines)
        other_role = _other_role(context, fact)
        if other_role:
            return Check(False, (("reason.belongs_to_other_item", {"text": text, "found": other_role}),), ranked)
        return Check(True, (), ranked)
    known = [other for other, _ in index.by_kind.get("identifier", ())]
    near = process.extractOne(
        fact.meaning, [k.meaning for k in known], scorer=fuzz.ratio, score_cutoff=_SIMILAR_IDENTIFIER
    )
    missing = ("reason.identifier_not_in_source", {"text": text})
    if near is None:
        return Check(False, (missing,))
    other = known[near[2]]
    similar = (
        "reason.similar_in_source",
        {"text": text, "found": index.text[other.start_char : other.end_char]},
    )
    return Check(False, (missing, similar), (index.line_of(other.start_char),))


def _other_role(context: Context, fact: Fact) -> str:
    """What the document always calls this identifier (lot, part, …), when the summary calls it something else."""
    said = _role_before(context.lower, fact.start_char)
    if not said:
        return ""
    index = context.index
    places = [match.start() for match in spelling_pattern(fact.meaning).finditer(index.lower)]
    roles = {_role_before(index.lower, place) or _role_of_column(index, place) for place in places} - {""}
    return min(roles) if roles and said not in roles else ""


def _role_of_column(index: DocumentIndex, position: int) -> str:
    match = _HEADING_ROLE.fullmatch(index.rows.heading(index.line_of(position), position))
    return match.lastgroup or "" if match else ""


def _role_before(lower: str, position: int) -> str:
    match = _ROLE.search(lower[max(0, position - _ROLE_CHARS) : position])
    return match.lastgroup or "" if match else ""


def check_negation(context: Context, fact: Fact) -> Check:
    """A negation is grounded when the document negates that word, or has the very words.

    It is unknown when the document lacks the word, and for "no open items" of one that lists none.
    """
    index = context.index
    words = [word for _, _, word in content_words(fact.meaning)]
    known = [word for word in words if is_known(index, word)]
    lines = sorted({line for word in known for line in index.words.get(word, ())})
    text = context.text_of(fact)
    position = index.lower.find(context.lower[fact.start_char : fact.end_char])
    if words and position >= 0:
        lines = [index.line_of(position)]
    ranked = rank_lines(context, fact.start_char, own=known, lines=lines) if lines else ()
    if (words and position >= 0) or _is_negated_nearby(index, known):
        return Check(True, (), ranked)
    if _is_open_item(context, fact) or not words or (not known and index.negated):
        return Check(None, (), ranked)
    return Check(False, (("reason.negation_not_in_source", {"text": text}),), ranked)


def check_name(context: Context, fact: Fact) -> Check:
    """A name is grounded when the document has it, or each of its words."""
    index = context.index
    name = context.lower[fact.start_char : fact.end_char]
    words = [word for _, _, word in content_words(name)]
    position = index.lower.find(name)
    if position >= 0 or (words and all(word in index.occurrences for word in words)):
        lines = [index.line_of(position)] if position >= 0 else None
        return Check(True, (), rank_lines(context, fact.start_char, own=words, lines=lines))
    return Check(False, (("reason.name_not_in_source", {"text": context.text_of(fact)}),), novelty=1.0)


def check_words(context: Context, start_char: int, end_char: int) -> Check:
    """Plain words cannot be proved; new ones, and a negation that was lost, speak against them."""
    index = context.index
    words = [(context.summary[start_char + a : start_char + b], word)
             for a, b, word in content_words(context.lower[start_char:end_char])]  # fmt: skip
    new = [shown for shown, word in words if not is_known(index, word)]
    own = [word for _, _, word in words_with_places(context.lower[start_char:end_char])]
    reasons = []
    dropped = None if _is_negated(context, start_char) else _dropped_negation(index, [word for _, word in words])
    if dropped is not None:
        found = index.line_text(dropped)[:80]
        reasons.append(("reason.negation_dropped", {"text": context.summary[start_char:end_char], "found": found}))
    if new:
        reasons.append(("reason.words_not_in_source", {"words": ", ".join(dict.fromkeys(new[:_MAX_WORDS_SHOWN]))}))
    ranked = rank_lines(context, start_char, own=own, lines=None)[:1]
    return Check(None, tuple(reasons), ranked, len(new) / len(words) if words else 0.0)


def check_item(context: Context, fact: Fact, lines: tuple[int, ...]) -> tuple[tuple[str, dict[str, str]], ...]:
    """Whether the document gives the fact only for another item of the same sort than the summary does."""
    item = nearest_identifier(context, fact.start_char)
    if item is None or not lines or fact.kind not in ("number", "date"):
        return ()
    own_lines = set(identifier_lines(context.index, item.meaning))
    if not own_lines or own_lines & set(lines):
        return ()
    others = [_identifier_like(context.index, line, item) for line in lines]
    if not all(others):
        return ()
    return (("reason.belongs_to_other_item", {"text": context.text_of(fact), "found": others[0]}),)


def is_known(index: DocumentIndex, word: str) -> bool:
    """Whether the document has the word, a longer word that begins so, or the run of characters."""
    if word in index.words:
        return True
    return (is_japanese(word) or len(word) >= 5) and word in index.lower


def _identifier_like(index: DocumentIndex, line: int, item: Fact) -> str:
    """An identifier on the line that is built like the item's (A123 like B042); "" if none."""
    shape = _shape(item.meaning)
    for fact in index.by_line.get(line, ()):
        if fact.kind == "identifier" and _shape(fact.meaning) == shape:
            return index.text[fact.start_char : fact.end_char]
    return ""


def _shape(canonical_text: str) -> str:
    return re.sub(r"[A-Z]", "A", re.sub(r"\d", "9", canonical_text))


def _is_negated_nearby(index: DocumentIndex, words: list[str]) -> bool:
    """Whether the document negates one of these words, or a negation stands within a few words of one."""
    if any(index.negated.get(word) for word in words):
        return True
    for fact, _ in index.by_kind.get("negation", ()) if words else ():
        near = index.lower[max(0, fact.start_char - _NEGATION_NEAR_CHARS) : fact.end_char + _NEGATION_NEAR_CHARS]
        if any(word in near for word in words):
            return True
    return False


def _is_open_item(context: Context, fact: Fact) -> bool:
    """Whether it says "no open items" of a document that lists none, or 未決 of one that lists some."""
    lists_some = next(find_open_items(context.index.lower), None) is not None
    if next(find_open_items(context.lower[fact.start_char : fact.end_char]), None) is not None:
        return lists_some or _OPEN_WORDS.search(context.index.lower) is not None
    return _OPEN_WORDS.search(fact.meaning) is not None and not lists_some


def _is_negated(context: Context, position: int) -> bool:
    """Whether the summary's sentence around a position negates anything: which word, is not always plain."""
    start_char, end_char = context.sentence(position)
    return any(f.kind == "negation" and start_char <= f.start_char < end_char for f in context.facts)


def _dropped_negation(index: DocumentIndex, words: list[str]) -> int | None:
    """The line of a word that the document only ever negates, when the summary does not."""
    for word in words:
        if index.negated.get(word, 0) >= index.occurrences.get(word, 0) > 0:
            return index.words[word][0]
    return None
