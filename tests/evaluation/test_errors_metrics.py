"""Rankings of errors: each figure against a loop or scikit-learn, and their intervals by document."""

import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from backend.evaluation.errors_metrics import METRICS, draw_resamples, rank_errors


def as_they_are(documents):
    return draw_resamples(documents, samples=0, seed=0)


def figures(scores, errors):
    documents = np.arange(len(scores))
    ranked = rank_errors(
        np.asarray(scores, float), errors=np.asarray(errors), documents=documents, resamples=as_they_are(len(scores))
    )
    return {name: float(values[0]) for name, values in ranked.items()}


def loop_over_coverages(scores, errors):
    """Mean selective risk over all coverages, averaged over many orders of tied items."""
    generator = np.random.default_rng(3)
    areas = []
    for _ in range(4000):
        order = np.lexsort((generator.random(len(scores)), scores))
        wrong = np.asarray(errors, float)[order]
        areas.append((np.cumsum(wrong) / np.arange(1, len(wrong) + 1)).mean())
    return float(np.mean(areas))


@pytest.fixture
def tied():
    generator = np.random.default_rng(0)
    scores = generator.integers(0, 6, 60) / 5
    return scores, generator.random(60) < 0.2 + 0.5 * scores


def test_auroc_and_auprc_are_scikit_learns_also_with_ties(tied):
    scores, errors = tied
    found = figures(scores, errors)
    assert found["auroc"] == pytest.approx(roc_auc_score(errors, scores))
    assert found["auprc"] == pytest.approx(average_precision_score(errors, scores))


def test_aurc_is_the_mean_selective_risk_over_the_orders_of_ties(tied):
    scores, errors = tied
    assert figures(scores, errors)["aurc"] == pytest.approx(loop_over_coverages(scores, errors), abs=3e-3)


def test_augrc_is_the_mean_share_of_accepted_errors(tied):
    scores, errors = tied
    exact = np.asarray(scores) + np.linspace(0, 1e-6, len(scores))  # no ties
    wrong = errors[np.argsort(exact)]
    points = np.concatenate([[0.0], np.cumsum(wrong) / len(wrong)])
    assert figures(exact, errors)["augrc"] == pytest.approx(np.trapezoid(points, dx=1 / len(wrong)))


def test_prr_is_one_for_the_perfect_order_and_nothing_for_a_constant():
    errors = [False] * 7 + [True] * 3
    assert figures(range(10), errors)["prr"] == pytest.approx(1.0)
    assert figures([0.5] * 10, errors)["prr"] == pytest.approx(0.0)
    assert figures([0.5] * 10, errors)["auroc"] == pytest.approx(0.5)


def test_without_errors_or_without_right_items_there_is_no_figure():
    for errors in ([False] * 4, [True] * 4):
        found = figures([1, 2, 3, 4], errors)
        assert all(math.isnan(found[name]) for name in METRICS if name != "augrc")
    assert as_they_are(4).interval(np.array([math.nan])) is None


def test_a_resample_counts_a_document_as_often_as_it_is_drawn():
    generator = np.random.default_rng(1)
    documents = np.repeat(np.arange(8), 5)
    scores, errors = generator.random(40), generator.random(40) < 0.4
    resamples = draw_resamples(8, samples=5, seed=2)
    ranked = rank_errors(scores, errors=errors, documents=documents, resamples=resamples)
    for row, counts in enumerate(resamples.counts):
        chosen = np.repeat(np.arange(40), counts[documents])
        assert ranked["auroc"][row] == pytest.approx(roc_auc_score(errors[chosen], scores[chosen]))
        assert ranked["auprc"][row] == pytest.approx(average_precision_score(errors[chosen], scores[chosen]))


def test_the_interval_holds_the_figure_and_is_wider_by_document_than_by_item():
    generator = np.random.default_rng(4)
    documents = np.repeat(np.arange(20), 10)
    scores = np.repeat(generator.random(20), 10)
    errors = np.repeat(generator.random(20) < 0.5, 10)
    wide, narrow = (
        resamples.interval(rank_errors(scores, errors=errors, documents=groups, resamples=resamples)["auroc"])
        for groups, resamples in (
            (documents, draw_resamples(20, samples=400, seed=0)),
            (np.arange(200), draw_resamples(200, samples=400, seed=0)),
        )
    )
    assert wide.low < wide.mid < wide.high
    assert wide.mid == pytest.approx(narrow.mid)
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_a_score_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="not finite"):
        figures([1.0, math.nan], [True, False])
