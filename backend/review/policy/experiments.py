"""Experiments with policies: two or more side by side, first in the shadow, then live; stopped or promoted on record.

In: a database and arms (threshold, audit share, samples, model version). Out: an `Experiment`, a document's arm.

In the shadow nothing changes for anybody: each new summary is weighed under every arm, except under those with another
model or number of posterior samples than it was made with; these get their documents only live. Live, a document
belongs to one arm by a stable hash, is summarized as that arm says, and is decided by its policy version. What the arms
cost and let through stands in `comparison`. Knows nothing of the mathematics (`sequences`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.errors import ReviewError
from backend.review.policy import models, policies
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.decision_tables import ExperimentEventRow, ExperimentRow
from backend.review.store.dialect import lock_versions
from backend.review.store.storable import clean_typed
from backend.review.store.tables import DecisionRow, PolicyRow
from backend.review.store.views import Policy

STATES = ("shadow", "live", "stopped", "promoted")


@dataclass(frozen=True, slots=True)
class Arm:
    """A policy that is tried.

    Attributes:
        samples: posterior samples of a summary; None: as many as the policy in force asks for.
        model: version of the model that writes and scores; None: the one in force.
        version: its number as a policy, None until the experiment goes live.
    """

    threshold: float
    audit_share: float
    samples: int | None = None
    model: int | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment and where it stands (`STATES`); `after_decision` was the newest when this state began."""

    id: int
    state: str
    arms: tuple[Arm, ...]
    after_decision: int
    until: datetime | None
    started_by: str
    started_at: datetime


def start(database: Database, *, arms: Sequence[Arm], started_by: str = "") -> Experiment:
    """Begin an experiment in the shadow.

    Raises:
        ReviewError: when another one runs, or the arms are none.
    """
    in_force = policies.current(database)
    arms = [arm if arm.samples is not None else replace(arm, samples=in_force.samples) for arm in arms]
    arms = _name_models(database, arms)
    distinct = {(arm.threshold, arm.audit_share, arm.samples, arm.model) for arm in arms}
    if not 2 <= len(arms) <= 4 or len(distinct) < len(arms):
        raise ReviewError("experiment.arms", "An experiment needs two to four policies that differ.")
    for arm in arms:
        if not (0.0 <= arm.threshold <= 1.0 and 0.0 <= arm.audit_share <= 1.0):
            raise ReviewError("experiment.share_range", "Thresholds and audit shares must be between 0 and 1.")
        policies.check_samples(arm.samples)
    with database.session() as session:
        lock_versions(session)
        running = _find_newest(session)
        if running is not None and running.state in ("shadow", "live"):
            raise ReviewError("experiment.running", "Experiment {number} runs already; stop it first.",
                              number=running.id)  # fmt: skip
        plain = [
            {
                "threshold": float(arm.threshold), "audit_share": float(arm.audit_share), "samples": int(arm.samples),
                "model": arm.model,
            }
            for arm in arms
        ]  # fmt: skip
        row = ExperimentRow(arms=plain, started_by=clean_typed(started_by))
        session.add(row)
        session.flush()
        _record(session, row.id, "shadow", by=started_by)
        session.commit()
    return _require(database)


def go_live(database: Database, *, by: str = "") -> Experiment:
    """Let each arm decide about its documents from now on.

    Raises:
        ReviewError: when no experiment is in the shadow.
    """
    with database.session() as session:
        lock_versions(session)
        experiment = _require_state(session, "shadow")
        newest = session.scalars(select(PolicyRow).order_by(PolicyRow.version.desc()).limit(1)).one()
        versions = [_copy_policy(session, newest, arm) for arm in experiment.arms]
        _copy_policy(session, newest, Arm(newest.threshold, newest.audit_share))  # stays in force for all others
        _record(session, experiment.id, "live", by=by, versions=versions)
        session.commit()
    return _require(database)


def stop(database: Database, *, by: str = "") -> Experiment:
    """End the experiment; the policy in force goes on alone.

    Raises:
        ReviewError: when none runs.
    """
    with database.session() as session:
        lock_versions(session)
        experiment = _require_state(session, "shadow", "live")
        _record(session, experiment.id, "stopped", by=by)
        session.commit()
    return _require(database)


def promote(database: Database, *, arm: int, by: str = "") -> Policy:
    """End the experiment and put an arm in force for everybody, its model as well.

    Raises:
        ReviewError: when none runs, or it has no such arm.
    """
    with database.session() as session:
        lock_versions(session)
        experiment = _require_state(session, "shadow", "live")
        if not 0 <= arm < len(experiment.arms):
            raise ReviewError("experiment.no_arm", "The experiment has no policy {arm}.", arm=arm + 1)
        newest = session.scalars(select(PolicyRow).order_by(PolicyRow.version.desc()).limit(1)).one()
        version = _copy_policy(session, newest, experiment.arms[arm], saved_by=by)
        if experiment.arms[arm].model is not None:
            models.use_within(session, experiment.arms[arm].model, by=by)
        _record(session, experiment.id, "promoted", by=by, versions=[version])
        session.commit()
    return policies.current(database)


