"""The findings about one summary: its phrases with reasons and source lines, and what it left out.

In: nothing. Out: plain frozen values that review, jobs and the screen share.
Knows nothing of how they are found (`split`, `grounding`, `omissions`, `features`, `analyze`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

#: Every kind that a phrase can have.
PHRASE_KINDS = ("number", "identifier", "date", "negation", "verdict", "name", "words")
#: Every kind of source fact whose absence from a summary is reported.
OMISSION_KINDS = ("ng", "hold", "out_of_tolerance", "open_item")


@dataclass(frozen=True, slots=True)
class SourceSpan:
    """A half-open range of code points in the document."""

    start_char: int
    end_char: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is doubtful: a code with the texts that its sentence names.

    The sentence is rendered by the screen (`reason.<name>` is the code itself).
    """

    code: str
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A stretch of the summary that a reviewer judges as one thing.

    Attributes:
        start_char: first code point in the summary.
        end_char: one past the last code point.
        text: `summary[start_char:end_char]`.
        kind: one of `PHRASE_KINDS`.
        features: named numbers about it (`features.PHRASE_FEATURE_NAMES`).
        reasons: why it may be wrong, the strongest first.
        source: the lines of the document that it rests on, the best first; empty when none was found.
    """

    start_char: int
    end_char: int
    text: str
    kind: str
    features: dict[str, float]
    reasons: tuple[Reason, ...] = ()
    source: tuple[SourceSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Omission:
    """A fact of the document that matters and that the summary does not carry."""

    text: str
    kind: str
    source: SourceSpan


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything found about one summary; raw features, so that history can be re-scored.

    Phrases are ordered, do not overlap, and cover every non-space character of the summary.
    """

    phrases: tuple[Phrase, ...]
    omissions: tuple[Omission, ...]
    features: dict[str, float]
