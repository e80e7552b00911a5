"""Two people on one item: who holds it, and what the late one is told.

In: a session, an item and what the late one had typed. Out: a condition, or an error that carries both texts.
Knows nothing of how a page shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from backend.errors import ReviewError
from backend.review.intake import seeds
from backend.review.store.database import Database
from backend.review.store.inbox_views import BLIND_STAGES, Conflict, Lease
from backend.review.store.standing import stands
from backend.review.store.tables import DraftRow, ItemRow, VerdictRow, now


class ReviewConflict(ReviewError):
    """Somebody else was faster, or holds the item; `conflict` has both texts. Nothing was overwritten."""

    def __init__(self, code: str, sentence: str, *, conflict: Conflict, **parameters: str | int | float) -> None:
        self.conflict = conflict
        super().__init__(code, sentence, **parameters)


def is_free_for(reviewer: str, *, moment: datetime) -> ColumnElement[bool]:
    """Condition on an item: nobody else holds it at this moment."""
    return or_(ItemRow.lease_owner.is_(None), ItemRow.lease_until <= moment, ItemRow.lease_owner == reviewer)


def require_item(session: Session, item_id: int) -> ItemRow:
    """The item's row as it is now."""
    item = session.get(ItemRow, item_id, populate_existing=True)
    if item is None:
        raise ReviewError("review.not_found", "There is no review item {item}.", item=item_id)
    return item


def held_by(item: ItemRow, *, moment: datetime | None = None) -> Lease | None:
    """Who holds the item now."""
    if item.lease_owner is None or item.lease_until is None or item.lease_until <= (moment or now()):
        return None
    return Lease(item.id, item.lease_owner, item.lease_until)


def check(database: Database, *, item_id: int, reviewer: str, mine: str) -> None:
    """Tell a person who goes on typing that the item is somebody else's meanwhile.

    Raises:
        ReviewConflict: somebody else has decided it, or works on it now.
    """
    with database.reading() as session:
        item = require_item(session, item_id)
        lease = held_by(item)
        if item.state == "decided" or (lease is not None and lease.owner != reviewer):
            conflict = refuse(session, item_id, reviewer=reviewer, mine=mine)
            if conflict.conflict.owner != reviewer:
                raise conflict


def change_pending(
    session: Session,
    item_id: int,
    *,
    reviewer: str,
    expected_version: int,
    mine: str,
    values: Mapping[str, object],
) -> None:
    """Move a pending item on, in one conditional update: of two people, one changes a row.

    Raises:
        ReviewConflict: when the item is decided, has changed since, or has passed to somebody else.
    """
    changed = session.execute(
        update(ItemRow)
        .where(
            ItemRow.id == item_id,
            ItemRow.state == "pending",
            ItemRow.version == expected_version,
            is_free_for(reviewer, moment=now()),
        )
        .values(version=ItemRow.version + 1, **values)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:
        raise refuse(session, item_id, reviewer=reviewer, mine=mine)


def refuse(session: Session, item_id: int, *, reviewer: str, mine: str) -> ReviewConflict:
    """Why this person cannot change the item just now."""
    item = require_item(session, item_id)
    summary = seeds.shown_text(session, item)
    if item.state == "decided":
        return _tell_decided(session, item, reviewer=reviewer, mine=mine, summary=summary)
    lease = held_by(item)
    if lease is not None and lease.owner != reviewer:
        return _tell_leased(session, item, lease=lease, mine=mine, summary=summary)
    return ReviewConflict(
        "review.changed",
        "The item {item} has changed since you opened it; open it again and look once more.",
        conflict=Conflict(item_id, item.version, item.state, mine, summary, "", None, None, summary),
        item=item_id,
    )


def _tell_decided(session: Session, item: ItemRow, *, reviewer: str, mine: str, summary: str) -> ReviewConflict:
    if item.is_seeded:
        # Whose answer it was stands nowhere; to everybody it is like the own one.
        return ReviewConflict(
            "review.check_answered",
            "The item {item} was a check with a planted error, and it has been answered.",
            conflict=Conflict(item.id, item.version, item.state, mine, summary, reviewer, None, None, summary),
            item=item.id,
        )
    verdict = session.scalars(select(VerdictRow).where(VerdictRow.item_id == item.id, stands())).first()
    owner = verdict.reviewer if verdict is not None else "?"
    theirs = verdict.text if verdict is not None and verdict.text is not None else summary
    kind = verdict.kind if verdict is not None else None
    return ReviewConflict(
        "review.already_decided",
        "The item {item} has been decided by {reviewer} already; undo that verdict to give another.",
        conflict=Conflict(item.id, item.version, item.state, mine, theirs, owner, kind, None, summary),
        item=item.id,
        reviewer=owner,
    )


def _tell_leased(session: Session, item: ItemRow, *, lease: Lease, mine: str, summary: str) -> ReviewConflict:
    # A blind second verdict stays blind: the other's draft is not shown while one of two is awaited.
    is_blind = item.stage in BLIND_STAGES
    query = select(DraftRow.text).where(DraftRow.item_id == item.id, DraftRow.reviewer == lease.owner)
    draft = None if is_blind else session.scalar(query)
    theirs = draft if draft is not None else summary
    return ReviewConflict(
        "review.lease_passed",
        "{reviewer} works on item {item} now; what you typed is kept as your draft.",
        conflict=Conflict(item.id, item.version, item.state, mine, theirs, lease.owner, None, lease.until, summary),
        item=item.id,
        reviewer=lease.owner,
    )
