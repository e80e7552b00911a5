"""Experiments: shadow, live, stop, promote; which policy decides about a document; what is compared."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from backend.errors import ReviewError
from backend.jobs import queue
from backend.review.intake import service
from backend.review.intake.summaries import fingerprint
from backend.review.policy import comparison, experiments, models, policies
from backend.review.policy.experiments import Arm, assign
from backend.review.policy.models import ModelNames
from backend.review.queue import inbox, verdicts
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.decision_tables import ExperimentEventRow, ExperimentRow
from backend.review.store.record_tables import EventRow
from tests.review.builders import LOG, build_document, build_scored
from tests.review.policy.test_models import BETTER, WORSE, make

ARMS = (Arm(0.0, 0.5), Arm(1.0, 0.5))


def _record(database: Database, number: int):
    document = build_document(f"{LOG}Sheet {number}.\n", title=f"Log {number}")
    return service.record(database, document=document, scored=build_scored(document=document))


def test_in_the_shadow_nothing_changes_and_both_arms_see_every_document(database: Database):
    policies.save(database, threshold=0.0, samples=8, audit_share=0.5)
    before = _record(database, 0)
    experiment = experiments.start(database, arms=ARMS, started_by="abe")
    assert (experiment.state, experiment.started_by) == ("shadow", "abe")
    views = [_record(database, number) for number in range(1, 9)]
    assert {view.policy for view in views} == {before.policy}
    for number, view in enumerate(views):
        kind = "reject" if number < 2 else "approve"
        version = inbox.item(database, view.item_id).version
        verdicts.give(database, item_id=view.item_id, kind=kind, reviewer="abe", expected_version=version)
    strict, lax = comparison.compare(database, experiment)
    assert (strict.documents, strict.waiting, strict.reviews.share) == (8, 0, 1.0)
    assert (lax.documents, lax.reviews.share) == (8, 0.5)
    assert (strict.escapes.share, lax.escapes.share) == (0.0, pytest.approx(0.125))  # two of eight, half unchecked
    assert lax.escapes.low <= 0.125 <= lax.escapes.high


def test_live_a_document_is_decided_by_its_arm(database: Database):
    policies.save(database, threshold=0.3, samples=8, audit_share=0.5)
    experiments.start(database, arms=ARMS)
    experiment = experiments.go_live(database, by="abe")
    for number in range(12):
        view = _record(database, number)
        arm = experiment.arms[assign(fingerprint(view.document.text), experiment=experiment.id, arms=2)]
        assert view.policy == arm.version
        assert view.reason == ("low_confidence" if arm.threshold == 0.0 else view.reason)
    figures = comparison.compare(database, experiment)
    assert sum(one.documents for one in figures) == 12
    assert figures[0].reviews.share == 1.0
    assert policies.current(database).threshold == 0.3


def test_stopping_leaves_the_policy_alone_and_promoting_puts_an_arm_in_force(database: Database):
    policies.save(database, threshold=0.3, samples=11, audit_share=0.5)
    experiments.start(database, arms=ARMS)
    assert experiments.stop(database, by="abe").state == "stopped"
    assert _record(database, 0).policy == policies.current(database).version
    experiments.start(database, arms=ARMS)
    experiments.go_live(database)
    promoted = experiments.promote(database, arm=1, by="abe")
    assert (promoted.threshold, promoted.audit_share, promoted.samples) == (1.0, 0.5, 11)
    assert policies.history(database)[0].saved_by == "abe"
    assert experiments.newest(database).state == "promoted"
    with database.reading() as session:
        kept = session.scalars(select(EventRow).where(EventRow.kind.startswith("experiment_"))).all()
    assert [row.kind.removeprefix("experiment_") for row in kept] == [
        "shadow", "stopped", "shadow", "live", "promoted",
    ]  # fmt: skip
    assert (kept[-1].actor, json.loads(kept[-1].facts)["policies"]) == ("abe", [promoted.version])
    assert events.verify(database).broken_id is None
    assert _record(database, 1).policy == promoted.version


def _with_samples(database: Database, number: int, *, samples: int):
    document = build_document(f"{LOG}Sheet {number}.\n", title=f"Log {number}")
    return service.record(database, document=document, scored=replace(build_scored(document=document), samples=samples))


def test_an_arm_with_other_samples_is_scored_with_them_live_and_judged_by_no_others(database: Database):
    policies.save(database, threshold=0.3, samples=8, audit_share=0.5)
    experiment = experiments.start(database, arms=(Arm(0.3, 0.5), Arm(0.3, 0.5, samples=2)))
    assert [arm.samples for arm in experiment.arms] == [8, 2]
    for number in range(3):
        _record(database, number)
    shadow = comparison.compare(database, experiment)
    assert [(one.documents, one.others) for one in shadow] == [(3, 0), (0, 3)]
    experiment = experiments.go_live(database)
    asked = {}
    for number in range(3, 15):
        job = service.submit(database, document=build_document(f"{LOG}Sheet {number}.\n"))
        claimed = queue.claim(database, worker="w")
        assert claimed.job_id == job
        scored = replace(build_scored(document=claimed.document), samples=claimed.samples)
        view = service.summary(database, service.finish(database, claim=claimed, scored=scored))
        arm = experiment.arms[assign(fingerprint(claimed.document.text), experiment=experiment.id, arms=2)]
        assert (claimed.samples, view.samples, view.policy) == (arm.samples, arm.samples, arm.version)
        asked[arm.version] = asked.get(arm.version, 0) + 1
    live = comparison.compare(database, experiment)
    assert {one.arm.version: one.documents for one in live} == asked
    _with_samples(database, 99, samples=5)  # somebody asked for another number
    assert sorted(one.others for one in comparison.compare(database, experiment)) == [0, 1]
    assert experiments.promote(database, arm=1).samples == 2


def test_an_arm_with_another_model_is_summarized_by_it_live_and_promoted_with_it(database: Database):
    policies.save(database, threshold=0.3, samples=8, audit_share=0.5)
    models.adopt(database, ModelNames("tiny", "adapter-1", "posterior-1", "/first"))
    second = make(database, report=BETTER)
    worse = make(database, report=WORSE, adapter="adapter-3")
    for version, code in ((worse, "models.worse"), (9, "models.not_found")):
        with pytest.raises(ReviewError) as raised:
            experiments.start(database, arms=(Arm(0.3, 0.5), Arm(0.3, 0.5, model=version)))
        assert raised.value.code == code
    experiment = experiments.start(database, arms=(Arm(0.3, 0.5), Arm(0.3, 0.5, model=second)))
    assert [arm.model for arm in experiment.arms] == [1, second]
    _record(database, 0)
    assert [(one.documents, one.others) for one in comparison.compare(database, experiment)] == [(1, 0), (0, 1)]
    service.submit(database, document=build_document(f"{LOG}In the shadow.\n"))
    assert queue.claim(database, worker="w").model is None
    experiment = experiments.go_live(database)
    wanted = []
    for number in range(1, 9):
        service.submit(database, document=build_document(f"{LOG}Sheet {number}.\n"))
        claimed = queue.claim(database, worker="w")
        by = {1: ("adapter-1", "posterior-1"), second: ("adapter-2", "posterior of adapter-2")}[claimed.model]
        scored = replace(build_scored(document=claimed.document), adapter=by[0], posterior=by[1])
        service.finish(database, claim=claimed, scored=scored)
        wanted.append(claimed.model)
    live = comparison.compare(database, experiment)
    assert [(one.documents, one.others) for one in live] == [(wanted.count(1), 0), (wanted.count(second), 0)]
    assert 0 < wanted.count(second) < 8
    assert models.current(database).version == 1
    experiments.promote(database, arm=1, by="abe")
    assert models.current(database).version == second
    assert events.verify(database).broken_id is None


def test_experiments_from_before_there_were_samples_can_still_be_read(database: Database):
    policies.save(database, threshold=0.3, samples=8, audit_share=0.5)
    with database.session() as session:
        session.add(ExperimentRow(arms=[{"threshold": 0.1, "audit_share": 0.2}] * 2, started_by="abe"))
        session.flush()
        session.add(ExperimentEventRow(experiment_id=1, state="shadow", policies=[], after_decision=0, by="abe"))
        session.commit()
    experiment = experiments.go_live(database)
    assert [arm.samples for arm in experiment.arms] == [None, None]
    assert experiments.policy_for(database, document_sha256="a" * 64).samples == 8
    _record(database, 1)
    assert sum(one.documents for one in comparison.compare(database, experiment)) == 1


def test_what_makes_no_sense_is_refused(database: Database):
    for action in (experiments.go_live, experiments.stop):
        with pytest.raises(ReviewError, match="No experiment runs"):
            action(database)
    with pytest.raises(ReviewError, match="two to four"):
        experiments.start(database, arms=(ARMS[0], ARMS[0]))
    with pytest.raises(ReviewError, match="whole number between 1 and 64"):
        experiments.start(database, arms=(ARMS[0], Arm(1.0, 0.1, samples=65)))
    with pytest.raises(ReviewError, match="between 0 and 1"):
        experiments.start(database, arms=(ARMS[0], Arm(1.5, 0.1)))
    experiments.start(database, arms=ARMS)
    with pytest.raises(ReviewError, match="runs already"):
        experiments.start(database, arms=ARMS)
    with pytest.raises(ReviewError, match="no policy 3"):
        experiments.promote(database, arm=2)
    assert experiments.newest(database).state == "shadow"


def test_documents_are_dealt_evenly_and_anew_by_each_experiment():
    hashes = [fingerprint(str(number)) for number in range(2000)]
    first, second = ([assign(one, experiment=number, arms=2) for one in hashes] for number in (1, 2))
    assert abs(sum(first) / 2000 - 0.5) < 0.05
    assert abs(sum(a == b for a, b in zip(first, second, strict=True)) / 2000 - 0.5) < 0.05


def test_without_random_checks_nobody_knows_what_slips_through(database: Database):
    policies.save(database, threshold=0.3, samples=8, audit_share=0.0)
    experiment = experiments.start(database, arms=(Arm(0.3, 0.0), Arm(1.0, 0.0)))
    _record(database, 0)
    assert [one.escapes for one in comparison.compare(database, experiment)] == [None, None]
    assert not comparison.is_settled(None, None)
