"""Recalibrates once after an update of the program whose features are others than those of the calibration in force.

In: a database. Out: a calibration by the verdicts that are there, where that is better than the first one, which takes
over meanwhile (`calibration.current`). Knows nothing of features, models or verdicts.
"""

from __future__ import annotations

import logging
import threading

from backend.errors import TashikaError
from backend.review.learning import calibration
from backend.review.store.database import Database

_logger = logging.getLogger(__name__)


class UpdateRecalibration:
    """Does so in a thread of its own, since the verdicts of years may take minutes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = threading.Thread(target=self._run, name="update", daemon=True)

    def start(self) -> None:
        """Look whether it is necessary, and do it."""
        self._thread.start()

    def stop(self, *, timeout_seconds: float = 2.0) -> None:
        """Nothing is half-stored when the program ends meanwhile: the next start does it again."""
        self._thread.join(timeout_seconds)

    def recalibrate(self) -> bool:
        """Whether an update had taken a calibration by verdicts out of force, so that a new one was tried."""
        if not calibration.was_replaced_by_update(self._database):
            return False
        result = calibration.recalibrate(self._database)
        _logger.info("recalibrated after an update, by %d verdicts", result.report.judged)
        return True

    def _run(self) -> None:
        try:
            self.recalibrate()
        except TashikaError as error:  # somebody was faster
            _logger.warning("no recalibration after the update: %s", error)
        except Exception:  # the border of a thread; people can still do it by hand
            _logger.exception("the recalibration after an update failed")
