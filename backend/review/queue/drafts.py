"""What a reviewer has done so far about an item, kept while it is being done.

In: a database, an item, a reviewer, and everything that was typed or chosen. Out: the newest of it.
A browser numbers what it sends (`tab`, `sequence`): a save that was overtaken on its way changes nothing.
A draft outlives verdicts; who decided or holds the item meanwhile, `conflicts` finds out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backend.review.queue import conflicts
from backend.review.store.database import Database
from backend.review.store.dialect import upsert
from backend.review.store.storable import clean_typed
from backend.review.store.tables import DraftRow, now


@dataclass(frozen=True, slots=True)
class DraftView:
    """What a reviewer has typed and chosen so far.

    Attributes:
        item_id: the review item.
        reviewer: whose draft it is.
        text: the summary as edited so far.
        note: the comment so far.
        reason: why it is changed: one of `verdict_details.REASON_CODES`, or "".
        accepted: numbers of the phrases that were looked at and left as they are.
        updated_at: when, in UTC.
    """

    item_id: int
    reviewer: str
    text: str
    note: str
    reason: str
    accepted: tuple[int, ...]
    updated_at: datetime


def save(
    database: Database,
    *,
    item_id: int,
    reviewer: str,
    text: str,
    note: str = "",
    reason: str = "",
    accepted: Sequence[int] = (),
    tab: str = "",
    sequence: int = 0,
) -> bool:
    """Keep a draft; False when a newer one of this tab is there.

    Raises:
        ReviewConflict: when somebody else has decided the item or works on it now. The draft is kept all the same.
        ReviewError: when there is no such item.
    """
    typed = clean_typed(text)
    key = {"item_id": item_id, "reviewer": clean_typed(reviewer)}
    values = {
        "text": typed,
        "note": clean_typed(note),
        "reason": reason,
        "accepted": sorted(set(accepted)),
        "tab": tab,
        "sequence": sequence,
        "updated_at": now(),
    }
    with database.session() as session:
        conflicts.require_item(session, item_id)
        if _is_overtaken(session, item_id, reviewer=key["reviewer"], tab=tab, sequence=sequence):
            return False
        upsert(session, DraftRow.__table__, key=key, values=values)
        session.commit()
    conflicts.check(database, item_id=item_id, reviewer=key["reviewer"], mine=typed)
    return True


def find(database: Database, *, item_id: int, reviewer: str) -> DraftView | None:
    """The newest draft of this reviewer about this item, or None."""
    with database.reading() as session:
        row = session.scalars(_select(item_id, clean_typed(reviewer))).first()
        if row is None:
            return None
        return DraftView(
            row.item_id, row.reviewer, row.text, row.note, row.reason, tuple(row.accepted), row.updated_at
        )  # fmt: skip


def _is_overtaken(session: Session, item_id: int, *, reviewer: str, tab: str, sequence: int) -> bool:
    row = session.scalars(_select(item_id, reviewer).with_for_update()).first()
    return row is not None and tab != "" and row.tab == tab and row.sequence >= sequence


def _select(item_id: int, reviewer: str) -> Select[tuple[DraftRow]]:
    return select(DraftRow).where(DraftRow.item_id == item_id, DraftRow.reviewer == reviewer)
