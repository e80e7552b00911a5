"""Checks a summary of a generated document against its known facts: strict and deterministic.

In: the document (or its facts and its text) and a summary.
Out: a `SummaryCheck`: which must-carry facts are there, and which spans are wrong. Unlike a check
against the text alone, it knows which limit, lot or verdict a number belongs to.
Knows nothing of models.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backend.corpus.claims import Claim, extract_claims, fold
from backend.corpus.facts import Fact, GeneratedDocument
from backend.corpus.inventions import find_inventions
from backend.corpus.judging import judge_claim
from backend.corpus.knowledge import learn
from backend.corpus.quality import MISSING
from backend.corpus.terms import find_terms, find_words, phrases_of

Span = tuple[int, int]
WrongSpan = tuple[int, int, str]

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n")
_SHORTEST_COPY = 15
_FEWEST_WORDS = 3


@dataclass(frozen=True, slots=True)
class SummaryCheck:
    """What a summary got right.

    Attributes:
        fact_recall: share of the must-carry facts that the summary states; 1.0 when there are none.
        fact_precision: share of its checkable claims that are right; 1.0 when it claims nothing.
        wrong_spans: (start_char, end_char, kind) of every wrong claim: half-open code points of the
            summary, in order.
        missed: the must-carry facts that it leaves out.
        claim_count: how many checkable claims it makes.
        inventions: (start_char, end_char) of words that are the model's own, in order; no claims, so that the shares
            above do not count them.
    """

    fact_recall: float
    fact_precision: float
    wrong_spans: tuple[WrongSpan, ...]
    missed: tuple[Fact, ...]
    claim_count: int
    inventions: tuple[Span, ...] = ()

    @property
    def has_wrong_fact(self) -> bool:
        """Return whether at least one claim is wrong."""
        return bool(self.wrong_spans)

    @property
    def errors(self) -> tuple[Span, ...]:
        """Ranges of what a person would have to change: wrong claims and made-up words, in order."""
        return tuple(sorted([(start, end) for start, end, _ in self.wrong_spans] + [*self.inventions]))


def overlaps(one: Span, spans: Iterable[Span]) -> bool:
    """Whether a range shares a character with any of the spans."""
    return any(one[0] < end and start < one[1] for start, end in spans)


def check_summary(document: GeneratedDocument | tuple[Sequence[Fact], str], summary: str) -> SummaryCheck:
    """Check a summary.

    Args:
        document: a generated document, or its facts and its text.
        summary: any text, in the document's language or another.
    """
    facts, text = (document.facts, document.document) if isinstance(document, GeneratedDocument) else document
    knowledge = learn(facts, text)
    claims = extract_claims(summary, names=knowledge.names)
    mentions = find_words(summary, knowledge.subjects)
    verdicts = [
        (
            claim.start_char,
            claim.end_char,
            judge_claim(claim, summary=summary, knowledge=knowledge, mentions=mentions),
        )
        for claim in claims
    ]
    verdicts += find_terms(summary, knowledge, mentions)
    judged = [(start, end) for start, end, _ in verdicts]
    copied = _find_copies(fold(summary), knowledge.folded_text)
    wrong = tuple(
        sorted(
            (start, end, kind)
            for start, end, kind in verdicts
            if kind and not any(first <= start and end <= last for first, last in copied)
        )
    )
    carried = [fact for fact in facts if fact.must_carry]
    missed = tuple(fact for fact in carried if not _states(fact, fold(summary), claims))
    return SummaryCheck(
        fact_recall=1 - len(missed) / len(carried) if carried else 1.0,
        fact_precision=1 - len(wrong) / len(verdicts) if verdicts else 1.0,
        wrong_spans=wrong,
        missed=missed,
        claim_count=len(verdicts),
        inventions=tuple(one for one in find_inventions(summary, text) if not overlaps(one, judged)),
    )


def _find_copies(folded: str, document: str) -> list[tuple[int, int]]:
    """Sentences of the summary that stand in the document word for word: what the document says is not wrong.

    Rules that attach a claim to the name beside it misread rows of a table; a copy needs no rules. Short ones ("lot
    accepted") may be said of something else and are judged like any other.
    """
    copies, start = [], 0
    for end in [*(match.start() for match in _SENTENCE_END.finditer(folded)), len(folded)]:
        sentence = folded[start:end]
        body = sentence.strip(" .。\n")
        if len(body) >= _SHORTEST_COPY and len(re.findall(r"\w+", body)) >= _FEWEST_WORDS:
            if re.search(rf"(?<![a-z0-9.\-]){re.escape(body)}(?![a-z0-9\-])", document):
                copies.append((start, end))
        start = end
    return copies


def _states(fact: Fact, folded: str, claims: Sequence[Claim]) -> bool:
    """Return whether the summary states a fact, in whatever format."""
    if fact.kind in ("lot", "part", "specification", "nonconformance"):
        return re.search(rf"(?<![a-z0-9]){re.escape(fold(fact.value))}(?![a-z0-9])", folded) is not None
    if fact.kind in ("verdict", "hold"):
        return any(claim.kind == "verdict" and claim.value == fact.value for claim in claims)
    if fact.kind in ("measurement", "count", "limit", "former_limit"):
        return _states_number(fact, claims)
    if fact.kind == "date":
        return any(claim.kind == "date" and claim.value[-5:] == fact.value[-5:] for claim in claims)
    if fact.kind == "revision":
        return any(claim.kind == "revision" and claim.value == fold(fact.value) for claim in claims)
    if fact.kind == "missing":
        return any(fold(phrase) in folded for side in MISSING for phrase in side) or bool(
            re.search("unmeasured|missing|no (?:reading|value)", folded)
        )
    return any(fold(phrase) in folded for phrase in (fact.text, *phrases_of(fact)))


def _states_number(fact: Fact, claims: Sequence[Claim]) -> bool:
    """A limit is also stated by one of its bounds; a count also as N of M."""
    stated = {
        part
        for claim in claims
        if claim.kind in ("limit", "number", "share", "identifier")
        for part in re.split(r"\.\.|/|(?<=\d)-(?=\d)", claim.value)
        if part
    }
    wanted = re.split(r"\.\.", fact.value.split(" ")[0])
    return any(_plain(part) in stated for part in wanted if part)


def _plain(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number