def newest(database: Database) -> Experiment | None:
    """The last experiment, running or not; None when there was none."""
    with database.reading() as session:
        return _find_newest(session)


def policy_for(database: Database, *, document_sha256: str) -> Policy:
    """The policy that decides about a document: its arm's in a live experiment, else the one in force."""
    arm = arm_of(database, document_sha256=document_sha256)
    return policy_under(arm, in_force=policies.current(database))


def policy_under(arm: Arm | None, *, in_force: Policy) -> Policy:
    """The policy of an arm; the one in force where there is none, and for what the arm leaves open."""
    if arm is None:
        return in_force
    return replace(
        in_force, version=arm.version, threshold=arm.threshold, audit_share=arm.audit_share,
        samples=in_force.samples if arm.samples is None else arm.samples,
    )  # fmt: skip


def arm_of(database: Database, *, document_sha256: str) -> Arm | None:
    """The arm that a document belongs to; None unless an experiment is live."""
    experiment = newest(database)
    if experiment is None or experiment.state != "live":
        return None
    return experiment.arms[assign(document_sha256, experiment=experiment.id, arms=len(experiment.arms))]


def assign(document_sha256: str, *, experiment: int, arms: int) -> int:
    """The arm of a document: always the same, and independent of audits and of other experiments."""
    digest = hashlib.sha256(f"experiment:{experiment}:{document_sha256}".encode()).digest()
    return int.from_bytes(digest[:8]) % arms


def _name_models(database: Database, arms: Sequence[Arm]) -> list[Arm]:
    """Where one arm names a model, all do: a promotion meanwhile must not change what another arm is.

    Raises:
        ReviewError: a version that is not there, or is not used.
    """
    named = {arm.model for arm in arms if arm.model is not None}
    if not named:
        return list(arms)
    with database.reading() as session:
        for version in named:
            models.find_usable(session, version)
    current = models.current(database)
    return [arm if arm.model is not None else replace(arm, model=current.version) for arm in arms]


def _copy_policy(session: Session, row: PolicyRow, arm: Arm, *, saved_by: str | None = None) -> int:
    """A new version with another threshold, audit share and number of samples, and everything else as it is."""
    version = (session.scalar(select(func.max(PolicyRow.version))) or 0) + 1
    names = [column.name for column in PolicyRow.__table__.columns if column.name not in ("version", "created_at")]
    values = {name: getattr(row, name) for name in names}
    values |= {"threshold": arm.threshold, "audit_share": arm.audit_share}
    if arm.samples is not None:
        values["samples"] = arm.samples
    if saved_by is not None:
        values["saved_by"] = clean_typed(saved_by)
    session.add(PolicyRow(version=version, **values))
    session.flush()
    return version


def _record(session: Session, experiment: int, state: str, *, by: str, versions: list[int] | None = None) -> None:
    session.add(
        ExperimentEventRow(
            experiment_id=experiment,
            state=state,
            policies=versions or [],
            after_decision=session.scalar(select(func.max(DecisionRow.id))) or 0,
            by=clean_typed(by),
        )
    )
    facts = {"experiment": experiment, "policies": versions or []}
    events.append(session, f"experiment_{state}", actor=by, facts=facts)


def _find_newest(session: Session) -> Experiment | None:
    row = session.scalars(select(ExperimentRow).order_by(ExperimentRow.id.desc()).limit(1)).first()
    if row is None:
        return None
    query = select(ExperimentEventRow).where(ExperimentEventRow.experiment_id == row.id)
    steps = session.scalars(query.order_by(ExperimentEventRow.id)).all()
    versions: list[int | None] = [None] * len(row.arms)
    for step in steps:
        if step.state == "live":
            versions = list(step.policies)
    running = [step for step in steps if step.state in ("shadow", "live")]
    is_over = steps[-1].state not in ("shadow", "live")
    return Experiment(
        id=row.id,
        state=steps[-1].state,
        arms=tuple(Arm(**arm, version=version) for arm, version in zip(row.arms, versions, strict=True)),
        after_decision=running[-1].after_decision,
        until=steps[-1].created_at if is_over else None,
        started_by=row.started_by,
        started_at=row.created_at,
    )


def _require(database: Database) -> Experiment:
    found = newest(database)
    if found is None:
        raise ReviewError("experiment.none", "No experiment runs; start one first.")
    return found


def _require_state(session: Session, *states: str) -> Experiment:
    found = _find_newest(session)
    if found is None or found.state not in states:
        raise ReviewError("experiment.none", "No experiment runs; start one first.")
    return found
