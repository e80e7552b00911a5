"""Runs that make a new version of the model: asked for, claimed, kept alive, reported on, cancelled, ended.

In: a database, who asks, a worker's name or claim. Out: claims and `RunView`s.
A run names its verdicts when it is asked for, so that it can be taken up again with the same data after any end of its
process. At most one runs at a time; every change is one conditional update. Knows nothing of training.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from backend.errors import ReviewError, TashikaError
from backend.review.learning import corrections
from backend.review.learning.corrections import Pair
from backend.review.learning.evidence import load_standing_lightly
from backend.review.policy import models
from backend.review.policy.models import ModelNames
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.dialect import lock_versions
from backend.review.store.model_tables import RetrainingRow
from backend.review.store.storable import clean_typed
from backend.review.store.tables import now
from backend.review.store.views import JobError

MAX_ATTEMPTS = 5
#: A worker that gave no sign for so long is taken for dead, wherever it ran.
STALE_AFTER = timedelta(seconds=120)
_OPEN = ("queued", "running")
_USED_PARTS = ("train", "validation", "held_out")
#: One generated document is learned again for every reviewed text, up to so many, unless somebody says otherwise.
MOST_REPLAYED = 200
#: What somebody may say, on the page and as `tashika retrain --replay`.
LARGEST_REPLAY = 5000


@dataclass(frozen=True, slots=True)
class RunView:
    """A run: "queued", "running", "finished", "failed" or "cancelled", how far it is, and how often it was claimed."""

    id: int
    parent: int
    version: int | None
    state: str
    stage: str
    done: int
    total: int
    attempts: int
    requested_by: str
    created_at: datetime
    error: JobError | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A run in the hands of a worker, and what it is to learn from: texts, and `replay` generated documents."""

    run_id: int
    worker: str
    attempt: int
    parent: int
    requested_by: str
    train: tuple[Pair, ...]
    validation: tuple[Pair, ...]
    held_out: tuple[Pair, ...]
    replay: int


def request(database: Database, *, requested_by: str, replay: int | None = None) -> int:
    """Ask for a run on the verdicts that stand now; its number.

    Args:
        replay: generated documents to learn again against forgetting; None: one a reviewed text, at most
            `MOST_REPLAYED`.

    Raises:
        ReviewError: when one is under way, when there are too few texts, or before any model was loaded.
    """
    parent = models.current(database)
    if parent is None:
        raise ReviewError("retraining.no_model", "The model has not been loaded yet; wait until it is, then try again.")
    with database.reading() as session:
        chosen = corrections.choose(load_standing_lightly(session))
    missing = corrections.count(chosen).missing
    if missing:
        raise ReviewError(
            "retraining.too_few",
            "There are too few reviewed texts to learn from: about {missing} more documents have to be approved or "
            "corrected.",
            missing=missing,
        )
    data: dict[str, Any] = {name: sorted(row.verdict.id for row in chosen.parts[name]) for name in _USED_PARTS}
    learned = len(data["train"]) + len(data["validation"])
    data["replay"] = min(learned, MOST_REPLAYED) if replay is None else replay
    with database.session() as session:
        lock_versions(session)
        if session.scalar(select(RetrainingRow.id).where(RetrainingRow.state.in_(_OPEN)).limit(1)) is not None:
            raise ReviewError("retraining.running", "A training is under way already; wait for it or cancel it.")
        row = RetrainingRow(
            parent=parent.version, state="queued", requested_by=clean_typed(requested_by), data=data
        )  # fmt: skip
        session.add(row)
        session.flush()
        sizes = {name: len(data[name]) for name in _USED_PARTS}
        facts = {"run": row.id, "replay": data["replay"], **sizes}
        events.append(session, "training_asked", actor=requested_by, facts=facts)
        session.commit()
        return row.id


def claim(database: Database, run_id: int, *, worker: str) -> Claim | None:
    """Take a waiting run; None when it no longer waits."""
    moment = now()
    with database.session() as session:
        query = update(RetrainingRow).where(RetrainingRow.id == run_id, RetrainingRow.state == "queued")
        taken = session.execute(
            query.values(state="running", worker=worker, attempts=RetrainingRow.attempts + 1, heartbeat_at=moment)
        )
        if taken.rowcount != 1:
            return None
        session.commit()
    with database.reading() as session:
        row = session.get_one(RetrainingRow, run_id)
        parts = {name: corrections.load_pairs(session, row.data[name]) for name in _USED_PARTS}
        replay = row.data.get("replay", 0)  # runs that were asked for before there was such a thing have none
        return Claim(row.id, worker, row.attempts, row.parent, row.requested_by, **parts, replay=replay)


def waiting(database: Database) -> int | None:
    """The run that waits for a worker, if one does."""
    query = select(RetrainingRow.id).where(RetrainingRow.state == "queued").order_by(RetrainingRow.id).limit(1)
    with database.reading() as session:
        return session.scalar(query)


def beat(database: Database, claimed: Claim) -> bool:
    """Show that the worker lives; False when the run is no longer its own."""
    return _change(database, claimed, heartbeat_at=now())


def report(database: Database, claimed: Claim, *, stage: str, done: int, total: int) -> bool:
    """Store how far the run is; False when it is no longer the worker's own."""
    return _change(database, claimed, stage=stage, done=done, total=total, heartbeat_at=now())


