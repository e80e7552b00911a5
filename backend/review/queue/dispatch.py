"""Who looks at an item, and when: postpone, skip, escalate, assign. Each is on record.

In: a database, items, who asks and for whom. Out: nothing, or how many items changed.
Knows nothing of verdicts. Only who could take an item may put it off or pass it on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import update

from backend.errors import ReviewError
from backend.review.queue import conflicts, second_review
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.storable import clean_typed
from backend.review.store.tables import ItemRow, now

#: Most items that one call assigns.
MAX_BULK = 500
_FREE = {"lease_owner": None, "lease_until": None}


def postpone(
    database: Database, *, item_id: int, reviewer: str, roles: Collection[str] = (), until: datetime, note: str = ""
) -> None:
    """Put an item off: it comes to nobody before its time.

    Raises:
        AccessError: when the item is for a role that is not among the person's `roles`.
        ReviewError: when the time is past.
        ReviewConflict: when somebody else holds the item, or it is decided.
    """
    if until <= now():
        raise ReviewError("review.postponed_to_past", "The time to come back to the item is past; name a later one.")
    _change(
        database, item_id, reviewer, "postponed", {"postponed_until": until, **_FREE}, roles=roles,
        until=until.isoformat(), note=note,
    )  # fmt: skip


def wake(database: Database, *, item_id: int, reviewer: str, roles: Collection[str] = ()) -> None:
    """Take an item back that was put off.

    Raises:
        AccessError: when the item is for a role that is not among the person's `roles`.
        ReviewConflict: when somebody else holds the item, or it is decided.
    """
    _change(database, item_id, reviewer, "woken", {"postponed_until": None}, roles=roles)


def skip(database: Database, *, item_id: int, reviewer: str, note: str = "") -> None:
    """Leave an item for later or for somebody else; it stays where it is in the list."""
    _change(database, item_id, reviewer, "skipped", _FREE, note=note)


def escalate(
    database: Database,
    *,
    item_id: int,
    reviewer: str,
    roles: Collection[str] = (),
    to_person: str = "",
    to_role: str = "",
    note: str = "",
    wants_second: bool = False,
) -> None:
    """Pass an item on to a person or a role, with a note; or ask for two blind verdicts on it.

    Raises:
        AccessError: when the item is for a role that is not among the person's `roles`.
        ReviewError: when neither a person nor a role is named.
        ReviewConflict: when somebody else holds the item, or it is decided.
    """
    person, role = clean_typed(to_person).strip(), clean_typed(to_role).strip()
    if bool(person) == bool(role):
        raise ReviewError("review.escalate_to_whom", "Name a person or a role to pass the item on to, not both.")
    values = {"assignee": person or None, "role": role or None, "is_escalated": True, "postponed_until": None, **_FREE}
    _change(
        database, item_id, reviewer, "escalated", values, roles=roles, wants_second=wants_second,
        person=person, role=role, note=note,
    )  # fmt: skip


def assign(database: Database, *, item_ids: Sequence[int], assignee: str | None, assigned_by: str) -> int:
    """Give pending items to a person, or to nobody (None); return how many changed.

    Decided items and those that the person has already are left as they are.
    """
    if len(item_ids) > MAX_BULK:
        raise ReviewError("review.too_many", "At most {most} items can be assigned at once.", most=MAX_BULK)
    person = (clean_typed(assignee).strip() or None) if assignee is not None else None
    changed = []
    with database.session() as session:
        for item_id in sorted(set(item_ids)):  # always in one order: two bulk calls never wait for each other
            row = session.execute(
                update(ItemRow)
                .where(
                    ItemRow.id == item_id, ItemRow.state == "pending", ItemRow.assignee.is_distinct_from(person)
                )
                .values(assignee=person)
                .execution_options(synchronize_session=False)
            )  # fmt: skip
            if row.rowcount == 1:
                changed.append(item_id)
        for item_id in changed:
            events.append_for_item(session, "assigned", actor=assigned_by, item_id=item_id, person=person or "")
        session.commit()
    return len(changed)


def _change(
    database: Database,
    item_id: int,
    reviewer: str,
    event: str,
    values: dict[str, object],
    *,
    roles: Collection[str] | None = None,
    wants_second: bool = False,
    **facts: object,
) -> None:
    """Change a pending item that nobody else holds, in one conditional update, and record it.

    `roles` are the person's where only those may do it that the item is for.
    """
    person = clean_typed(reviewer)
    with database.session() as session:
        item = conflicts.require_item(session, item_id)
        stage, role = item.stage, item.role
        if roles is not None:
            second_review.require_role(item, roles)
        asked = {"stage": "first"} if wants_second and stage == "single" else {}
        changed = session.execute(
            update(ItemRow)
            .where(
                ItemRow.id == item_id,
                ItemRow.state == "pending",
                ItemRow.stage == stage,
                ItemRow.role.is_not_distinct_from(role),
                conflicts.is_free_for(person, moment=now()),
            )
            .values(**values, **asked, **({"version": ItemRow.version + 1} if asked else {}))
            .execution_options(synchronize_session=False)
        )
        if changed.rowcount != 1:
            raise conflicts.refuse(session, item_id, reviewer=person, mine="")
        events.append_for_item(session, event, actor=person, item_id=item_id, **facts, **asked)
        session.commit()
