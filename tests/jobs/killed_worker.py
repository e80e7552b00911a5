"""A program for the kill test: runs a worker whose summarizer says where it is and then hangs, or finishes.

Usage: python -m tests.jobs.killed_worker URL hang|finish
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from backend.documents.document import Document
from backend.jobs.worker import Worker
from backend.review.store.database import open_database
from backend.uncertainty.summary import Progress, ScoredSummary
from tests.review.builders import build_scored


def hang(document: Document, *, samples: int, on_progress: Callable[[Progress], None]) -> ScoredSummary:
    """Get half-way, tell the parent, and never come back."""
    on_progress(Progress("writing", 1, 2, "Lot"))
    sys.stdout.write("half-way\n")
    sys.stdout.flush()
    time.sleep(600)
    return build_scored(document=document)


def finish(document: Document, *, samples: int, on_progress: Callable[[Progress], None]) -> ScoredSummary:
    """Summarize at once."""
    on_progress(Progress("writing", 2, 2, "Lot"))
    return build_scored(document=document)


def main(url: str, manner: str) -> None:
    """Work until the parent closes the input, or kills this process."""
    worker = Worker(open_database(url), {"hang": hang, "finish": finish}[manner])
    worker.start()
    sys.stdin.read()
    worker.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
