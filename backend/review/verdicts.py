"""What people say about summaries: give a verdict, undo it.

In: a database, an item and what a person typed. Out: the verdict's number, or an error naming who was faster.
Verdicts are append-only and an undo is a row; knows nothing of how items came into the inbox.
"""

from __future__ import annotations

import math
from typing import NoReturn

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.errors import ReviewError
from backend.review import verdict_details
from backend.review.database import Database
from backend.review.outbox import announce_verdict
from backend.review.storable import clean_typed
from backend.review.tables import ItemRow, SummaryRow, VerdictRow, VerdictUndoRow
from backend.review.verdict_details import VerdictDetails
from backend.review.views import VERDICT_KINDS, VerdictView
from backend.uncertainty.judge import judge
from backend.uncertainty.serialization import analysis_from_json

NO_DETAILS = VerdictDetails()


def give(
    database: Database,
    *,
    item_id: int,
    kind: str,
    text: str | None = None,
    note: str = "",
    reviewer: str,
    expected_version: int,
    seconds_spent: float | None = None,
    details: VerdictDetails = NO_DETAILS,
) -> int:
    """Store a verdict on a pending item and return its number.

    `expected_version` is the `ItemView.version` that the person saw; `text` is the corrected summary.

    Raises:
        ReviewError: when the item is decided or has changed since, or the correction is none.
    """
    if kind not in VERDICT_KINDS:
        raise ReviewError("review.unknown_kind", "There is no verdict {kind}.", kind=kind)
    with database.reading() as session:
        summary = _find_summary(session, item_id)
        summary_text, analysis = summary.text, analysis_from_json(summary.analysis)
    corrected = _check_correction(text, summary=summary_text) if kind == "correct" else None
    edited, is_wrong = judge(analysis, summary=summary_text, corrected=corrected, verdict=kind)
    with database.session() as session:
        _close_item(session, item_id, expected_version=expected_version)
        row = VerdictRow(
            item_id=item_id,
            round=_count_verdicts(session, item_id),
            kind=kind,
            reviewer=clean_typed(reviewer),
            seconds_spent=_finite(seconds_spent),
            is_wrong=bool(is_wrong),
            edited=[bool(flag) for flag in edited],
            note=clean_typed(note),
            text=corrected,
        )
        session.add(row)
        try:
            session.flush()
            verdict_details.add(session, row.id, details, edited=edited, phrases=len(analysis.phrases))
            announce_verdict(session, row)
            session.commit()
        except IntegrityError:
            session.rollback()
            _refuse_decided(session, item_id)
        return row.id


def undo(database: Database, verdict_id: int, *, undone_by: str = "") -> None:
    """Void a verdict: its item waits again, and both rows stay on record.

    Raises:
        ReviewError: when there is no such verdict, or it is undone already.
    """
    with database.session() as session:
        verdict = session.get(VerdictRow, verdict_id)
        if verdict is None:
            raise ReviewError("review.verdict_not_found", "There is no verdict {verdict}.", verdict=verdict_id)
        # Changing the item first makes a second undo of the same verdict wait here until this one is through.
        session.execute(
            update(ItemRow).where(ItemRow.id == verdict.item_id).values(state="pending", version=ItemRow.version + 1)
        )
        session.add(VerdictUndoRow(verdict_id=verdict_id, undone_by=clean_typed(undone_by)))
        try:
            session.commit()
        except IntegrityError as error:
            raise ReviewError(
                "review.already_undone", "The verdict {verdict} is undone already.", verdict=verdict_id
            ) from error


def stands() -> ColumnElement[bool]:
    """Condition on a verdict: nobody has undone it."""
    return ~select(VerdictUndoRow.id).where(VerdictUndoRow.verdict_id == VerdictRow.id).exists()


def to_view(verdict: VerdictRow, undo: VerdictUndoRow | None) -> VerdictView:
    """A verdict with its undo, if there is one."""
    return VerdictView(
        id=verdict.id,
        item_id=verdict.item_id,
        kind=verdict.kind,
        text=verdict.text,
        note=verdict.note,
        reviewer=verdict.reviewer,
        seconds_spent=verdict.seconds_spent,
        created_at=verdict.created_at,
        is_undone=undo is not None,
        undone_by=undo.undone_by if undo is not None else None,
        undone_at=undo.created_at if undo is not None else None,
    )


def _find_summary(session: Session, item_id: int) -> SummaryRow:
    item = _require_item(session, item_id)
    return session.get_one(SummaryRow, item.summary_id)


def _require_item(session: Session, item_id: int) -> ItemRow:
    item = session.get(ItemRow, item_id)
    if item is None:
        raise ReviewError("review.not_found", "There is no review item {item}.", item=item_id)
    return item


def _check_correction(text: str | None, *, summary: str) -> str:
    corrected = clean_typed(text or "").strip()
    if not corrected:
        raise ReviewError(
            "review.correction_empty",
            "The corrected summary is empty; write what it should say, or reject the summary.",
        )
    if corrected == summary.strip():
        raise ReviewError(
            "review.correction_unchanged",
            "The corrected summary equals the summary; change it, or approve it as it is.",
        )
    return corrected


def _close_item(session: Session, item_id: int, *, expected_version: int) -> None:
    """Mark a pending item decided, in one conditional update: of two people, one changes a row."""
    changed = session.execute(
        update(ItemRow)
        .where(ItemRow.id == item_id, ItemRow.state == "pending", ItemRow.version == expected_version)
        .values(state="decided", version=ItemRow.version + 1)
    )
    if changed.rowcount == 1:
        return
    if _require_item(session, item_id).state == "decided":
        _refuse_decided(session, item_id)
    raise ReviewError(
        "review.changed",
        "The item {item} has changed since you opened it; open it again and look once more.",
        item=item_id,
    )


def _refuse_decided(session: Session, item_id: int) -> NoReturn:
    query = select(VerdictRow.reviewer).where(VerdictRow.item_id == item_id, stands())
    raise ReviewError(
        "review.already_decided",
        "The item {item} has been decided by {reviewer} already; undo that verdict to give another.",
        item=item_id,
        reviewer=session.scalar(query) or "?",
    )


def _count_verdicts(session: Session, item_id: int) -> int:
    return session.scalar(select(func.count()).where(VerdictRow.item_id == item_id)) or 0


def _finite(seconds: float | None) -> float | None:
    """A duration measured by a browser, or None when it is no duration."""
    return float(seconds) if seconds is not None and math.isfinite(seconds) and seconds >= 0 else None
