"""What documents are familiar: those that the first calibration was learned on, and those that reviewers have judged.

In: a database. Out: whether a text resembles none of them. The comparison is made anew as verdicts come in, ten minutes
apart at least, so that a new kind of document is sent to people only until they have judged some of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from backend.corpus import generate
from backend.review.learning.evidence import judged_texts
from backend.review.store.database import Database
from backend.uncertainty.familiarity import Familiarity

GENERATED, SEED = 200, 31  # documents as those of the first calibration; its own are not at hand
MOST_JUDGED = 1_000  # the newest; more would only take time
REFRESH_SECONDS = 600.0


class FamiliarDocuments:
    """`is_unusual` of a database; reads and compares when first asked, and now and then."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database, self._clock = database, clock
        self._lock = threading.Lock()
        self._known: Familiarity | None = None
        self._judged: tuple[str, ...] = ()
        self._read_at = 0.0

    def is_unusual(self, text: str) -> bool:
        """Whether a person should look at the summary of this text, whatever its risk."""
        with self._lock:
            known = self._refresh()
        return known.is_unusual(text)

    def _refresh(self) -> Familiarity:
        if self._known is not None and self._clock() - self._read_at < REFRESH_SECONDS:
            return self._known
        with self._database.reading() as session:
            judged = judged_texts(session, most=MOST_JUDGED)
        if self._known is None or judged != self._judged:
            self._known = Familiarity([*generated_texts(), *judged])
        self._judged, self._read_at = judged, self._clock()
        return self._known


def generated_texts() -> list[str]:
    """Generated documents, as those that the first calibration was learned on."""
    return [one.document for one in generate(GENERATED, seed=SEED)]
