"""Looks after trainings: starts a child process for one that waits, ends it when it is cancelled, tells of a switch.

In: a database, how to start a child, whom to tell when another model version is in force. Out: nothing but that.
A child that outlives this process goes on; its run is taken up again only when its process is gone. Knows nothing of
what a child does.
"""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Callable
from typing import Protocol

from backend.jobs.identity import is_gone
from backend.review.learning import retrainings
from backend.review.policy import models
from backend.review.store.database import Database

_logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
STOP_SECONDS = 8.0


class Child(Protocol):
    """A process, as `subprocess.Popen` has it."""

    def poll(self) -> int | None:
        """Its exit status, or None while it runs."""
        ...

    def terminate(self) -> None:
        """Ask it to end."""
        ...

    def kill(self) -> None:
        """End it."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        ...


class Retrainer:
    """Looks after trainings in a thread of its own between `start()` and `stop()`."""

    def __init__(
        self, database: Database, *, spawn: Callable[[int], Child], on_switch: Callable[[], None]
    ) -> None:  # fmt: skip
        self._database = database
        self._spawn = spawn
        self._on_switch = on_switch
        self._child: Child | None = None
        self._run_id = 0
        self._attempts = 0  # of the run, before the child
        self._last_switch: int | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look_after, name="retrainer", daemon=True)

    def start(self) -> None:
        """Take up runs whose process is gone, then look after them until `stop()`."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the child to give its run back, and wait for that a little."""
        self._stopping.set()
        self._thread.join(STOP_SECONDS)
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:  # in a long step; the next start takes the run up from its checkpoint
                self._child.kill()

    def look_once(self) -> None:
        """One round."""
        self._tell_switch()
        if self._child is not None:
            self._watch_child(self._child)
        retrainings.take_back_abandoned(self._database, is_gone=is_gone)
        if self._child is None and (run_id := retrainings.waiting(self._database)) is not None:
            self._attempts = retrainings.find(self._database, run_id).attempts
            self._child, self._run_id = self._spawn(run_id), run_id

    def _watch_child(self, child: Child) -> None:
        status, run = child.poll(), retrainings.find(self._database, self._run_id)
        if status is None and run.state not in ("queued", "running"):
            child.kill()  # cancelled: a long step need not come to its end
        elif status is not None:
            self._child = None
            # It never claimed the run, and would not the next time; one that was killed later is followed by another.
            if status and run.state == "queued" and run.attempts == self._attempts:
                retrainings.give_up(self._database, run.id)

    def _tell_switch(self) -> None:
        switch = models.last_switch(self._database)
        if self._last_switch is not None and switch != self._last_switch:
            self._on_switch()
        self._last_switch = switch

    def _look_after(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            try:
                self.look_once()
            except Exception:  # most likely the database is away; trainings outlive that
                _logger.exception("looking after trainings failed; trying again")
