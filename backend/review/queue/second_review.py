"""Second review: two people decide blind to each other, and an arbiter where they disagree.

In: the stage of an item, the verdicts on it, and what a person may do. Out: what a verdict does, or a refusal.
Knows nothing of leases; the first verdict is hidden by `inbox.item` until the second is in.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.errors import AccessError, ReviewError
from backend.review.store.standing import is_not_undone
from backend.review.store.tables import ItemRow, VerdictRow

#: Who settles a disagreement.
ARBITER_ROLE = "lead"
_STAGES_BY_OPINIONS = ("first", "second", "arbiter")


@dataclass(frozen=True, slots=True)
class Step:
    """What a verdict does to its item: the state and stage after it, and whether it is the one that counts."""

    state: str
    stage: str
    is_final: bool


def opinions(session: Session, item_id: int) -> list[VerdictRow]:
    """The verdicts that stand and did not decide the item by themselves, oldest first."""
    query = select(VerdictRow).where(VerdictRow.item_id == item_id, ~VerdictRow.is_final, is_not_undone())
    return list(session.scalars(query.order_by(VerdictRow.id)))


def missing_role(*, stage: str, role: str | None, roles: Collection[str]) -> str | None:
    """The role that a person with these `roles` lacks to decide about an item.

    An arbiter's item is for leads, whoever passes it on.
    """
    needed = ((ARBITER_ROLE,) if stage == "arbiter" else ()) + ((role,) if role is not None else ())
    return next((one for one in needed if one not in roles), None)


def require_role(item: ItemRow, roles: Collection[str]) -> None:
    """Refuse who does not act for the role that an item is for.

    Raises:
        AccessError: a role that the item needs is not among `roles`.
    """
    role = missing_role(stage=item.stage, role=item.role, roles=roles)
    if role is not None:
        raise AccessError(
            "review.role_needed",
            "Item {item} is for the role {role}; a person with that role decides about it.",
            item=item.id,
            role=role,
        )


def require_turn(session: Session, item: ItemRow, *, reviewer: str, roles: Collection[str]) -> list[VerdictRow]:
    """The blind verdicts so far, where the next one may be this person's.

    Raises:
        AccessError: a role that the item needs is not among `roles`.
        ReviewError: when one of the two blind verdicts is this person's already.
    """
    require_role(item, roles)
    given = opinions(session, item.id) if item.stage != "single" else []
    if reviewer in {one.reviewer for one in given}:
        raise ReviewError(
            "review.own_second",
            "You have given a verdict on item {item} already; the next one is another person's.",
            item=item.id,
        )
    return given


def next_step(
    session: Session, item: ItemRow, *, reviewer: str, roles: Collection[str], kind: str, text: str | None
) -> Step:
    """What this person's verdict would do.

    Raises:
        AccessError: a role that the item needs is not among `roles`.
        ReviewError: when one of the two blind verdicts is this person's already.
    """
    given = require_turn(session, item, reviewer=reviewer, roles=roles)
    if item.stage == "single":
        return Step("decided", "single", is_final=True)
    if item.stage == "first":
        return Step("pending", "second", is_final=False)
    if item.stage == "arbiter" or (kind, text) == (given[0].kind, given[0].text):
        return Step("decided", item.stage, is_final=True)
    return Step("pending", "arbiter", is_final=False)


def stage_after_undo(session: Session, item: ItemRow) -> str:
    """Where an item stands once a verdict of it is void."""
    return item.stage if item.stage == "single" else _STAGES_BY_OPINIONS[len(opinions(session, item.id))]
