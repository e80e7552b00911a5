"""What people say about summaries: give a verdict, undo it, reopen an item.

In: a database, an item and what a person typed. Out: the verdict's number, or an error naming who was faster.
Verdicts are append-only and an undo is a row; knows nothing of how items came into the inbox.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.errors import ReviewError
from backend.review.queue import conflicts, second_review, verdict_details
from backend.review.queue.conflicts import require_item
from backend.review.queue.verdict_details import VerdictDetails
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.outbox import announce_verdict
from backend.review.store.standing import is_not_undone, stands
from backend.review.store.storable import clean_typed
from backend.review.store.tables import ItemRow, SummaryRow, VerdictRow, VerdictUndoRow
from backend.review.store.views import VERDICT_KINDS, VerdictView
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
    roles: Collection[str] = (),
    team: second_review.Team = None,
    expected_version: int,
    seconds_spent: float | None = None,
    details: VerdictDetails = NO_DETAILS,
) -> int:
    """Store a verdict on a pending item and return its number.

    `expected_version` is the `ItemView.version` that the person saw; `text` is the corrected summary; `roles` are
    those that the person acts for, `team` the people by role. Of two blind verdicts the first leaves the item pending
    for another person; so does a second one that disagrees. Where nobody else could give the other one, one counts.

    Raises:
        AccessError: when the item is for a role that is not the person's.
        ReviewConflict: when the item is decided, has changed since, or has passed to somebody else.
        ReviewError: when the correction is none, or both blind verdicts would be one person's.
    """
    check_kind(kind)
    person = clean_typed(reviewer)
    with database.reading() as session:
        item = require_item(session, item_id)
        _refuse_check(item)
        summary = session.get_one(SummaryRow, item.summary_id)
        summary_text, analysis = summary.text, analysis_from_json(summary.analysis)
    corrected = check_correction(text, summary=summary_text) if kind == "correct" else None
    edited, is_wrong = judge(analysis, summary=summary_text, corrected=corrected, verdict=kind)
    row = VerdictRow(
        item_id=item_id,
        kind=kind,
        reviewer=person,
        seconds_spent=_finite(seconds_spent),
        is_wrong=bool(is_wrong),
        edited=[bool(flag) for flag in edited],
        note=clean_typed(note),
        text=corrected,
    )
    with database.session() as session:
        step = _store(
            session, row, roles=roles, team=team, expected_version=expected_version, mine=clean_typed(text or "")
        )
        verdict_details.add(session, row.id, details, edited=edited, phrases=len(analysis.phrases))
        if row.is_final:  # one of two blind verdicts stays blind
            announce_verdict(session, row)
        _record(session, row, step=step)
        session.commit()
        return row.id


def undo(database: Database, verdict_id: int, *, undone_by: str = "", roles: Collection[str] = ()) -> None:
    """Void a verdict: its item waits again, and both rows stay on record.

    One of two blind verdicts is its author's to undo, and only until the other one is in. What another person
    decided for a role, such as an arbiter, is undone by somebody with that role.

    Raises:
        AccessError: when that role is not this person's.
        ReviewError: when there is no such verdict, or it cannot be undone (any more).
    """
    with database.session() as session:
        verdict = session.get(VerdictRow, verdict_id)
        if verdict is None:
            raise ReviewError("review.verdict_not_found", "There is no verdict {verdict}.", verdict=verdict_id)
        _void(session, verdict, by=clean_typed(undone_by), roles=roles, event="undone", note="")


def reopen(database: Database, *, item_id: int, reopened_by: str, roles: Collection[str] = (), note: str = "") -> None:
    """Void the verdict that stands on a decided item, with the reason: the item waits again.

    Raises:
        ReviewError: when there is no such item, it is not decided, or no reason is given.
    """
    reason = clean_typed(note).strip()
    with database.session() as session:
        _refuse_check(require_item(session, item_id))
        verdict = session.scalars(select(VerdictRow).where(VerdictRow.item_id == item_id, stands())).first()
        if verdict is None:
            raise ReviewError("review.not_decided", "The item {item} is not decided; it waits already.", item=item_id)
        if not reason:
            raise ReviewError("review.reopen_reason", "Say why item {item} is reopened; the reason is kept on record.",
                              item=item_id)  # fmt: skip
        _void(session, verdict, by=clean_typed(reopened_by), roles=roles, event="reopened", note=reason)


def check_kind(kind: str) -> None:
    """Refuse what nobody can say about a summary."""
    if kind not in VERDICT_KINDS:
        raise ReviewError("review.unknown_kind", "There is no verdict {kind}.", kind=kind)


def check_correction(text: str | None, *, summary: str) -> str:
    """The corrected summary, cleaned.

    Raises:
        ReviewError: when it is empty, or no correction.
    """
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
        is_final=verdict.is_final,
    )


def _store(
    session: Session,
    row: VerdictRow,
    *,
    roles: Collection[str],
    team: second_review.Team,
    expected_version: int,
    mine: str,
) -> second_review.Step:
    """Store the verdict and move its item on, in one conditional update: of two people, one changes a row."""
    item = require_item(session, row.item_id)
    if item.state != "pending" or item.version != expected_version:
        raise conflicts.refuse(session, row.item_id, reviewer=row.reviewer, mine=mine)
    step = second_review.next_step(
        session, item, reviewer=row.reviewer, roles=roles, team=team, kind=row.kind, text=row.text
    )
    conflicts.change_pending(
        session, row.item_id, reviewer=row.reviewer, expected_version=expected_version, mine=mine,
        values=_moved(item, step),
    )  # fmt: skip
    row.is_final, row.round = step.is_final, _count_verdicts(session, row.item_id)
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        session.rollback()
        raise conflicts.refuse(session, row.item_id, reviewer=row.reviewer, mine=mine) from error
    return step


def _record(session: Session, row: VerdictRow, *, step: second_review.Step) -> None:
    digest = hashlib.sha256((row.text or "").encode()).hexdigest()
    events.append_for_item(
        session, "verdict", actor=row.reviewer, item_id=row.item_id, verdict=row.id, said=row.kind,
        is_final=row.is_final, note=row.note, text_sha256=digest, stage=step.stage,
    )  # fmt: skip
    if step.ends_second:
        events.append_for_item(
            session, "second_review_ended", actor=row.reviewer, item_id=row.item_id, verdict=row.id
        )  # fmt: skip


def _moved(item: ItemRow, step: second_review.Step) -> dict[str, object]:
    """New values of an item after a verdict; what waits for another person is nobody's."""
    values: dict[str, object] = {"state": step.state, "stage": step.stage, "lease_owner": None, "lease_until": None}
    if step.state == "decided":
        return {**values, "postponed_until": None}
    role = second_review.ARBITER_ROLE if step.stage == "arbiter" else item.role
    return {**values, "assignee": None, "role": role}


