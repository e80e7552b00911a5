"""Second review: two people decide blind to each other, and an arbiter where they disagree.

In: the stage of an item, the verdicts on it, what a person may do, and who else could do it. Out: what a verdict does,
or a refusal. Where nobody else could, the second review ends: no item waits for a person who does not exist.
Knows nothing of leases; the first verdict is hidden by `inbox.item` until the second is in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.errors import AccessError, ReviewError
from backend.review.store.standing import is_not_undone
from backend.review.store.tables import ItemRow, VerdictRow

#: Who settles a disagreement.
ARBITER_ROLE = "lead"
#: Who gives verdicts at all.
REVIEWER_ROLE = "reviewer"
_STAGES_BY_OPINIONS = ("first", "second", "arbiter")


#: Names of the people who may act for each role. None where they are not known: somebody else is expected then.
Team = Mapping[str, Collection[str]] | None


@dataclass(frozen=True, slots=True)
class Step:
    """What a verdict does to its item: the state and stage after it, and whether it is the one that counts.

    `ends_second` says that one person's verdict counts, since nobody else could give the other one.
    """

    state: str
    stage: str
    is_final: bool
    ends_second: bool = False


def opinions(session: Session, item_id: int) -> list[VerdictRow]:
    """The verdicts that stand and did not decide the item by themselves, oldest first."""
    query = select(VerdictRow).where(VerdictRow.item_id == item_id, ~VerdictRow.is_final, is_not_undone())
    return list(session.scalars(query.order_by(VerdictRow.id)))


def missing_role(*, stage: str, role: str | None, roles: Collection[str]) -> str | None:
    """The role that a person with these `roles` lacks to decide about an item.

    An arbiter's item is for leads, whoever passes it on.
    """
    return next((one for one in _needed_roles(stage=stage, role=role) if one not in roles), None)


def able(team: Mapping[str, Collection[str]], *, stage: str, role: str | None) -> set[str]:
    """Names of the people who may decide about such an item, whatever they have said about it."""
    needed = (REVIEWER_ROLE, *_needed_roles(stage=stage, role=role))
    return set.intersection(*(set(team.get(one, ())) for one in needed))


def is_alone(team: Team, *, stage: str, role: str | None, authors: Collection[str]) -> bool:
    """Whether nobody but the authors of its blind verdicts could decide about such an item."""
    return team is not None and able(team, stage=stage, role=role) <= set(authors)


def _needed_roles(*, stage: str, role: str | None) -> tuple[str, ...]:
    return ((ARBITER_ROLE,) if stage == "arbiter" else ()) + ((role,) if role is not None else ())


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


def require_turn(
    session: Session, item: ItemRow, *, reviewer: str, roles: Collection[str], team: Team = None
) -> list[VerdictRow]:
    """The blind verdicts so far, where the next one may be this person's.

    Raises:
        AccessError: a role that the item needs is not among `roles`.
        ReviewError: when one of the two blind verdicts is this person's already, and somebody else could decide.
    """
    require_role(item, roles)
    given = opinions(session, item.id) if item.stage != "single" else []
    authors = {one.reviewer for one in given}
    if reviewer in authors and not is_alone(team, stage=item.stage, role=item.role, authors=authors):
        raise ReviewError(
            "review.own_second",
            "You have given a verdict on item {item} already; the next one is another person's.",
            item=item.id,
        )
    return given


def next_step(
    session: Session,
    item: ItemRow,
    *,
    reviewer: str,
    roles: Collection[str],
    team: Team = None,
    kind: str,
    text: str | None,
) -> Step:
    """What this person's verdict would do.

    Raises:
        AccessError: a role that the item needs is not among `roles`.
        ReviewError: when one of the two blind verdicts is this person's already, and somebody else could decide.
    """
    given = require_turn(session, item, reviewer=reviewer, roles=roles, team=team)
    if item.stage == "single":
        return Step("decided", "single", is_final=True)
    authors = {reviewer, *(one.reviewer for one in given)}
    if len(authors) == 1 and is_alone(team, stage="second", role=item.role, authors=authors):
        return Step("decided", "single", is_final=True, ends_second=True)
    if item.stage == "first":
        return Step("pending", "second", is_final=False)
    if item.stage == "arbiter" or (kind, text) == (given[0].kind, given[0].text):
        return Step("decided", item.stage, is_final=True)
    return Step("pending", "arbiter", is_final=False)


def stage_after_undo(session: Session, item: ItemRow) -> str:
    """Where an item stands once a verdict of it is void."""
    return item.stage if item.stage == "single" else _STAGES_BY_OPINIONS[len(opinions(session, item.id))]
