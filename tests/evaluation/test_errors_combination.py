import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from backend.evaluation.errors_combination import (
    cross_fit,
    design,
    present_groups,
    summary_scores,
    transfer,
)
from backend.evaluation.errors_items import Table


def table(items=600, *, seed=0, informative=True, names=("entropy", "laplace_entropy", "grounding")):
    """Items whose error depends on entropy and on a Laplace signal that is independent of it."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(items, len(names)))
    logits = 1.5 * values[:, :2].sum(axis=1) - 1 if informative else np.full(items, -0.5)
    errors = generator.random(items) < 1 / (1 + np.exp(-logits))
    summaries = np.repeat(np.arange(items // 10), 10)
    return Table(tuple(names), values, errors, summaries // 2, summaries, np.full(items, "words"))


def test_two_independent_signals_together_beat_each_of_them():
    one = table()
    together = roc_auc_score(one.errors, cross_fit(one, seed=0))
    alone = [roc_auc_score(one.errors, one.column(name)) for name in ("entropy", "laplace_entropy")]
    assert together > max(alone) + 0.03


def test_leaving_a_signal_out_loses_what_it_adds_and_nothing_else():
    one = table()
    whole = roc_auc_score(one.errors, cross_fit(one, seed=0))
    assert roc_auc_score(one.errors, cross_fit(one, without="laplace", seed=0)) < whole - 0.05
    assert roc_auc_score(one.errors, cross_fit(one, without="grounding", seed=0)) > whole - 0.02


def test_what_is_learned_is_scored_on_other_documents_only():
    noise = table(informative=False, seed=5)
    assert roc_auc_score(noise.errors, cross_fit(noise, seed=0)) == pytest.approx(0.5, abs=0.08)


def test_a_combination_learned_on_one_source_orders_another():
    assert roc_auc_score(table(seed=1).errors, transfer(table(), table(seed=1), seed=0)) > 0.75
    fewer = table(seed=2, names=("entropy", "laplace_entropy"))
    assert roc_auc_score(fewer.errors, transfer(table(), fewer, seed=0)) > 0.75


def test_one_class_or_one_document_teaches_nothing():
    one = table(items=20)
    assert cross_fit(one, seed=0) is None
    right = Table(one.names, one.values, np.zeros(20, bool), one.summaries, one.summaries, one.kinds)
    assert cross_fit(right, seed=0) is None
    assert transfer(right, one, seed=0) is None


def test_neighbours_are_those_of_the_same_summary():
    one = table(items=20, names=("entropy",))
    features = design(one)
    assert features[0, 1] == 0
    assert features[1, 1] == one.values[0, 0]
    assert features[9, 2] == 0
    assert features[10, 1] == 0


def test_a_group_left_out_is_gone_from_the_neighbours_too():
    one = table(items=20)
    assert design(one).shape[1] - design(one, without="laplace").shape[1] == 3
    assert present_groups(one) == ["laplace", "entropy", "grounding"]


def test_the_doubt_of_a_summary_grows_with_every_doubtful_phrase():
    one = table(items=20)
    scores = summary_scores(one, np.r_[np.full(10, -3.0), np.full(9, -3.0), 2.0], summaries=np.array([0, 1]))
    assert scores[1] > scores[0] > 0
    assert 1 - np.exp(-scores[0]) == pytest.approx(1 - (1 - 1 / (1 + np.exp(3))) ** 10)
