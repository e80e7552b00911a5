"""The document as something to look things up in: lines, facts, words, each with its place.

In: the document's text. Out: an index, built once for a document, and the lines that fit some words.
Knows nothing of summaries' scores or of what is a reason for doubt.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from backend.uncertainty.facts import Fact, find_facts
from backend.uncertainty.folding import content_words, fold, is_japanese, lower_case
from backend.uncertainty.numbers import Quantity, bounds, signed_value
from backend.uncertainty.phrases import SourceSpan
from backend.uncertainty.relations import Change, Share, find_changes, find_counts, find_shares
from backend.uncertainty.tables import Rows, read_rows
from backend.uncertainty.units import to_base
from backend.uncertainty.wording import find_negations

#: A line longer than this is cut into its sentences, a sentence longer than that at a space.
MAX_LINE_CHARS = 240
#: How many lines a phrase is linked to.
MAX_SPANS = 3

_LINE = re.compile(r"[^\n]+")
#: Behind an abbreviated limit (max. 0.05) no sentence ends.
_SEGMENT_END = re.compile(r"\n|(?<!max)(?<!min)(?<!no)(?<!approx)[.;](?=\s)|。")
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？])")


@dataclass(frozen=True, slots=True)
class Place:
    """A quantity of the document with the number of its line."""

    quantity: Quantity
    line: int


@dataclass(frozen=True, slots=True)
class DocumentIndex:
    """Everything about a document that checks need.

    Attributes:
        text: the document.
        folded: the same in `fold`, whose offsets are those of the document.
        lower: the same in `fold_case`, for looking up spellings.
        lines: start and end of each line (or sentence of a long line).
        facts: its facts, in order.
        by_line: the facts of each line.
        by_kind: facts of each kind with their line.
        by_value: quantities by their digits' value, without sign.
        by_base: by dimension, signed base values in order with their places; both values of ±.
        by_bounds: nominals with a tolerance, and ranges, by the two ends of what they allow.
        by_bound: the same by each end.
        by_nominal: the same by the number that is written first.
        by_meaning: lines by (kind, meaning) of identifiers, verdicts and names.
        words: lines by content word.
        negated: how often each word is directly negated.
        occurrences: how often each content word occurs.
        rows: the text as rows of tables.
        shares: so many of so many.
        counts: numbers of pieces, and how often each occurs.
        changes: values that were replaced by others.
        segments: where each sentence or line begins, in order.
    """

    text: str
    folded: str
    lower: str
    lines: list[tuple[int, int]]
    facts: list[Fact]
    by_line: dict[int, list[Fact]]
    by_kind: dict[str, list[tuple[Fact, int]]]
    by_value: dict[float, list[Place]]
    by_base: dict[str, list[tuple[float, Place]]]
    by_bounds: dict[tuple[float, float], list[Place]]
    by_bound: dict[float, list[Place]]
    by_nominal: dict[float, list[Place]]
    by_meaning: dict[tuple[str, str], list[int]]
    words: dict[str, list[int]]
    negated: dict[str, int]
    occurrences: dict[str, int]
    rows: Rows
    shares: list[Share]
    counts: dict[int, int]
    changes: list[Change]
    segments: list[int]

    def line_of(self, position: int) -> int:
        """The number of the line that a position lies in."""
        return max(0, bisect_right(self.lines, (position, len(self.text) + 1)) - 1)

    def segment_of(self, position: int) -> int:
        """The number of the sentence, or the line, that a position lies in."""
        return bisect_right(self.segments, position) - 1

    def span(self, line: int) -> SourceSpan:
        """The range of a line, without the spaces around it."""
        start_char, end_char = self.lines[line]
        body = self.text[start_char:end_char]
        return SourceSpan(start_char + len(body) - len(body.lstrip()), end_char - len(body) + len(body.rstrip()))

    def line_text(self, line: int) -> str:
        """The text of a line."""
        start_char, end_char = self.lines[line]
        return self.text[start_char:end_char].strip()

    def near(self, dimension: str, base_value: float, tolerance: float) -> Iterator[Place]:
        """Quantities of a dimension whose value in base units is that near."""
        entries = self.by_base.get(dimension, [])
        first = bisect_left(entries, base_value - tolerance, key=lambda entry: entry[0])
        for value, place in entries[first:]:
            if value > base_value + tolerance:
                return
            yield place


def value_key(value: float) -> float:
    """A value rounded to ten significant digits, so that 0.1 + 0.2 finds 0.3."""
    return float(f"{value:.10g}")


def index_document(text: str) -> DocumentIndex:
    """Reads a document once, in time linear in its length."""
    folded = fold(text)
    lower = lower_case(folded)
    lines = list(split_lines(text))
    rows = read_rows(lower, lines)
    index = DocumentIndex(
        text=text,
        folded=folded,
        lower=lower,
        lines=lines,
        facts=find_facts(text),
        by_line=defaultdict(list),
        by_kind=defaultdict(list),
        by_value=defaultdict(list),
        by_base=defaultdict(list),
        by_bounds=defaultdict(list),
        by_bound=defaultdict(list),
        by_nominal=defaultdict(list),
        by_meaning=defaultdict(list),
        words=defaultdict(list),
        negated=defaultdict(int),
        occurrences=defaultdict(int),
        rows=rows,
        shares=list(find_shares(lower)),
        counts=find_counts(rows),
        changes=list(find_changes(lower)),
        segments=[0, *(match.end() for match in _SEGMENT_END.finditer(lower))],
    )
    for fact in index.facts:
        _index_fact(index, fact)
    for entries in index.by_base.values():
        entries.sort(key=lambda entry: entry[0])
    for start_char, _, word in words_with_places(lower):
        index.occurrences[word] += 1
        line = index.line_of(start_char)
        if not index.words[word] or index.words[word][-1] != line:
            index.words[word].append(line)
    for _, _, word in _negated_words(lower):
        index.negated[word] += 1
    return index


def split_lines(text: str) -> Iterator[tuple[int, int]]:
    """Lines, long ones by sentence, long sentences at a space: at most about `MAX_LINE_CHARS` each."""
    for line in _LINE.finditer(text):
        if not line.group().strip():
            continue
        if len(line.group()) <= MAX_LINE_CHARS:
            yield line.span()
            continue
        start = line.start()
        for end in [*(m.end() for m in _SENTENCE_END.finditer(text, line.start(), line.end())), line.end()]:
            yield from _cut(text, start, end)
            start = end


def words_with_places(lower: str) -> Iterator[tuple[int, int, str]]:
    """Content words with their ranges; of a kanji run also every pair, as its words are not known."""
    for start_char, end_char, word in content_words(lower):
        yield start_char, end_char, word
        if end_char - start_char > 2 and is_japanese(word):
            for offset in range(end_char - start_char - 1):
                yield start_char + offset, start_char + offset + 2, word[offset : offset + 2]


def best_lines(index: DocumentIndex, weights: dict[str, float], within: Iterable[int] | None = None) -> list[int]:
    """Lines that hold the weighted words, the best first; rare words count more.

    Args:
        index: the document.
        weights: how much each word matters.
        within: only these lines, which then all come back, also those without a word.
    """
    allowed = None if within is None else dict.fromkeys(within, 0.0)
    scores: dict[int, float] = dict(allowed or {})
    for word, weight in weights.items():
        lines = index.words.get(word, ())
        gain = weight * math.log1p(len(index.lines) / (1 + len(lines)))
        for line in lines:
            if allowed is None or line in allowed:
                scores[line] = scores.get(line, 0.0) + gain
    return sorted(scores, key=lambda line: (-scores[line], line))


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > 2 * MAX_LINE_CHARS:
        space = text.rfind(" ", start + 1, start + MAX_LINE_CHARS)
        stop = space if space > start else start + MAX_LINE_CHARS
        yield start, stop
        start = stop
    if text[start:end].strip():
        yield start, end


def _index_fact(index: DocumentIndex, fact: Fact) -> None:
    line = index.line_of(fact.start_char)
    index.by_line[line].append(fact)
    index.by_kind[fact.kind].append((fact, line))
    if fact.kind in ("identifier", "verdict", "name"):
        index.by_meaning[fact.kind, fact.meaning].append(line)
    ends = bounds(fact.quantities) if fact.quantities else None
    if ends is not None:
        place = Place(fact.quantities[0], line)
        keys = value_key(ends[0]), value_key(ends[1])
        index.by_bounds[keys].append(place)
        index.by_nominal[value_key(place.quantity.values[0])].append(place)
        for key in keys:
            index.by_bound[key].append(place)
    for quantity in fact.quantities:
        place = Place(quantity, line)
        for value in quantity.values:
            index.by_value[value_key(value)].append(place)
        if quantity.unit is not None:
            value = signed_value(quantity)
            for either in (value, -value) if quantity.sign == "±" else (value,):
                index.by_base[quantity.unit.dimension].append((to_base(either, quantity.unit), place))


def _negated_words(lower: str) -> Iterator[tuple[int, int, str]]:
    seen = -1
    for negation in find_negations(lower):
        if negation.start_char != seen:
            for _, _, word in content_words(negation.meaning):
                yield negation.start_char, negation.end_char, word
        seen = negation.start_char
