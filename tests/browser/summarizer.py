"""A summarizer for page tests: no model, the same answer every time, in the shape of the real one.

In: a document. Out: a `ScoredSummary` of its first lines, with one number that the document does not hold.
A document with the word SLOWLY takes its time, so that a test can watch the progress; one with ENDLESSLY is written
until somebody cancels it.
"""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Callable

from backend.documents import Document
from backend.uncertainty.analyze import analyze
from backend.uncertainty.summary import Progress, ScoredSummary
from backend.uncertainty.tokens import Alternative, ScoredToken

SLOW_SECONDS = 0.4
SUMMARY_CHARACTERS = 220
INVENTED = " Measured 77.31 mm."


def summarize(document: Document, *, samples: int, on_progress: Callable[[Progress], None]) -> ScoredSummary:
    """Summarize by copying the beginning."""
    written = document.text[:SUMMARY_CHARACTERS].strip() + INVENTED
    pause = SLOW_SECONDS if "SLOWLY" in document.text else 0.0
    while "ENDLESSLY" in document.text:
        on_progress(Progress("writing", 1, 4, written[:20]))
        time.sleep(SLOW_SECONDS)
    for stage, steps in (("reading", 1), ("writing", 4), ("scoring", samples)):
        for done in range(1, min(steps, 4) + 1):
            text = written[: len(written) * done // 4] if stage == "writing" else ""
            on_progress(Progress(stage, done, steps, written if stage == "scoring" else text))
            time.sleep(pause)
    return score(document, summary=written, samples=samples)


def score(
    document: Document,
    *,
    summary: str,
    samples: int,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> ScoredSummary:
    """Score any summary: rare tokens are doubtful."""
    on_progress(Progress("scoring", samples, samples, summary))
    tokens = tuple(_tokens(summary))
    analysis = analyze(document.text, summary=summary, tokens=tokens, language=document.language)
    return ScoredSummary(
        text=summary,
        tokens=tokens,
        analysis=analysis,
        base="test-base",
        adapter="test-adapter",
        posterior="test-posterior",
        samples=samples,
        seconds={"generate": 1.5, "score": 0.5},
        notes=(),
    )


def _tokens(summary: str) -> list[ScoredToken]:
    return [
        _token(match.group(), start_char=match.start())
        for match in re.finditer(r"\s*[A-Za-z]+|\s*\d+|\s*\S|\s+", summary)
    ]


def _token(text: str, *, start_char: int) -> ScoredToken:
    draw = zlib.crc32(text.encode()) % 1000 / 1000
    probability = 0.05 + 0.9 * draw
    entropy_nats = 2.5 * (1 - probability)
    return ScoredToken(
        text=text,
        start_char=start_char,
        end_char=start_char + len(text),
        probability=probability,
        entropy_nats=entropy_nats,
        expected_entropy_nats=0.8 * entropy_nats,
        mutual_information_nats=0.2 * entropy_nats,
        logit_variance=0.1 + draw,
        alternatives=(Alternative(text, probability), Alternative(" other", 0.2 * (1 - probability))),
    )
