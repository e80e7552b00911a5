"""After an update of the program the verdicts calibrate it again by themselves, once."""

from __future__ import annotations

from backend.jobs.update import UpdateRecalibration
from backend.review.learning import calibration
from backend.review.policy import models
from backend.review.policy.models import ModelNames
from backend.review.store.database import Database
from backend.review.store.tables import CalibrationRow
from tests.review.learning.test_calibration import _attempts, _judge_many
from tests.review.learning.test_renewals import make_outdated


def update_program(database: Database) -> None:
    """As if all calibrations and analyses were those of an earlier version."""
    make_outdated(database)
    with database.session() as session:
        for view in calibration.versions(database):
            row = session.get_one(CalibrationRow, view.version)
            table, old = CalibrationRow.__table__, {**row.edit_model, "feature_version": 1}
            session.execute(table.update().where(table.c.version == view.version).values(edit_model=old))
        session.commit()


def test_a_calibration_by_verdicts_that_an_update_replaced_is_made_anew_once(database: Database):
    models.adopt(database, ModelNames("tiny", "adapter-1", "posterior-1", "/first"))
    _judge_many(database)
    assert calibration.recalibrate(database).version == 2
    update = UpdateRecalibration(database)
    assert not update.recalibrate()  # nothing was updated
    update_program(database)
    update.start()
    update.stop(timeout_seconds=60.0)
    version, edit_model = calibration.current(database)
    assert (version, edit_model.is_cold_start) == (4, False)  # 3 is the first one of the new program
    assert _attempts(database)[-1].report["judged"] == 20
    assert not update.recalibrate()


def test_a_plant_without_a_calibration_of_its_own_stays_with_the_one_shipped(database: Database):
    calibration.current(database)
    update_program(database)
    assert not UpdateRecalibration(database).recalibrate()
    assert calibration.current(database)[0] == 2
    assert _attempts(database) == []
