"""Versions of the edit model: which is current, and how verdicts make a new one.

In: a database with verdicts that stand. Out: the current `EditModel`, a new one, or all versions.
Knows nothing of the mathematics (`backend.uncertainty.recalibrate`); old decisions keep their version.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.errors import ReviewError
from backend.review.learning import renewals, rescorings
from backend.review.learning.evidence import Standing, deal, find_model, is_written_by, load_standing
from backend.review.policy import models
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.decision_tables import RecalibrationRow
from backend.review.store.dialect import lock_versions
from backend.review.store.storable import clean_typed
from backend.review.store.tables import CalibrationActivationRow, CalibrationRow
from backend.review.store.views import CalibrationView, RecalibrationResult
from backend.uncertainty.edit_model import EditModel, cold_start_model
from backend.uncertainty.features import FEATURE_VERSION
from backend.uncertainty.judge import judge
from backend.uncertainty.recalibrate import recalibrate as fit_edit_model
from backend.uncertainty.report import JudgedSummary, report_to_json
from backend.uncertainty.serialization import analysis_from_json


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Judged summaries of one model, and where they came from."""

    judged: tuple[JudgedSummary, ...]
    provenance: dict[str, Any]


def current(database: Database) -> tuple[int, EditModel]:
    """The calibration in force.

    The first call on an empty database stores the cold-start model as version 1. So does the first call after
    an update of the program that computes other features, as the next version.
    """
    with database.reading() as session:
        row = _find_current(session)
    if row is None or not _is_readable(row):
        row = _store_cold_start(database)
    return row.version, EditModel.from_json(row.edit_model)


def recalibrate(database: Database, *, requested_by: str = "", seed: int = 0) -> RecalibrationResult:
    """Fit the edit model to the verdicts that stand; a better one becomes a version, and the current one.

    The attempt is recorded either way. No transaction is open while fitting.

    Raises:
        ReviewError: when another calibration was activated meanwhile.
    """
    parent, edit_model = current(database)
    renewals.renew(database)
    with database.reading() as session:
        rows, model = load_standing(session), find_model(session)
        seen = models.seen_documents(session, adapter=model.get("adapter", ""))
        again = rescorings.load_analyses(session, model=model)
    evidence = _to_evidence(rows, model=model, seen=seen, again=again)
    fitted, report = fit_edit_model(edit_model, judged=evidence.judged, seed=seed)
    provenance = {**evidence.provenance, "seed": seed}
    with database.session() as session:
        lock_versions(session)
        version = None
        if fitted is not None:
            _require_current(session, parent)
            metrics = report_to_json(report)
            version = _add_version(session, fitted, parent=parent, metrics=metrics, provenance=provenance).version
            _activate(session, version, activated_by=requested_by)
        session.add(
            RecalibrationRow(
                parent=parent,
                version=version,
                requested_by=clean_typed(requested_by),
                report=report_to_json(report),
                provenance=provenance,
            )
        )
        session.commit()
    return RecalibrationResult(version=version, report=report)


def was_replaced_by_update(database: Database) -> bool:
    """Whether an update put the cold-start model in the place of a learned calibration, and none was tried since."""
    version, edit_model = current(database)
    if not edit_model.is_cold_start:
        return False
    with database.reading() as session:
        row = session.get_one(CalibrationRow, version)
        before = session.get(CalibrationRow, row.parent) if row.parent is not None else None
        was_tried = session.scalar(select(RecalibrationRow.id).where(RecalibrationRow.parent == version).limit(1))
        return before is not None and not before.edit_model.get("is_cold_start") and was_tried is None


def activate(database: Database, version: int, *, activated_by: str = "") -> None:
    """Put an older or newer version in force, for later summaries only.

    Raises:
        ReviewError: when there is no such version.
        ModelError: when this program cannot read it.
    """
    with database.session() as session:
        lock_versions(session)
        row = session.get(CalibrationRow, version)
        if row is None:
            raise ReviewError("calibration.not_found", "There is no calibration version {version}.", version=version)
        EditModel.from_json(row.edit_model)  # refuses one that this program cannot use
        found = _find_current(session)
        if found is None or found.version != version:
            _activate(session, version, activated_by=activated_by)
        session.commit()


