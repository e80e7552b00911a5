"""A summary with its scores, and the progress of making one.

In: nothing. Out: plain frozen values that queue, database and screen share without loading a model.
Knows nothing of how summaries are written or scored.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend.uncertainty.phrases import Analysis
from backend.uncertainty.tokens import ScoredToken

UNUSUAL = "document.unusual"  # the note of a summary whose document is of another kind than the scores were learned on


@dataclass(frozen=True, slots=True)
class ScoredSummary:
    """One summary, with everything that scoring found and where it came from.

    Attributes:
        text: the summary.
        tokens: its tokens; their texts, concatenated, are `text`.
        analysis: phrases, omissions and raw features.
        base: name of the base model.
        adapter: name of the LoRA adapter.
        posterior: name of the Laplace posterior.
        samples: how many posterior samples were drawn.
        seconds: wall time of each part (`generate`, `score`).
        notes: codes of what happened on the way (`document.truncated`, `document.unusual`).
    """

    text: str
    tokens: tuple[ScoredToken, ...]
    analysis: Analysis
    base: str
    adapter: str
    posterior: str
    samples: int
    seconds: dict[str, float]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a summary is: `done` of `total` steps of a stage, and the text so far.

    `stage` is "reading", "writing" or "scoring".
    """

    stage: str
    done: int
    total: int
    text: str = ""
