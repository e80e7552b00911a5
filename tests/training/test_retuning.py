"""Prior precision and temperature from corrected texts: chosen on some, checked on others."""

from __future__ import annotations

import numpy as np
import pytest

from backend.laplace.step import Step
from backend.training.examples import Example
from backend.training.retuning import choose, retune
from tests.evaluation.tiny_summarizer import tiny_summarizer

PAIRS = [(1.0, 1.0), (10.0, 1.0), (100.0, 1.2)]


def table_of(means, *, documents=20, noise=0.1, seed=0):
    """Summed NLL of documents of ten tokens, around the pairs' means a token."""
    generator = np.random.default_rng(seed)
    return 10 * (np.array(means)[:, None] + noise * generator.standard_normal((len(means), documents)))


def test_a_pair_that_is_better_everywhere_is_chosen_and_its_gain_is_that_on_unseen_documents():
    found = choose(table_of([2.0, 1.9, 1.5]), np.full(20, 10), pairs=PAIRS, present=0)
    assert (found.prior_precision, found.temperature, found.is_better) == (100.0, 1.2, True)
    assert found.gain_nats == pytest.approx(0.5, abs=0.1)
    assert np.mean(found.before_nats) - np.mean(found.after_nats) == pytest.approx(found.gain_nats)


def test_the_present_pair_stays_when_it_is_the_best():
    found = choose(table_of([1.5, 1.9, 2.0]), np.full(20, 10), pairs=PAIRS, present=0)
    assert (found.is_better, found.gain_nats) == (False, 0.0)


def test_pairs_that_differ_by_chance_alone_seldom_pass_the_check():
    passed = [
        choose(table_of([2.0] * 30, seed=seed), np.full(20, 10), pairs=[(float(n), 1.0) for n in range(30)], present=0)
        .is_better for seed in range(60)
    ]  # fmt: skip
    assert sum(passed) <= 30  # choosing the luckiest of thirty on all documents would pass every time


def test_the_pair_of_a_document_is_chosen_without_it():
    table = np.array([[1.0] * 5, [0.5, 0.5, 0.5, 0.5, 50.0]])
    found = choose(table, np.ones(5, dtype=int), pairs=PAIRS[:2], present=0)
    assert found.after_nats == (1.0, 1.0, 1.0, 1.0, 50.0)  # the last alone is scored by what the others prefer
    assert not found.is_better


def tiny_setting():
    summarizer = tiny_summarizer()
    tokenizer = summarizer.language.tokenizer
    examples = [
        Example(tuple(tokenizer(f"Lot {n}: 12.4 mm")["input_ids"]), tuple(tokenizer(f"Lot {n} OK")["input_ids"]))
        for n in range(6)
    ]
    return summarizer, examples


def test_documents_are_scored_with_the_step_of_the_posterior():
    summarizer, examples = tiny_setting()
    by_step = [
        retune(
            summarizer.language, summarizer.posterior.with_prior(300.0), examples[:2], temperature=1.0, samples=2,
            step=step,
        ).before_nats
        for step in (Step(0.0), Step(1e-3), Step(3.0))
    ]  # fmt: skip
    assert by_step[1] == pytest.approx(by_step[0], rel=1e-3)
    assert by_step[2] != pytest.approx(by_step[0], rel=1e-3)


def test_a_model_that_is_too_sure_gets_a_higher_temperature():
    summarizer, examples = tiny_setting()
    points = []
    found = retune(
        summarizer.language, summarizer.posterior, examples, temperature=1.0, samples=2,
        on_point=lambda done, total: points.append((done, total)),
    )  # fmt: skip
    assert found.temperature > 1.0
    assert found.is_better
    assert points == [(n, 5) for n in range(1, 6)]