def versions(database: Database) -> tuple[CalibrationView, ...]:
    """Every version, newest first."""
    current_version, _ = current(database)
    with database.reading() as session:
        rows = session.scalars(select(CalibrationRow).order_by(CalibrationRow.version.desc())).all()
        return tuple(
            CalibrationView(
                version=row.version,
                parent=row.parent,
                is_current=row.version == current_version,
                is_cold_start=bool(row.edit_model.get("is_cold_start")),
                metrics=row.metrics,
                provenance=row.provenance,
                created_at=row.created_at,
            )
            for row in rows
        )


def _store_cold_start(database: Database) -> CalibrationRow:
    with database.session() as session:
        lock_versions(session)
        row = _find_current(session)
        if row is None or not _is_readable(row):
            row = _add_version(
                session,
                cold_start_model(),
                parent=row.version if row is not None else None,
                metrics={},
                provenance={"source": "cold start"},
            )
            _activate(session, row.version, activated_by="")
            session.commit()
        return row


def _is_readable(row: CalibrationRow) -> bool:
    return row.edit_model.get("feature_version") == FEATURE_VERSION


def _find_current(session: Session) -> CalibrationRow | None:
    query = (
        select(CalibrationRow)
        .join(CalibrationActivationRow, CalibrationActivationRow.version == CalibrationRow.version)
        .order_by(CalibrationActivationRow.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def _require_current(session: Session, version: int) -> None:
    found = _find_current(session)
    if found is None or found.version != version:
        raise ReviewError(
            "calibration.changed",
            "Another calibration was activated while this one was computed; recalibrate again.",
        )


def _add_version(
    session: Session,
    edit_model: EditModel,
    *,
    parent: int | None,
    metrics: dict[str, Any],
    provenance: dict[str, Any],
) -> CalibrationRow:
    row = CalibrationRow(
        version=(session.scalar(select(func.max(CalibrationRow.version))) or 0) + 1,
        parent=parent,
        metrics=metrics,
        provenance=provenance,
        edit_model=edit_model.to_json(),
    )
    session.add(row)
    session.flush()
    return row


def _activate(session: Session, version: int, *, activated_by: str) -> None:
    session.add(CalibrationActivationRow(version=version, activated_by=clean_typed(activated_by)))
    events.append(session, "calibration_activated", actor=activated_by, facts={"calibration": version})


def _to_evidence(
    rows: list[Standing], *, model: dict[str, str], seen: set[str], again: dict[int, dict[str, Any]]
) -> _Evidence:
    """What to learn from: verdicts on documents that the model in force has not learned from itself, with its scores.

    Its own summaries have them; those of other models, once they were scored again, and its own of an earlier version
    of the program, once they were renewed (`again`, by summary).
    """
    learned, kept = deal(rows)
    unseen = [row for row in learned if row.sha256 not in seen]
    analyses = rescorings.analyses_of(unseen, model=model, again=again)
    used = [row for row in unseen if row.summary.id in analyses]
    provenance = {
        **model,
        "feature_version": FEATURE_VERSION,
        "verdicts": [row.verdict.id for row in used],
        "kinds": dict(Counter(row.verdict.kind for row in used)),
        "scored_again": sum(not is_written_by(row.summary, model) for row in used),
        "other_models": len(unseen) - len(used),
        "seen_by_the_adapter": sum(row.sha256 in seen for row in learned),
        "kept_for_certificates": len(kept),
    }
    return _Evidence(tuple(_to_judged(row, analyses[row.summary.id]) for row in used), provenance)


def _to_judged(row: Standing, stored: dict[str, Any]) -> JudgedSummary:
    analysis = analysis_from_json(stored)
    verdict = row.verdict
    edited, is_wrong = judge(analysis, summary=row.summary.text, corrected=verdict.text, verdict=verdict.kind)
    return JudgedSummary(
        key=row.sha256,
        analysis=analysis,
        edited=tuple(edited),
        is_wrong=is_wrong,
        weight=1.0 / row.learning_probability,
    )
