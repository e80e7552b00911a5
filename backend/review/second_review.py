"""Second review: two people decide blind to each other, and an arbiter where they disagree.

In: the stage of an item and the verdicts on it. Out: what a verdict does, and how well people agree.
Knows nothing of leases; the first verdict is hidden by `inbox.item` until the second is in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import cohen_kappa_score
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.errors import ReviewError
from backend.review.conflicts import is_not_undone
from backend.review.database import Database
from backend.review.tables import ItemRow, VerdictRow

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


def next_step(session: Session, item: ItemRow, *, reviewer: str, kind: str, text: str | None) -> Step:
    """What this person's verdict would do.

    Raises:
        ReviewError: when one of the two blind verdicts is this person's already.
    """
    if item.stage == "single":
        return Step("decided", "single", is_final=True)
    given = opinions(session, item.id)
    if reviewer in {one.reviewer for one in given}:
        raise ReviewError(
            "review.own_second",
            "You have given a verdict on item {item} already; the next one is another person's.",
            item=item.id,
        )
    if item.stage == "first":
        return Step("pending", "second", is_final=False)
    if item.stage == "arbiter" or (kind, text) == (given[0].kind, given[0].text):
        return Step("decided", item.stage, is_final=True)
    return Step("pending", "arbiter", is_final=False)


def stage_after_undo(session: Session, item: ItemRow) -> str:
    """Where an item stands once a verdict of it is void."""
    return item.stage if item.stage == "single" else _STAGES_BY_OPINIONS[len(opinions(session, item.id))]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two blind verdicts on one item were of one kind.

    `kappa` is Cohen's, with a 95 % bootstrap interval over items; None where it is not defined (no items, or
    everybody always said the same).
    """

    items: int
    agreed: int
    kappa: float | None
    low: float | None
    high: float | None


def agreement(database: Database, *, draws: int = 1000, seed: int = 0) -> Agreement:
    """Agreement of the first two blind verdicts of every item, those that stand."""
    query = (
        select(VerdictRow.item_id, VerdictRow.kind)
        .join(ItemRow, ItemRow.id == VerdictRow.item_id)
        .where(ItemRow.stage != "single", is_not_undone())
        .order_by(VerdictRow.item_id, VerdictRow.id)
    )
    said: dict[int, list[str]] = {}
    with database.reading() as session:
        for item_id, kind in session.execute(query):
            said.setdefault(item_id, []).append(kind)
    pairs = np.array([kinds[:2] for kinds in said.values() if len(kinds) >= 2]).reshape(-1, 2)
    agreed = int((pairs[:, 0] == pairs[:, 1]).sum())
    kappa = _kappa(pairs)
    if kappa is None:
        return Agreement(len(pairs), agreed, None, None, None)
    rng = np.random.default_rng(seed)
    drawn = [_kappa(pairs[rng.integers(len(pairs), size=len(pairs))]) for _ in range(draws)]
    low, high = np.quantile([value for value in drawn if value is not None], [0.025, 0.975])
    return Agreement(len(pairs), agreed, kappa, float(low), float(high))


def _kappa(pairs: np.ndarray) -> float | None:
    if len(np.unique(pairs)) < 2:
        return None
    return float(cohen_kappa_score(pairs[:, 0], pairs[:, 1]))
