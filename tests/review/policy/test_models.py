"""Versions of the model: adopted, promoted, taken back; and what each change does to the record and to certificates."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from backend.errors import ReviewError
from backend.review.learning import calibration, certificates
from backend.review.learning.evidence import find_model
from backend.review.policy import models
from backend.review.policy.models import ModelNames
from backend.review.queue import inbox, verdicts
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.record_tables import EventRow
from backend.review.store.tables import DocumentRow
from tests.review.builders import record_item
from tests.review.learning.test_certificates import _record_kept

INSTALLED = ModelNames("tiny", "adapter-1", "p", "/installed")
BETTER, WORSE = {"is_not_worse": True}, {"is_not_worse": False}


def make(database: Database, *, report: dict, adapter: str = "adapter-2", documents: tuple[str, ...] = ()) -> int:
    parent = models.current(database).version
    with database.session() as session:
        version = models.add(
            session, ModelNames("tiny", adapter, f"posterior of {adapter}", "run-1"), origin="retrained", parent=parent,
            created_by="abe", report=report, provenance={"documents": list(documents)},
        )  # fmt: skip
        session.commit()
    return version


def kinds(database: Database) -> list[str]:
    with database.reading() as session:
        found = session.scalars(select(EventRow.kind).order_by(EventRow.id)).all()
    return [kind for kind in found if kind.startswith("model_")]


def test_the_model_of_the_installation_is_version_one_and_is_adopted_once(database: Database):
    assert models.current(database) is None
    for _ in range(2):
        view = models.adopt(database, INSTALLED)
        assert (view.version, view.origin, view.is_current) == (1, "installed", True)
    assert kinds(database) == ["model_adopted"]


def test_a_version_that_is_not_worse_is_promoted_on_request_and_taken_back(database: Database):
    models.adopt(database, INSTALLED)
    version = make(database, report=BETTER)
    assert models.current(database).version == 1
    before = models.last_switch(database)
    models.use(database, version, by="lead")
    models.use(database, version, by="lead")
    assert models.current(database).names.adapter == "adapter-2"
    assert models.adopt(database, INSTALLED).version == 1
    assert models.current(database).version == version
    assert models.last_switch(database) > before
    assert models.roll_back(database, by="lead") == 1
    assert models.current(database).version == 1
    assert kinds(database) == ["model_adopted", "model_made", "model_promoted", "model_rolled_back"]
    assert events.verify(database).problem == ""


def test_a_worse_version_is_never_used(database: Database):
    models.adopt(database, INSTALLED)
    with pytest.raises(ReviewError) as raised:
        models.use(database, make(database, report=WORSE), by="lead")
    assert raised.value.code == "models.worse"
    assert models.current(database).version == 1


@pytest.mark.parametrize("code", ["models.not_found", "models.no_earlier"])
def test_what_is_not_there_is_refused(database: Database, code):
    models.adopt(database, INSTALLED)
    with pytest.raises(ReviewError) as raised:
        models.use(database, 9, by="") if code == "models.not_found" else models.roll_back(database, by="")
    assert raised.value.code == code


def test_another_model_of_the_installation_takes_over_from_a_promoted_one(database: Database):
    models.adopt(database, INSTALLED)
    models.use(database, make(database, report=BETTER), by="lead")
    updated = ModelNames("tiny", "adapter-9", "q", "/installed")
    assert models.adopt(database, updated).version == 3
    assert models.current(database).names == updated
    assert models.adopt(database, INSTALLED).version == 1
    assert models.current(database).version == 1


def test_a_promotion_voids_the_certificate_at_once_and_the_way_back_restores_it(database: Database):
    models.adopt(database, INSTALLED)
    _record_kept(database, 14)
    assert certificates.issue(database, alpha=0.3, delta=0.1).is_valid
    models.use(database, make(database, report=BETTER), by="lead")
    codes = [void.code for void in certificates.latest(database).voids]
    assert codes == ["reason.certificate_adapter", "reason.certificate_posterior"]
    models.roll_back(database, by="lead")
    assert certificates.latest(database).is_valid


def test_old_summaries_keep_the_names_of_their_model(database: Database):
    models.adopt(database, INSTALLED)
    view = record_item(database)
    models.use(database, make(database, report=BETTER), by="lead")
    assert inbox.item(database, view.item_id).summary.adapter == view.adapter == "adapter-1"


def test_verdicts_on_documents_that_an_adapter_has_learned_from_neither_calibrate_nor_certify_it(database: Database):
    models.adopt(database, INSTALLED)
    _record_kept(database, 3)
    view = record_item(database, number=5)
    version = inbox.item(database, view.item_id).version
    verdicts.give(database, item_id=view.item_id, kind="approve", reviewer="abe", expected_version=version)
    with database.reading() as session:
        learned = tuple(session.scalars(select(DocumentRow.sha256)))
    models.adopt(database, ModelNames("tiny", "adapter-1", "posterior-1", "/b"))
    assert calibration.recalibrate(database).report.judged == 1
    make(database, report=BETTER, adapter="adapter-1", documents=learned)
    assert calibration.recalibrate(database).report.judged == 0
    assert certificates.issue(database, alpha=0.3, delta=0.1).provenance["verdicts"] == []
    make(database, report=BETTER, adapter="adapter-3")
    with database.reading() as session:
        assert find_model(session)["posterior"] == "posterior-1"
        assert models.seen_documents(session, adapter="adapter-1") == set(learned)
        assert models.seen_documents(session, adapter="adapter-9") == set()
