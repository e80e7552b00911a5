"""The worker: a thread that takes one job after another from the queue and has it summarized.

In: a database and a summarizer: any callable with the shape of `Summarize`. Out: finished or failed jobs.
While no model can be loaded every document keeps its place, and the worker tries again after longer and longer pauses.
No transaction is open while the summarizer runs. Knows nothing of the model.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

from backend.documents.document import Document
from backend.errors import ModelNotReadyError, TashikaError
from backend.jobs import queue
from backend.jobs.heartbeat import beating
from backend.jobs.identity import is_gone, new_identity
from backend.review.intake import service
from backend.review.store.database import Database
from backend.review.store.views import ClaimedJob
from backend.uncertainty.summary import Progress, ScoredSummary

_logger = logging.getLogger(__name__)

POLL_SECONDS = 0.25
PROGRESS_SECONDS = 0.25
HEARTBEAT_SECONDS = 5.0
REAP_SECONDS = 10.0
FAILURE_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 300.0  # each try without a network may fetch, and write, for minutes


class Summarize(Protocol):
    """Makes a scored summary of a document, telling `on_progress` about every step.

    `version` names a model; it is given only where an experiment wants one.
    """

    def __call__(
        self, document: Document, *, samples: int, on_progress: Callable[[Progress], None], version: int = 0
    ) -> ScoredSummary:
        """Summarize one document."""
        ...


class JobInterruptedError(Exception):
    """Raised inside the summarizer's progress call: the worker stops, or the job is no longer its own."""


class Worker:
    """Runs jobs in a thread of its own between `start()` and `stop()`."""

    def __init__(self, database: Database, summarize: Summarize) -> None:
        self.identity = new_identity()
        self._database = database
        self._summarize = summarize
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="summarizer", daemon=True)
        self._reap_at = 0.0

    def start(self) -> None:
        """Take up jobs that a dead worker left, then work until `stop()`."""
        self._thread.start()

    def stop(self, *, timeout_seconds: float = 10.0) -> bool:
        """Stop at the next step of the present job, which goes back to the queue; whether it did in time.

        A job that does not come to its next step in time is taken up by the next start of the program.
        """
        self._stopping.set()
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def run_one(self) -> bool:
        """Run the oldest waiting job to its end in this thread; False when none waits.

        Raises:
            ModelNotReadyError: no model can be loaded now; the job waits in its place again.
        """
        claimed = queue.claim(self._database, worker=self.identity)
        if claimed is None:
            return False
        beat = partial(queue.beat, self._database, claimed)
        with beating(beat, seconds=HEARTBEAT_SECONDS, name=f"job {claimed.job_id}"):
            self._run_claimed(claimed)
        return True

    def _run(self) -> None:
        pause_seconds = FAILURE_PAUSE_SECONDS
        while not self._stopping.is_set():
            try:
                self._reap_now_and_then()
                is_busy = self.run_one()
            except ModelNotReadyError as error:
                _logger.warning("documents wait, the next try is in %.0f s: %s", pause_seconds, error)
                self._stopping.wait(pause_seconds)
                pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)
            except Exception:
                # Most likely the database is away. The worker outlives it; the job, if there was one, stays
                # "running" without a heartbeat and is taken up again.
                _logger.exception("the worker failed; trying again")
                self._stopping.wait(FAILURE_PAUSE_SECONDS)
            else:
                pause_seconds = FAILURE_PAUSE_SECONDS
                if not is_busy:
                    self._stopping.wait(POLL_SECONDS)

    def _reap_now_and_then(self) -> None:
        if time.monotonic() < self._reap_at:
            return
        self._reap_at = time.monotonic() + REAP_SECONDS
        count = queue.requeue_abandoned(self._database, is_gone=is_gone)
        if count:
            _logger.warning("took up %d jobs of workers that died", count)

    def _run_claimed(self, claimed: ClaimedJob) -> None:
        try:
            wanted = {} if claimed.model is None else {"version": claimed.model}
            report = self._reporter(claimed)
            scored = self._summarize(claimed.document, samples=claimed.samples, on_progress=report, **wanted)
            service.finish(self._database, claim=claimed, scored=scored)
        except JobInterruptedError:
            queue.release(self._database, claimed)
        except ModelNotReadyError:
            queue.release(self._database, claimed)
            raise
        except TashikaError as error:
            queue.fail(self._database, claimed, error)
        except Exception:
            _logger.exception("job %d failed", claimed.job_id)
            queue.fail(self._database, claimed, _unexpected(claimed.job_id))

    def _reporter(self, claimed: ClaimedJob) -> Callable[[Progress], None]:
        """A progress call that writes at most once in `PROGRESS_SECONDS`, and at every new stage."""
        stage, written_at = "", 0.0

        def report(progress: Progress) -> None:
            nonlocal stage, written_at
            if self._stopping.is_set():
                raise JobInterruptedError
            if progress.stage == stage and time.monotonic() - written_at < PROGRESS_SECONDS:
                return
            if not queue.report(self._database, claimed, progress):
                raise JobInterruptedError
            stage, written_at = progress.stage, time.monotonic()

        return report


def _unexpected(job_id: int) -> TashikaError:
    return TashikaError(
        "job.unexpected",
        "Something went wrong while summarizing this document; the program's log tells more at job {job}.",
        job=job_id,
    )