def _void(session: Session, verdict: VerdictRow, *, by: str, roles: Collection[str], event: str, note: str) -> None:
    # Changing the item first makes a second undo of the same verdict wait here until this one is through.
    changed = session.execute(
        update(ItemRow)
        .where(ItemRow.id == verdict.item_id)
        .values(version=ItemRow.version + 1)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:
        raise ReviewError("review.not_found", "There is no review item {item}.", item=verdict.item_id)
    item = require_item(session, verdict.item_id)
    _require_undoable(session, item, verdict, by=by)
    if verdict.reviewer != by:
        second_review.require_role(item, roles)
    session.add(VerdictUndoRow(verdict_id=verdict.id, undone_by=by))
    try:
        session.flush()
    except IntegrityError as error:
        raise _already_undone(verdict) from error
    item.state, item.stage = "pending", second_review.stage_after_undo(session, item)
    facts = {"verdict": verdict.id, "said": verdict.kind, "reviewer": verdict.reviewer, "note": note}
    events.append_for_item(session, event, actor=by, item_id=item.id, **facts)
    session.commit()


def _require_undoable(session: Session, item: ItemRow, verdict: VerdictRow, *, by: str) -> None:
    query = select(VerdictRow.id).where(VerdictRow.id == verdict.id, is_not_undone())
    if session.scalar(query) is None:
        raise _already_undone(verdict)
    if not verdict.is_final and (item.stage != "second" or item.state != "pending"):
        raise ReviewError(
            "review.second_in",
            "Both verdicts on item {item} are in; undo the one that decided it, or let the arbiter decide.",
            item=item.id,
        )
    if not verdict.is_final and verdict.reviewer != by:
        raise ReviewError(
            "review.others_blind", "A blind verdict on item {item} is undone by who gave it.", item=item.id
        )


def _refuse_check(item: ItemRow) -> None:
    if item.is_seeded:
        raise ReviewError("review.is_check", "Item {item} is a check, on which no verdict stands.", item=item.id)


def _already_undone(verdict: VerdictRow) -> ReviewError:
    return ReviewError("review.already_undone", "The verdict {verdict} is undone already.", verdict=verdict.id)


def _count_verdicts(session: Session, item_id: int) -> int:
    return session.scalar(select(func.count()).where(VerdictRow.item_id == item_id)) or 0


def _finite(seconds: float | None) -> float | None:
    """A duration measured by a browser, or None when it is no duration."""
    return float(seconds) if seconds is not None and math.isfinite(seconds) and seconds >= 0 else None
