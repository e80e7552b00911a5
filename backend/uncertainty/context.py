"""What surrounds a fact in the summary: its sentence, the item that it speaks of.

In: the summary with its facts, the indexed document. Out: the nearest identifier, the words of the
sentence, lines of the document ranked by them. Knows nothing of what is right or wrong.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from backend.uncertainty.facts import Fact
from backend.uncertainty.folding import fold, fold_case
from backend.uncertainty.identifiers import spelling_pattern
from backend.uncertainty.relations import Change, Share, find_broken_shares, find_changes, find_shares
from backend.uncertainty.source import MAX_SPANS, DocumentIndex, best_lines, words_with_places

_SENTENCE_START = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？\n])")
#: A word of the phrase itself counts this much more for its line than one elsewhere in the sentence.
_OWN_WORD_WEIGHT = 4.0
#: A text without sentence ends is looked at in stretches of this length: time stays linear.
_MAX_SENTENCE_CHARS = 600


@dataclass(frozen=True, slots=True)
class Check:
    """What a check of one phrase found.

    Attributes:
        is_grounded: whether the document carries it; `None` when that cannot be said.
        reasons: (code, parameters) of what speaks against it, the strongest first.
        lines: the document's lines that it rests on, the best first.
        novelty: share of its content words that the document does not have.
    """

    is_grounded: bool | None
    reasons: tuple[tuple[str, dict[str, str]], ...] = ()
    lines: tuple[int, ...] = ()
    novelty: float = 0.0


@dataclass(frozen=True, slots=True)
class Context:
    """The summary and the document that it is checked against."""

    summary: str
    folded: str
    lower: str
    facts: list[Fact]
    identifiers: list[Fact]
    sentence_starts: list[int]
    index: DocumentIndex
    shares: list[Share]
    changes: list[Change]
    broken_shares: list[tuple[int, int]]

    def text_of(self, fact: Fact) -> str:
        """The fact as the summary writes it."""
        return self.summary[fact.start_char : fact.end_char]

    def sentence(self, position: int) -> tuple[int, int]:
        """The range of the sentence around a position of the summary."""
        number = bisect_right(self.sentence_starts, position)
        end = self.sentence_starts[number] if number < len(self.sentence_starts) else len(self.summary)
        return self.sentence_starts[number - 1], end


def read_context(summary: str, facts: list[Fact], index: DocumentIndex) -> Context:
    """Prepares a summary for its checks."""
    starts = {match.end() for match in _SENTENCE_START.finditer(summary)}
    starts.update(range(0, len(summary) + 1, _MAX_SENTENCE_CHARS))
    identifiers = [fact for fact in facts if fact.kind == "identifier"]
    lower = fold_case(summary)
    return Context(
        summary=summary,
        folded=fold(summary),
        lower=lower,
        facts=facts,
        identifiers=identifiers,
        sentence_starts=sorted(starts),
        index=index,
        shares=list(find_shares(lower)),
        changes=list(find_changes(lower)),
        broken_shares=list(find_broken_shares(lower)),
    )


def rank_lines(context: Context, position: int, *, own: Iterable[str], lines: Iterable[int] | None) -> tuple[int, ...]:
    """The best lines for a phrase: by its own words first, then by those of its sentence.

    With `lines` only these are ranked, else all lines that hold one of the phrase's own words.
    """
    start_char, end_char = context.sentence(position)
    weights = {word: 1.0 for _, _, word in words_with_places(context.lower[start_char:end_char])}
    own_words = list(own)
    weights.update(dict.fromkeys(own_words, _OWN_WORD_WEIGHT))
    item = nearest_identifier(context, position)
    near = set(context.index.by_meaning.get(("identifier", item.meaning), ()) if item else ())
    within = lines
    if within is None:
        within = {line for word in own_words for line in context.index.words.get(word, ())}
    ranked = best_lines(context.index, weights, within)
    ranked.sort(key=lambda line: line not in near)
    return tuple(ranked[:MAX_SPANS])


def nearest_identifier(context: Context, position: int) -> Fact | None:
    """The identifier that this place speaks of: the last up to it in its sentence, else the next there."""
    start_char, end_char = context.sentence(position)
    number = bisect_right(context.identifiers, position, key=lambda fact: fact.start_char)
    for nearest in (number - 1, number):
        if 0 <= nearest < len(context.identifiers):
            fact = context.identifiers[nearest]
            if start_char <= fact.start_char < end_char:
                return fact
    return None


def identifier_lines(index: DocumentIndex, canonical_text: str) -> list[int]:
    """The lines that name an identifier, however it is broken up."""
    lines = index.by_meaning.get(("identifier", canonical_text))
    if lines:
        return lines
    return [index.line_of(match.start()) for match in spelling_pattern(canonical_text).finditer(index.lower)]
