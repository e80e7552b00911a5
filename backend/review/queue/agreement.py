"""How well two people who judge blind to each other agree: the share, and Cohen's kappa with an interval.

In: a database. Out: an `Agreement`. Knows nothing of who the people are: its figures are the team's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import cohen_kappa_score, confusion_matrix
from sqlalchemy import select

from backend.review.store.database import Database
from backend.review.store.standing import is_not_undone
from backend.review.store.tables import ItemRow, VerdictRow

DRAWS = 2_000


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


def measure(database: Database, *, draws: int = DRAWS, seed: int = 0) -> Agreement:
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
    pairs = [kinds[:2] for kinds in said.values() if len(kinds) >= 2]
    agreed = sum(first == second for first, second in pairs)
    if len({kind for pair in pairs for kind in pair}) < 2:
        return Agreement(len(pairs), agreed, None, None, None)
    first, second = zip(*pairs, strict=True)
    kappa = float(cohen_kappa_score(first, second))
    low, high = _bootstrap(confusion_matrix(first, second), draws=draws, seed=seed)
    return Agreement(len(pairs), agreed, kappa, low, high)


def _bootstrap(table: np.ndarray, *, draws: int, seed: int) -> tuple[float, float]:
    """Percentiles of kappa over tables that were drawn anew: the same as drawing pairs, and all at once."""
    count = int(table.sum())
    drawn = np.random.default_rng(seed).multinomial(count, table.ravel() / count, size=draws)
    kappas = kappas_of(drawn.reshape(draws, *table.shape))
    low, high = np.nanquantile(kappas, [0.025, 0.975])
    return float(low), float(high)


def kappas_of(tables: np.ndarray) -> np.ndarray:
    """Cohen's kappa (p_o − p_e) / (1 − p_e) of each table of counts (draws, kinds, kinds).

    Where everybody said the same, it is not defined (p_e = 1); all did agree then, so it counts as 1.
    """
    shares = tables / tables.sum(axis=(1, 2), keepdims=True)
    observed = np.trace(shares, axis1=1, axis2=2)
    expected = (shares.sum(axis=2) * shares.sum(axis=1)).sum(axis=1)
    is_defined = expected < 1.0 - 1e-12
    return np.where(is_defined, (observed - expected) / np.where(is_defined, 1.0 - expected, 1.0), 1.0)
