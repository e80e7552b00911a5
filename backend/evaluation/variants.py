"""Whether another prior, other matrices or more samples would let Laplace find errors that a single pass does not.

In: cases with records of a `VariantReader`. Out: a `VariantsReport`: for each variant how well it finds wrong phrases
alone, what it adds to the signals of a single pass, and the likelihood of the verdicts with it; and the same where the
prior is chosen by that likelihood on other documents than those it is then tried on.

Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold

from backend.evaluation.bootstrap import Interval
from backend.evaluation.errors import Pair
from backend.evaluation.errors_combination import FOLDS, cross_fit, transfer
from backend.evaluation.errors_items import Table, build_tables
from backend.evaluation.errors_metrics import Resamples, draw_resamples, rank_errors

SINGLE_PASS, CHOSEN = "single_pass", "prior_by_verdicts"


@dataclass(frozen=True, slots=True)
class VariantFigures:
    """One variant, at the level of phrases.

    Attributes:
        name: of the variant.
        alone: AUPRC of its own signals put together; None of the single pass and of the chosen prior.
        combined: AUPRC of the single pass' signals and its own.
        added: that less the AUPRC of the single pass alone.
        log_loss: mean −log likelihood of the verdicts (wrong or not) under the cross-fitted combination, in nats.
    """

    name: str
    alone: Interval | None
    combined: Interval
    added: Interval | None
    log_loss: float

    def to_json(self) -> dict[str, Any]:
        """The row as plain values, every figure [low, mid, high] or null."""
        intervals = {"alone": self.alone, "combined": self.combined, "added": self.added}
        shown = {key: value.to_json() if value else None for key, value in intervals.items()}
        return {"variant": self.name, **shown, "log_loss": self.log_loss}


@dataclass(frozen=True, slots=True)
class VariantsReport:
    """All variants, the single pass first."""

    documents: int
    phrases: int
    wrong: int
    rows: tuple[VariantFigures, ...]

    def to_json(self) -> dict[str, Any]:
        """The report as plain values."""
        counts = {"documents": self.documents, "phrases": self.phrases, "wrong": self.wrong}
        return {**counts, "rows": [row.to_json() for row in self.rows]}


def report_variants(
    pairs: Sequence[Pair], variants: Sequence[str], *, priors: Sequence[str], seed: int, bootstrap_samples: int
) -> VariantsReport:
    """The figures of all variants.

    Args:
        pairs: cases with their records.
        variants: names, as `VariantReader.names`.
        priors: those of them among which the verdicts choose.
        seed: of folds, trees and resamples.
        bootstrap_samples: resamples of the documents.

    Raises:
        ValueError: no pairs, one document, or phrases that are all wrong or all right.
    """
    if not pairs:
        raise ValueError("there is no summary to report on")
    phrases = build_tables(pairs)["phrase"]
    resamples = draw_resamples(int(phrases.documents.max()) + 1, samples=bootstrap_samples, seed=seed)
    tables = {name: with_variant(phrases, name) for name in variants}
    single = _Scored(with_variant(phrases, ""), seed=seed, resamples=resamples)
    rows = [VariantFigures(SINGLE_PASS, None, single.interval(), None, single.log_loss)]
    for name, table in tables.items():
        scored = _Scored(table, seed=seed, resamples=resamples)
        own = [column for column in table.names if column.startswith("laplace_")]
        alone = _Scored(table.only(own), seed=seed, resamples=resamples)
        rows.append(VariantFigures(name, alone.interval(), scored.interval(), scored.interval(single), scored.log_loss))
    if priors:
        chosen = _choose([tables[name] for name in priors], seed=seed)
        scored = _Scored(phrases, seed=seed, resamples=resamples, log_odds=chosen)
        rows.append(VariantFigures(CHOSEN, None, scored.interval(), scored.interval(single), scored.log_loss))
    return VariantsReport(
        len(np.unique(phrases.documents)), len(phrases.errors), int(phrases.errors.sum()), tuple(rows)
    )


def with_variant(phrases: Table, name: str) -> Table:
    """The single pass' signals and those of one variant ("": of none)."""
    kept = [
        column
        for column in phrases.names
        if not column.startswith("laplace_") or (name and column.startswith(f"laplace_{name}_"))
    ]
    return phrases.only(kept)


class _Scored:
    """A table's combination: cross-fitted log-odds, its AUPRC on all resamples, and the verdicts' likelihood."""

    def __init__(self, table: Table, *, seed: int, resamples: Resamples, log_odds: np.ndarray | None = None) -> None:
        found = cross_fit(table, seed=seed) if log_odds is None else log_odds
        if found is None:
            raise ValueError("the phrases are all wrong or all right, or of one document")
        self._resamples = resamples
        ranked = rank_errors(found, errors=table.errors, documents=table.documents, resamples=resamples)
        self._auprc = ranked["auprc"]
        self.log_loss = _log_loss(table, found)

    def interval(self, other: _Scored | None = None) -> Interval:
        """The AUPRC, or how far it is ahead of another's."""
        found = self._resamples.interval(self._auprc - other._auprc if other else self._auprc)
        assert found is not None  # there are wrong and right phrases, or cross-fitting had found nothing
        return found


def _choose(tables: Sequence[Table], *, seed: int) -> np.ndarray:
    """Log-odds (N,) where the documents outside each fold choose the table that makes their verdicts likeliest."""
    first = tables[0]
    scores = np.zeros(len(first.errors))
    folds = GroupKFold(n_splits=min(FOLDS, len(np.unique(first.documents))), shuffle=True, random_state=seed)
    for fit_on, score_on in folds.split(first.values, groups=first.documents):
        losses = []
        for table in tables:
            inner = table.rows(fit_on)
            log_odds = cross_fit(inner, seed=seed)
            losses.append(np.inf if log_odds is None else _log_loss(inner, log_odds))
        best = tables[int(np.argmin(losses))]
        found = transfer(best.rows(fit_on), best.rows(score_on), seed=seed)
        scores[score_on] = 0.0 if found is None else found
    return scores


def _log_loss(table: Table, log_odds: np.ndarray) -> float:
    return float(log_loss(table.errors, 1.0 / (1.0 + np.exp(-log_odds)), labels=[False, True]))
