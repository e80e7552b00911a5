"""How well a score finds errors: AUROC, AUPRC, PRR, AURC, AUGRC, each with its bootstrap interval by document.

In: scores (higher means more doubtful), error flags, the document of each item. Out: `Interval`s.
All resamples are computed at once: a resample is how often each document is drawn, and all five figures follow from
the counts of items and of errors at each distinct score. Ties are averaged over, not broken by position.

    AUROC   P(an error scores above a right item) + ½ P(equal)
    AUPRC   average precision: Σ (R_k − R_{k−1})·P_k over the distinct scores
    AURC    mean over coverages k/n of the share of errors among the k least doubtful (Geifman et al. 2019)
    PRR     (e − AURC) / (e − AURC of the perfect order), e the share of errors: 1 perfect, 0 as chance
    AUGRC   (1 − AUROC)·e·(1 − e) + e²/2 (Traub et al. 2024, arXiv 2407.01032)

Where all items are errors, or none is, the figures but AUGRC do not exist and are NaN.
Knows nothing of what the items or the scores are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.evaluation.bootstrap import Interval, widen_tail

METRICS = ("auroc", "auprc", "prr", "aurc", "augrc")
_CHUNK_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class Resamples:
    """How often each of D documents is drawn, (R, D): the documents as they are first, then the resamples."""

    counts: np.ndarray
    tail: float

    def interval(self, values: np.ndarray) -> Interval | None:
        """The figure of the documents as they are, with its bounds over the resamples in which it exists."""
        if not np.isfinite(values[0]):
            return None
        drawn = values[1:][np.isfinite(values[1:])]
        if len(drawn) < len(values) // 2:
            return Interval(-np.inf, float(values[0]), np.inf)
        low, high = np.quantile(drawn, [self.tail, 1 - self.tail])
        return Interval(float(low), float(values[0]), float(high))


def draw_resamples(documents: int, *, samples: int, seed: int, level: float = 0.95) -> Resamples:
    """Resamples of `documents` documents; the tail is widened as `bootstrap` explains."""
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(documents, np.full(documents, 1 / documents), size=samples)
    tail = widen_tail(documents, level=level) if documents > 1 else 0.0
    return Resamples(np.concatenate([np.ones((1, documents), dtype=drawn.dtype), drawn]), tail)


def rank_errors(
    scores: np.ndarray, *, errors: np.ndarray, documents: np.ndarray, resamples: Resamples
) -> dict[str, np.ndarray]:
    """Every metric of every resample, name → (R,).

    Args:
        scores: (N,), higher means more doubtful; finite.
        errors: (N,), whether each item is wrong.
        documents: (N,), the number of each item's document.
        resamples: drawn over as many documents.
    """
    if not np.isfinite(scores).all():
        raise ValueError("a score that is not finite cannot be ranked")
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(scores[order]) > 0])  # of each distinct score
    wrong, of_document = errors[order].astype(bool), documents[order]
    rows = max(1, _CHUNK_CELLS // max(1, len(scores)))
    parts = []
    for first in range(0, len(resamples.counts), rows):
        weights = resamples.counts[first : first + rows][:, of_document].astype(np.int64)  # (r, N)
        all_counts = np.add.reduceat(weights, starts, axis=1)  # (r, U), least doubtful first
        wrong_counts = np.add.reduceat(weights * wrong, starts, axis=1)
        parts.append(_figures(all_counts, wrong_counts))
    return {name: np.concatenate([part[name] for part in parts]) for name in METRICS}


def _figures(counts: np.ndarray, wrong: np.ndarray) -> dict[str, np.ndarray]:
    """The metrics from counts (r, U) of items and of errors at each distinct score, ascending."""
    right = counts - wrong
    total, errors = counts.sum(axis=1), wrong.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.cumsum(right, axis=1) - right
        auroc = (wrong * (below + 0.5 * right)).sum(axis=1) / (errors * (total - errors))
        share = errors / total
        auprc = _average_precision(counts, wrong) / errors
        aurc = _area_under_risk(counts, wrong) / total
        best = _best_area(total, errors) / total
        prr = (share - aurc) / (share - best)
    exists = (errors > 0) & (errors < total)
    augrc = np.where(exists, (1 - np.where(exists, auroc, 0.5)) * share * (1 - share), 0.0) + share**2 / 2
    figures = {"auroc": auroc, "auprc": auprc, "prr": prr, "aurc": aurc}
    return {name: np.where(exists, values, np.nan) for name, values in figures.items()} | {"augrc": augrc}


def _average_precision(counts: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Σ over the distinct scores of (errors there) · (precision of flagging from there on), (r,)."""
    flagged = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1]
    found = np.cumsum(wrong[:, ::-1], axis=1)[:, ::-1]
    return (wrong * found / np.maximum(flagged, 1)).sum(axis=1)


def _area_under_risk(counts: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Σ_k of the share of errors among the k least doubtful, in the mean over the orders of ties, (r,).

    From W items with E errors on, a group of w with m adds Σ_{j≤w} (E + j·m/w)/(W + j)
    = m + (E − W·m/w)·(H(W + w) − H(W)), H the harmonic numbers.
    """
    ends, ends_wrong = np.cumsum(counts, axis=1), np.cumsum(wrong, axis=1)
    starts, starts_wrong = ends - counts, ends_wrong - wrong
    harmonic = _harmonic_numbers(int(ends.max(initial=0)))
    slope = wrong / np.maximum(counts, 1)
    return (wrong + (starts_wrong - starts * slope) * (harmonic[ends] - harmonic[starts])).sum(axis=1)


def _best_area(total: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """The same sum where all errors come last: Σ_{k>c} (k − c)/k, c the number of right items."""
    harmonic, right = _harmonic_numbers(int(total.max(initial=0))), total - errors
    return errors - right * (harmonic[total] - harmonic[right])


def _harmonic_numbers(largest: int) -> np.ndarray:
    return np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, largest + 1))])
