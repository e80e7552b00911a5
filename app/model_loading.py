"""The model, prepared in the background while the pages are already there.

In: a function that loads the model and reports its progress. Out: a `summarize` that waits for it, and the state
in words for pages and `/healthz`. A failed preparation is tried again by the next document.
Knows nothing of torch, of pages or of the queue.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from backend.documents import Document
from backend.errors import ModelError, TashikaError
from backend.uncertainty.summary import Progress, ScoredSummary

LOGGER = logging.getLogger(__name__)

Report = Callable[[str, float], None]  # (stage, share done in [0, 1])
Summarize = Callable[..., ScoredSummary]
WAIT_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class ModelState:
    """Where the preparation stands: `status` is "waiting", "loading", "ready" or "failed"."""

    status: str
    stage: str = ""
    share: float = 0.0
    error: TashikaError | None = None


class ModelLoader:
    """Loads once, in its own thread; many may ask for the state at the same time."""

    def __init__(self, load: Callable[[Report], Summarize]) -> None:
        self._load = load
        self._changed = threading.Condition()
        self._state = ModelState("waiting")
        self._summarize: Summarize | None = None

    def state(self) -> ModelState:
        """Where the preparation stands now."""
        with self._changed:
            return self._state

    def start(self) -> None:
        """Begin to load, unless that is under way or done."""
        with self._changed:
            if self._state.status in ("loading", "ready"):
                return
            self._state = ModelState("loading")
        threading.Thread(target=self._run, name="tashika-model", daemon=True).start()

    def summarize(self, document: Document, *, samples: int, on_progress: Callable[[Progress], None]) -> ScoredSummary:
        """Summarize as soon as the model is there.

        While it is not, `on_progress` is called again and again: a worker that is told to stop raises there.

        Raises:
            ModelError: the model could not be prepared.
        """
        self.start()
        return self._wait(on_progress)(document, samples=samples, on_progress=on_progress)

    def _wait(self, on_progress: Callable[[Progress], None]) -> Summarize:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._state.status in ("ready", "failed"), WAIT_SECONDS)
                if self._summarize is not None:
                    return self._summarize
                if self._state.error is not None:
                    raise self._state.error
            on_progress(Progress("reading", 0, 0))

    def _run(self) -> None:
        try:
            summarize = self._load(self._report)
        except TashikaError as error:
            LOGGER.error("the model could not be prepared: %s", error)
            self._settle(ModelState("failed", error=error))
        except Exception:  # the border of a thread: logged in full, shown as a sentence
            LOGGER.exception("the model could not be prepared")
            self._settle(ModelState("failed", error=_unexpected()))
        else:
            with self._changed:
                self._summarize = summarize
            self._settle(ModelState("ready", share=1.0))

    def _report(self, stage: str, share: float) -> None:
        with self._changed:
            self._state = ModelState("loading", stage=stage, share=min(1.0, max(0.0, share)))

    def _settle(self, state: ModelState) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()


def _unexpected() -> ModelError:
    return ModelError(
        "model.unexpected", "The model could not be prepared; the log of the program says why. Try again after that."
    )