def release(database: Database, claimed: Claim) -> bool:
    """Put the run back: a worker that was told to stop has not failed."""
    return _change(database, claimed, state="queued", worker=None, attempts=RetrainingRow.attempts - 1)


def fail(database: Database, claimed: Claim, error: TashikaError) -> bool:
    """End the run with a sentence for the person who asked for it."""
    return _change(database, claimed, **_ended("failed", error))


def finish(
    database: Database, claimed: Claim, *, names: ModelNames, report: dict[str, Any], provenance: dict[str, Any]
) -> int | None:
    """Store the version that the run has made, not in force; None when the run is no longer the worker's own."""
    with database.session() as session:
        lock_versions(session)
        if session.execute(_owned(claimed).values(state="finished", finished_at=now())).rowcount != 1:
            return None
        version = models.add(
            session, names, origin="retrained", parent=claimed.parent, created_by=claimed.requested_by,
            report=report, provenance=provenance,
        )  # fmt: skip
        session.execute(update(RetrainingRow).where(RetrainingRow.id == claimed.run_id).values(version=version))
        session.commit()
        return version


def cancel(database: Database, run_id: int, *, by: str) -> None:
    """End a waiting or running run; its worker notices at its next step.

    Raises:
        ReviewError: when it is over, or there is none.
    """
    cancelled = ReviewError("retraining.cancelled", "The training was cancelled.")
    with database.session() as session:
        query = update(RetrainingRow).where(RetrainingRow.id == run_id, RetrainingRow.state.in_(_OPEN))
        if session.execute(query.values(**_ended("cancelled", cancelled))).rowcount != 1:
            raise ReviewError(
                "retraining.not_cancellable", "The training {run} is over already, or was never there.", run=run_id
            )
        events.append(session, "training_cancelled", actor=by, facts={"run": run_id})
        session.commit()


def take_back_abandoned(database: Database, *, is_gone: Callable[[str], bool]) -> int:
    """Put runs of dead workers back, or give up those that were tried too often; how many."""
    query = select(RetrainingRow).where(RetrainingRow.state == "running")
    with database.reading() as session:
        rows = session.scalars(query).all()
    oldest_live, count = now() - STALE_AFTER, 0
    for row in rows:
        if row.heartbeat_at < oldest_live or is_gone(row.worker):
            count += _abandon(database, row)
    return count


def give_up(database: Database, run_id: int) -> None:
    """End a waiting run whose process could not begin."""
    error = ReviewError(
        "retraining.not_begun",
        "The training could not begin; the file log.txt in the folder of adapters, below run-{run}, says why.",
        run=run_id,
    )
    with database.session() as session:
        query = update(RetrainingRow).where(RetrainingRow.id == run_id, RetrainingRow.state == "queued")
        session.execute(query.values(**_ended("failed", error)))
        session.commit()


def newest(database: Database) -> RunView | None:
    """The run that was asked for last."""
    with database.reading() as session:
        row = session.scalars(select(RetrainingRow).order_by(RetrainingRow.id.desc()).limit(1)).first()
        return _to_view(row) if row is not None else None


def find(database: Database, run_id: int) -> RunView:
    """One run.

    Raises:
        ReviewError: when there is none.
    """
    with database.reading() as session:
        row = session.get(RetrainingRow, run_id)
        if row is None:
            raise ReviewError("retraining.not_found", "There is no training {run}.", run=run_id)
        return _to_view(row)


def _abandon(database: Database, row: RetrainingRow) -> int:
    values: dict[str, Any] = {"state": "queued", "worker": None}
    if row.attempts >= MAX_ATTEMPTS:
        given_up = ReviewError(
            "retraining.given_up",
            "The program stopped {attempts} times while it trained and does not try again. Its log says why; start a "
            "new training after that.",
            attempts=row.attempts,
        )
        values = _ended("failed", given_up)
    query = update(RetrainingRow).where(
        RetrainingRow.id == row.id, RetrainingRow.state == "running", RetrainingRow.attempts == row.attempts,
        RetrainingRow.worker == row.worker, RetrainingRow.heartbeat_at == row.heartbeat_at,
    )  # fmt: skip
    with database.session() as session:
        changed = session.execute(query.values(**values)).rowcount
        session.commit()
    return changed


def _owned(claimed: Claim) -> Any:
    """An update of the run, if it is still in these hands."""
    return update(RetrainingRow).where(
        RetrainingRow.id == claimed.run_id,
        RetrainingRow.state == "running",
        RetrainingRow.worker == claimed.worker,
        RetrainingRow.attempts == claimed.attempt,
    )


def _change(database: Database, claimed: Claim, **values: Any) -> bool:
    with database.session() as session:
        changed = session.execute(_owned(claimed).values(**values)).rowcount == 1
        session.commit()
    return changed


def _ended(state: str, error: TashikaError) -> dict[str, Any]:
    return {
        "state": state,
        "finished_at": now(),
        "error_code": error.code,
        "error_sentence": error.sentence,
        "error_parameters": dict(error.parameters),
    }


def _to_view(row: RetrainingRow) -> RunView:
    error = None
    if row.error_code is not None:
        error = JobError(row.error_code, row.error_sentence or "", row.error_parameters or {})
    return RunView(
        id=row.id, parent=row.parent, version=row.version, state=row.state, stage=row.stage, done=row.done,
        total=row.total, attempts=row.attempts, requested_by=row.requested_by, created_at=row.created_at, error=error,
    )  # fmt: skip
