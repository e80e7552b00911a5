"""Signals put together by a learned rule, cross-fitted by document, with each signal left out in turn.

In: a `Table` of items. Out: the log-odds of an error for each item, from a model that has not seen its document.
The rule is the mean of the log-odds of two scikit-learn models, one straight and one bent: a logistic regression on
sign(x)·log(1 + |x|), standardised, and boosted trees of depth 3. An item's neighbours in its summary and its place are
features beside its own signals: a wrong phrase makes the next one doubtful.

Knows nothing of models of language or of how good a ranking is.
"""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from threadpoolctl import threadpool_limits

from backend.evaluation.errors_items import Table
from backend.uncertainty.phrases import PHRASE_KINDS

FOLDS = 5
#: What is left out together: signals by the beginning of their names.
GROUPS = {
    "laplace": ("laplace_",),
    "neg_log_p": ("neg_log_p",),
    "entropy": ("entropy",),
    "margin": ("margin",),
    "claim_conditioned": ("claim_conditioned",),
    "lookback": ("lookback",),
    "rauq": ("rauq",),
    "support_lost": ("support_lost",),
    "dropout": ("dropout_",),
    "perturbation": ("perturbation_",),
    "ensemble": ("ensemble_",),
    "grounding": ("grounding", "not_in_source"),
}
#: Several ways to sample weights tell much the same, so that leaving out one shows little: all of them, and all others
#: than Laplace. The difference of the two is what Laplace adds to what a single pass tells.
TOGETHER = {
    "sampling": ("laplace_", "dropout_", "perturbation_", "ensemble_"),
    "other_samplers": ("dropout_", "perturbation_", "ensemble_"),
}
_LARGEST_LOGIT = 12.0


def present_groups(table: Table) -> list[str]:
    """The groups of which the table has a signal; those of `TOGETHER` where it has Laplace and another sampler."""
    found = [group for group, begins in GROUPS.items() if _has(table, begins)]
    return found + (list(TOGETHER) if "laplace" in found and _has(table, TOGETHER["other_samplers"]) else [])


def cross_fit(table: Table, *, without: str = "", seed: int) -> np.ndarray | None:
    """Log-odds of an error (N,), each from a model of other documents; None with fewer than two documents or classes.

    Args:
        without: a group of signals to leave out.
        seed: of the folds and of the trees.
    """
    count = len(np.unique(table.documents))
    if count < 2 or len(np.unique(table.errors)) < 2:
        return None
    features = design(table, without=without)
    folds = GroupKFold(n_splits=min(FOLDS, count), shuffle=True, random_state=seed)
    scores = np.zeros(len(table.errors))
    for fit_on, score_on in folds.split(features, groups=table.documents):
        scores[score_on] = _log_odds(features[fit_on], table.errors[fit_on], features[score_on], seed=seed)
    return scores


def transfer(source: Table, target: Table, *, without: str = "", seed: int) -> np.ndarray | None:
    """Log-odds of the target's items from a model of the source's; None where the source has one class only."""
    if len(np.unique(source.errors)) < 2:
        return None
    shared = tuple(name for name in source.names if name in target.names)
    fit_on, score_on = (design(table.only(shared), without=without) for table in (source, target))
    return _log_odds(fit_on, source.errors, score_on, seed=seed)


def summary_scores(phrases: Table, log_odds: np.ndarray, *, summaries: np.ndarray) -> np.ndarray:
    """Doubt of each summary: −log of the probability that all its phrases are right, as if they were independent."""
    doubts = np.logaddexp(0.0, log_odds)  # −log(1 − p)
    return np.array([doubts[phrases.summaries == summary].sum() for summary in summaries])


def design(table: Table, *, without: str = "") -> np.ndarray:
    """Features (N, F): the signals, those of the neighbours in the same summary, the place, the kind of phrase."""
    left_out = (GROUPS | TOGETHER).get(without, ())
    kept = [index for index, name in enumerate(table.names) if not (left_out and name.startswith(left_out))]
    own = table.values[:, kept]
    plain = [index for index in kept if not table.names[index].endswith(("_max", "_first"))]
    beside = table.values[:, plain]
    is_start = np.r_[True, np.diff(table.summaries) != 0]
    is_end = np.r_[is_start[1:], True]
    before = np.where(is_start[:, None], 0.0, np.roll(beside, 1, axis=0))
    after = np.where(is_end[:, None], 0.0, np.roll(beside, -1, axis=0))
    kinds = np.array([[kind == one for one in PHRASE_KINDS] for kind in table.kinds], dtype=float)
    kinds = kinds.reshape(len(own), len(PHRASE_KINDS))
    return np.concatenate([own, before, after, _places(table.summaries)[:, None], kinds], axis=1)


def _has(table: Table, begins: tuple[str, ...]) -> bool:
    return any(name.startswith(begins) for name in table.names)


def _places(summaries: np.ndarray) -> np.ndarray:
    """How far into its summary each item stands, 0 to 1; the items of a summary stand together."""
    places = np.zeros(len(summaries))
    for summary in np.unique(summaries):
        inside = np.flatnonzero(summaries == summary)
        places[inside] = np.arange(len(inside)) / max(1, len(inside) - 1)
    return places


def _log_odds(features: np.ndarray, errors: np.ndarray, others: np.ndarray, *, seed: int) -> np.ndarray:
    if len(np.unique(errors)) < 2:
        share = (errors.sum() + 1) / (len(errors) + 2)
        return np.full(len(others), np.log(share / (1 - share)))
    straight = make_pipeline(
        FunctionTransformer(_compress), StandardScaler(), LogisticRegression(C=0.05, max_iter=2000)
    )
    bent = HistGradientBoostingClassifier(
        max_depth=3, max_iter=120, learning_rate=0.06, min_samples_leaf=15, l2_regularization=5.0, random_state=seed
    )
    scores = np.zeros(len(others))
    with threadpool_limits(limits=1):  # threads of so small a task wait for each other longer than they work
        for model in (straight, bent):
            decided = model.fit(features, errors).decision_function(others)
            scores += np.clip(decided, -_LARGEST_LOGIT, _LARGEST_LOGIT) / 2
    return scores


def _compress(values: np.ndarray) -> np.ndarray:
    return np.sign(values) * np.log1p(np.abs(values))
