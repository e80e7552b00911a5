"""Intervals over documents: they hold the figures, and phrases that come together do not narrow them."""

from __future__ import annotations

import numpy as np
import pytest

from backend.uncertainty.metrics import score
from backend.uncertainty.score_intervals import score_intervals


def test_the_intervals_hold_the_figures():
    generator = np.random.default_rng(1)
    p = generator.random(400)
    y = (generator.random(400) < p).astype(float)
    w = generator.uniform(0.5, 2, 400)
    found = score_intervals(p, y, w, [f"d{n // 4}" for n in range(400)], seed=0)
    figures = score(p, y, w)
    assert found["log_loss"][0] < figures.log_loss < found["log_loss"][1]
    assert found["brier"][0] < figures.brier < found["brier"][1]
    assert 0 <= found["ece"][0] < found["ece"][1]


def test_copies_of_a_phrase_in_its_document_add_no_certainty():
    generator = np.random.default_rng(2)
    p, y = generator.random(60), (generator.random(60) < 0.4).astype(float)
    keys = [f"d{n}" for n in range(60)]
    once = score_intervals(p, y, np.ones(60), keys, seed=0)
    often = score_intervals(np.repeat(p, 5), np.repeat(y, 5), np.ones(300), np.repeat(keys, 5).tolist(), seed=0)
    assert often["log_loss"] == pytest.approx(once["log_loss"])


def test_one_document_has_no_interval():
    assert score_intervals(np.array([0.5]), np.array([1.0]), np.array([1.0]), ["a"], seed=0) == {}
