"""Keeps a claim's heartbeat young in a thread of its own, also while the work is silent for minutes.

In: a call that shows that the worker lives. Out: nothing. Knows nothing of what is claimed.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

_logger = logging.getLogger(__name__)


@contextmanager
def beating(beat: Callable[[], object], *, seconds: float, name: str) -> Iterator[None]:
    """Call `beat` every so many seconds while active; a database that is away for a moment ends nothing.

    Args:
        name: of the claim, in the log and of the thread.
    """
    is_over = threading.Event()

    def keep_on() -> None:
        while not is_over.wait(seconds):
            try:
                beat()
            except SQLAlchemyError:
                _logger.warning("no heartbeat of %s", name, exc_info=True)

    thread = threading.Thread(target=keep_on, name=f"heartbeat of {name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
