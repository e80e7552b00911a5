"""How well two who judge blind agree: the share, and kappa with its interval."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from backend.review.queue import agreement, dispatch, inbox, verdicts
from backend.review.store.database import Database
from tests.review.builders import record_item


def _decide_pairs(database: Database, pairs: list[tuple[str, str]]) -> None:
    for number, (first, second) in enumerate(pairs):
        item_id = record_item(database, number=number).item_id
        dispatch.escalate(database, item_id=item_id, reviewer="u", to_role="reviewer", wants_second=True)
        for person, kind in (("abe", first), ("ito", second)):
            version = inbox.item(database, item_id).version
            verdicts.give(
                database, item_id=item_id, kind=kind, reviewer=person, roles=("reviewer",), expected_version=version
            )


def test_agreement_is_kappa_with_an_interval_over_items(database: Database):
    pairs = [("approve", "approve")] * 6 + [("reject", "reject")] * 3 + [("approve", "reject")] * 3
    _decide_pairs(database, pairs)
    found = agreement.measure(database, draws=200)
    assert (found.items, found.agreed) == (12, 9)
    # by hand: p_o = 9/12; p_e = (9·6 + 3·6) / 144 = 0.5
    assert found.kappa == pytest.approx(0.5)
    assert found.low < 0.5 < found.high
    assert found == agreement.measure(database, draws=200)


def test_the_kappa_of_the_bootstrap_is_that_of_the_library():
    rng = np.random.default_rng(3)
    for kinds in (2, 3):
        table = rng.integers(0, 9, size=(kinds, kinds))
        pairs = np.repeat(np.indices(table.shape).reshape(2, -1), table.ravel(), axis=1)
        assert agreement.kappas_of(table[None])[0] == pytest.approx(cohen_kappa_score(*pairs))
    assert agreement.kappas_of(np.array([[[5, 0], [0, 0]]])).tolist() == [1.0]


def test_agreement_without_doubled_items_is_nothing(database: Database):
    found = agreement.measure(database, draws=200)
    assert (found.items, found.agreed, found.kappa) == (0, 0, None)
