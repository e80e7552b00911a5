"""Has reviewed summaries of other models scored by the model in force, one by one, whenever nothing else is to be done.

In: a database, what scores a text about a document, whether that is free. Out: stored analyses (`rescorings`).
Every summary is kept as soon as it is scored, so that a stop at any time loses one at most. Knows nothing of the model.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from backend.documents.document import Document
from backend.review.learning import rescorings
from backend.review.learning.rescorings import Task
from backend.review.policy import models, policies
from backend.review.store.database import Database
from backend.uncertainty.summary import Progress, ScoredSummary

_logger = logging.getLogger(__name__)

IDLE_SECONDS = 10.0
LOOK_SECONDS = 300.0  # between two looks in vain: each reads every verdict; a switch of models is seen at once


class Score(Protocol):
    """Scores a text about a document, telling `on_progress` about every step."""

    def __call__(
        self, document: Document, *, summary: str, samples: int, on_progress: Callable[[Progress], None]
    ) -> ScoredSummary:
        """Score one text."""
        ...


class RescoringStoppedError(Exception):
    """Raised inside the progress call: whoever asked for the scores wants an end."""


class Rescorer:
    """Scores in a thread of its own between `start()` and `stop()`, or to the end by `work_through()`."""

    def __init__(self, database: Database, score: Score, *, is_free: Callable[[], bool]) -> None:
        self._database = database
        self._score = score
        self._is_free = is_free
        self._version: int | None = None
        self._given_up: set[int] = set()
        self._next_look_s = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rescorer", daemon=True)

    def start(self) -> None:
        """Score whatever waits, until `stop()`."""
        self._thread.start()

    def stop(self, *, timeout_seconds: float = 10.0) -> None:
        """Stop at the next step of the present text, which is scored another time."""
        self._stopping.set()
        self._thread.join(timeout_seconds)

    def work_through(self, say: Callable[[int, int], None]) -> int:
        """Score everything that waits, in this thread; tells how many are done of how many.

        Returns:
            how many could not be scored.
        """
        while True:
            found = rescorings.extent(self._database)
            say(*((found.done, found.total) if found is not None else (0, 0)))
            if not self.run_one():
                return len(self._given_up)

    def run_one(self) -> bool:
        """Score the newest summary that waits; False when none does, or the model in force is not loaded yet."""
        self._forget_after_a_switch()
        if time.monotonic() < self._next_look_s:
            return False
        task = rescorings.next_task(self._database, without=self._given_up)
        if task is None:
            self._next_look_s = time.monotonic() + LOOK_SECONDS
            return False
        scored = self._score_one(task)
        if scored is None or scored.text != task.text:  # its phrases would not be those that were judged
            self._given_up.add(task.summary_id)
            return True
        return rescorings.store(self._database, task, scored)

    def _forget_after_a_switch(self) -> None:
        view = models.current(self._database)
        version = view.version if view is not None else None
        if version != self._version:
            self._version, self._given_up, self._next_look_s = version, set(), 0.0

    def _score_one(self, task: Task) -> ScoredSummary | None:
        samples = policies.current(self._database).samples
        try:
            return self._score(task.document, summary=task.text, samples=samples, on_progress=self._go_on)
        except RescoringStoppedError:
            raise
        except Exception:  # one odd text must not keep all the others waiting
            _logger.exception("summary %d cannot be scored again", task.summary_id)
            return None

    def _go_on(self, progress: Progress) -> None:
        if self._stopping.is_set():
            raise RescoringStoppedError

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                is_busy = self._is_free() and self.run_one()
            except RescoringStoppedError:
                return
            except Exception:  # most likely the database is away
                _logger.exception("scoring reviewed summaries again failed; trying again")
                is_busy = False
            if not is_busy:
                self._stopping.wait(IDLE_SECONDS)
