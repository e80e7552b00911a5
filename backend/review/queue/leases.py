"""Leases: one person at a time works on an item, and an abandoned one becomes free by itself.

In: a database, an item and a person. Out: a `Lease`, or an error naming who holds the item.
Each is one conditional update of the item's row. Knows nothing of verdicts; a lease is no change of the item.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import true, update

from backend.review.queue import conflicts, second_review
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.inbox_views import Lease
from backend.review.store.storable import clean_typed
from backend.review.store.tables import ItemRow, now

#: Long enough for a careful look at a long document; a page renews it while somebody works.
LEASE_SECONDS = 600


def claim(
    database: Database,
    *,
    item_id: int,
    reviewer: str,
    roles: Collection[str] = (),
    team: second_review.Team = None,
    seconds: float = LEASE_SECONDS,
    expected_version: int | None = None,
) -> Lease:
    """Take a pending item that is free, expired or one's own; the own one is held longer.

    `expected_version` is the `ItemView.version` that the person sees, if any; `team` are the people by role.

    Raises:
        AccessError: when the item is for a role that is not among the person's `roles`.
        ReviewError: when there is no such item, or one of two blind verdicts on it is this person's already.
        ReviewConflict: when somebody else holds it, it is decided, or it is no longer what the person sees.
    """
    person, moment = clean_typed(reviewer), now()
    until = moment + timedelta(seconds=seconds)
    with database.session() as session:
        before = conflicts.require_item(session, item_id)
        if before.state == "pending":
            second_review.require_turn(session, before, reviewer=person, roles=roles, team=team)
        was_own = conflicts.held_by(before, moment=moment) == Lease(item_id, person, before.lease_until or moment)
        changed = session.execute(
            update(ItemRow)
            .where(ItemRow.id == item_id, ItemRow.state == "pending", conflicts.is_free_for(person, moment=moment))
            .where(true() if expected_version is None else ItemRow.version == expected_version)
            .values(lease_owner=person, lease_until=until)
            .execution_options(synchronize_session=False)
        )
        if changed.rowcount != 1:
            raise conflicts.refuse(session, item_id, reviewer=person, mine="")
        if not was_own:
            events.append_for_item(session, "claimed", actor=person, item_id=item_id, until=until.isoformat())
        session.commit()
    return Lease(item_id, person, until)


def release(database: Database, *, item_id: int, reviewer: str) -> bool:
    """Give an item back; False when it was not this person's (any more)."""
    with database.session() as session:
        changed = session.execute(
            update(ItemRow)
            .where(ItemRow.id == item_id, ItemRow.lease_owner == clean_typed(reviewer))
            .values(lease_owner=None, lease_until=None)
            .execution_options(synchronize_session=False)
        )
        session.commit()
        return changed.rowcount == 1
