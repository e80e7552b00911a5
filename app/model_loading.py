"""The model, prepared in the background while the pages are already there.

In: a function that loads the model and reports its progress. Out: a `summarize` and a `score` that wait for it, one
at a time, and the state in words for pages and `/healthz`. A failed preparation is tried again by the next document,
as long as no earlier version works.
Knows nothing of torch, of pages or of the queue.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from backend.documents import Document
from backend.errors import ModelError, ModelNotReadyError, TashikaError
from backend.uncertainty.summary import Progress, ScoredSummary

LOGGER = logging.getLogger(__name__)

Report = Callable[[str, float], None]  # (stage, share done in [0, 1])
OnProgress = Callable[[Progress], None]
WAIT_SECONDS = 0.5
FORGET_AFTER = 20  # documents without it, after which another version leaves the memory


class Model(Protocol):
    """What is loaded: it writes and scores summaries, one at a time."""

    def summarize(self, document: Document, *, samples: int, on_progress: OnProgress) -> ScoredSummary:
        """Write a summary and score it."""
        ...

    def score(self, document: Document, *, summary: str, samples: int, on_progress: OnProgress) -> ScoredSummary:
        """Score a text that somebody else wrote about the document."""
        ...


@dataclass(frozen=True, slots=True)
class ModelState:
    """Where the preparation stands: `status` is "waiting", "loading", "ready" or "failed".

    "elsewhere": other processes write the summaries; one is loaded here once somebody has an edited text scored again.

    With `has_model` there is one that works, also while another version is loaded, or after that has failed.
    """

    status: str
    stage: str = ""
    share: float = 0.0
    error: TashikaError | None = None
    has_model: bool = False


def _refuse_versions(version: int) -> Model:
    raise ModelError("model.one_only", "Here only one model can be loaded, not version {version}.", version=version)


class ModelLoader:
    """Loads once, in its own thread; many may ask for the state at the same time.

    Beside the model in force it keeps at most one other version, which an experiment compares it with.
    """

    def __init__(
        self,
        load: Callable[[Report], Model],
        *,
        load_version: Callable[[int], Model] = _refuse_versions,
        status: str = "waiting",
    ) -> None:
        self._load = load
        self._load_version = load_version
        self._other: tuple[int, Model] | None = None
        self._unasked = 0
        self._changed = threading.Condition()
        self._state = ModelState(status)
        self._model: Model | None = None
        self._is_outdated = False
        # A forward pass puts its own weights into the network: two at once would mix them.
        self._turn = threading.Lock()

    def state(self) -> ModelState:
        """Where the preparation stands now."""
        with self._changed:
            return self._state

    def start(self) -> None:
        """Begin to load, unless that is under way or done; where a version works, only `reload` tries another."""
        with self._changed:
            if self._state.status == "loading" or self._model is not None:
                return
            self._state = ModelState("loading")
        threading.Thread(target=self._run, name="tashika-model", daemon=True).start()

    def reload(self) -> None:
        """Load again, since another model is in force; the present one goes on working until that is done."""
        with self._changed:
            if self._state.status in ("waiting", "elsewhere"):
                return
            self._is_outdated = True
            if self._state.status == "loading":
                return
            self._state = ModelState("loading", has_model=self._model is not None)
        threading.Thread(target=self._run, name="tashika-model", daemon=True).start()

    def summarize(
        self, document: Document, *, samples: int, on_progress: OnProgress, version: int = 0
    ) -> ScoredSummary:
        """Summarize as soon as the model is there.

        While it is not, `on_progress` is called again and again: a worker that is told to stop raises there.

        Args:
            version: another version of the model; 0: the one in force.

        Raises:
            ModelNotReadyError: the model in force could not be prepared.
            ModelError: the other version could not be loaded, or the model wrote nothing.
        """
        self.start()
        model = self._wait(on_progress)
        with self._taking_turns(on_progress):
            chosen = self._take_other(version) if version else self._go_without_other(model)
            return chosen.summarize(document, samples=samples, on_progress=on_progress)

    def _take_other(self, version: int) -> Model:
        """Another version, which stays in memory while it is asked for; in its turn only."""
        self._unasked = 0
        if self._other is None or self._other[0] != version:
            self._other = None  # never three of them at once
            self._other = (version, self._load_version(version))
        return self._other[1]

    def _go_without_other(self, model: Model) -> Model:
        """The model in force; another version that has not been asked for in a while is let go."""
        self._unasked += 1
        if self._unasked >= FORGET_AFTER:
            self._other = None
        return model

    def score(self, document: Document, *, summary: str, samples: int, on_progress: OnProgress) -> ScoredSummary:
        """Score a text about a document as soon as the model is there and free; else like `summarize`."""
        self.start()
        model = self._wait(on_progress)
        with self._taking_turns(on_progress):
            return model.score(document, summary=summary, samples=samples, on_progress=on_progress)

    @contextmanager
    def _taking_turns(self, on_progress: OnProgress) -> Iterator[None]:
        while not self._turn.acquire(timeout=WAIT_SECONDS):
            on_progress(Progress("reading", 0, 0))
        try:
            yield
        finally:
            self._turn.release()

    def _wait(self, on_progress: OnProgress) -> Model:
        while True:
            with self._changed:
                self._changed.wait_for(self._is_settled, WAIT_SECONDS)
                if self._model is not None:
                    return self._model
                if (error := self._state.error) is not None:
                    raise ModelNotReadyError(error.code, error.sentence, **error.parameters) from error
            on_progress(Progress("reading", 0, 0))

    def _is_settled(self) -> bool:
        return self._model is not None or self._state.status == "failed"

    def _run(self) -> None:
        while True:
            with self._changed:
                self._is_outdated = False
            state = self._load_once()
            with self._changed:
                if not self._is_outdated:
                    self._state = state
                    self._changed.notify_all()
                    return

    def _load_once(self) -> ModelState:
        try:
            model = self._load(self._report)
        except TashikaError as error:
            LOGGER.error("the model could not be prepared: %s", error)
            return self._failed(error)
        except Exception:  # the border of a thread: logged in full, shown as a sentence
            LOGGER.exception("the model could not be prepared")
            return self._failed(_unexpected())
        with self._changed:
            self._model = model
        return ModelState("ready", share=1.0, has_model=True)

    def _failed(self, error: TashikaError) -> ModelState:
        with self._changed:
            return ModelState("failed", error=error, has_model=self._model is not None)

    def _report(self, stage: str, share: float) -> None:
        share = min(1.0, max(0.0, share))
        with self._changed:
            self._state = ModelState("loading", stage=stage, share=share, has_model=self._model is not None)


def _unexpected() -> ModelError:
    return ModelError(
        "model.unexpected", "The model could not be prepared; the log of the program says why. Try again after that."
    )
