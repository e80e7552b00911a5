"""What works through the queue, with pages in the same process or without: worker, trainings, scoring again.

In: settings, a database, a model in preparation. Out: a `Work` that starts and stops, and a process that does nothing
else. Several machines may work on one database (PostgreSQL): every job is claimed once. Knows nothing of pages.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Sequence
from functools import partial
from types import FrameType
from typing import Protocol

from app.commands.retraining import spawn
from app.commands.reviewing import opened
from app.model_loading import ModelLoader
from backend.config import Settings
from backend.jobs import queue
from backend.jobs.rescorer import Rescorer
from backend.jobs.retrainer import Retrainer
from backend.jobs.update import UpdateRecalibration
from backend.jobs.worker import Worker
from backend.review.store.database import Database

LOGGER = logging.getLogger(__name__)


class Helper(Protocol):
    """Something that works beside the pages while the program lives."""

    def start(self) -> None:
        """Begin."""
        ...

    def stop(self) -> None:
        """End at the next step."""
        ...


class Work:
    """Model, worker and what uses the model while no document waits; starts and stops together."""

    def __init__(self, settings: Settings, *, database: Database, model: ModelLoader, worker: Worker) -> None:
        self._model = model
        self._worker = worker
        self._helpers: Sequence[Helper] = (
            Retrainer(database, spawn=partial(spawn, settings), on_switch=model.reload),
            Rescorer(database, model.score, is_free=partial(_is_free, model, database)),
            UpdateRecalibration(database),
        )

    def start(self) -> None:
        """Prepare the model and take up what waits."""
        self._model.start()
        self._worker.start()
        for helper in self._helpers:
            helper.start()

    def stop(self) -> None:
        """Give back what is in progress."""
        for helper in reversed(self._helpers):
            helper.stop()
        if not self._worker.stop():
            LOGGER.warning("the job in progress is taken up again at the next start")


def work(settings: Settings, *, model: ModelLoader) -> None:
    """Migrate the database and work until the process is told to stop (SIGINT, SIGTERM)."""
    is_told = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        is_told.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, stop)
    with opened(settings) as database:
        own = Work(settings, database=database, model=model, worker=Worker(database, model.summarize))
        own.start()
        while not is_told.wait(1.0):  # a wait without an end would keep signals back on Windows
            pass
        own.stop()


def _is_free(model: ModelLoader, database: Database) -> bool:
    """Whether the model is loaded and no document waits for it."""
    return model.state().status == "ready" and queue.is_idle(database)
