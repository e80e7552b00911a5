"""Choose prior precision and temperature anew on texts that people corrected; kept only if better on others of them.

In: a language model, its posterior, one example a document. Out: a `Retuning` with both, or with the present ones.

Every pair (λ, T) is evaluated once on every document; choosing and checking then only sum rows. The check is
cross-fitted: documents are dealt into folds, the pair of the lowest NLL on the others is scored on the fold. The rule
is that of recalibration: the mean NLL a token must fall by more than `MIN_GAIN_NATS` and by more than half its
standard error over documents. Knows nothing of verdicts, of files or of who uses the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from backend.language.loading import LanguageModel
from backend.laplace.posterior import Posterior
from backend.laplace.scores import draw_deviations, predictive_sums
from backend.laplace.step import DEFAULT_STEP, Step
from backend.training.examples import Example, collate
from backend.training.fitting import TEMPERATURES

FACTOR = math.sqrt(10.0)  # between neighbouring λ
STEPS = (-2, -1, 0, 1, 2)
MIN_GAIN_NATS = 0.001
MIN_GAIN_ERRORS = 0.5
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Retuning:
    """The outcome on held-out documents.

    Attributes:
        before_nats, after_nats: a document's NLL a token under the present pair, and under a pair chosen without it.
        gain_nats: mean fall of the NLL a token; `gain_error_nats` its standard error over documents.
    """

    prior_precision: float
    temperature: float
    before_nats: tuple[float, ...]
    after_nats: tuple[float, ...]
    gain_nats: float
    gain_error_nats: float

    @property
    def is_better(self) -> bool:
        """By the rule of this module."""
        return self.gain_nats > max(MIN_GAIN_NATS, MIN_GAIN_ERRORS * self.gain_error_nats)


def retune(
    language: LanguageModel,
    posterior: Posterior,
    examples: Sequence[Example],
    *,
    temperature: float,
    samples: int,
    seed: int = 0,
    step: Step = DEFAULT_STEP,
    on_point: Callable[[int, int], None] = lambda done, total: None,
) -> Retuning:
    """Evaluate a grid around the present pair, which is in it, and check what it would choose.

    Args:
        samples: K, logit samples.
        step: how tangents are taken.
        on_point: told prior precisions done and their number.
    """
    temperatures = tuple(sorted({*TEMPERATURES, temperature}))
    priors = [posterior.prior_precision * FACTOR**step for step in STEPS]
    pairs = [(prior, one) for prior in priors for one in temperatures]
    sums = []
    for done, prior in enumerate(priors, start=1):
        deviations = draw_deviations(posterior.with_prior(prior), samples=samples, seed=seed)
        sums.append(_sum_documents(language, examples, deviations, temperatures, step))
        on_point(done, len(priors))
    table = np.concatenate(sums)  # (pairs, documents), nats
    counts = np.array([len(example.target_ids) for example in examples])
    present = pairs.index((posterior.prior_precision, temperature))
    return choose(table, counts, pairs=pairs, present=present)


def choose(table: np.ndarray, counts: np.ndarray, *, pairs: Sequence[tuple[float, float]], present: int) -> Retuning:
    """The best pair on all documents, and what choosing so gains on documents that it has not seen.

    Args:
        table: (pairs, documents), summed NLL. counts: (documents,), tokens. present: index of the pair in use.
    """
    folds = np.arange(table.shape[1]) % min(_FOLDS, table.shape[1])
    chosen = np.array([int(table[:, folds != fold].sum(axis=1).argmin()) for fold in folds])
    documents = np.arange(table.shape[1])
    before, after = table[present], table[chosen, documents]
    gains = (before - after) / counts.sum()
    best = int(table.sum(axis=1).argmin())
    return Retuning(
        prior_precision=pairs[best][0],
        temperature=pairs[best][1],
        before_nats=tuple(map(float, before / counts)),
        after_nats=tuple(map(float, after / counts)),
        gain_nats=float(gains.sum()),
        gain_error_nats=float(math.sqrt(len(gains)) * gains.std(ddof=1)) if len(gains) > 1 else math.inf,
    )


def _sum_documents(
    language: LanguageModel, examples: Sequence[Example], deviations: dict, temperatures: Sequence[float], step: Step
) -> np.ndarray:
    """(temperatures, documents): summed NLL of each document's target tokens."""
    columns = []
    for example in examples:
        batch = collate([example], pad_id=language.pad_id)
        by_temperature = predictive_sums(language.model, batch, deviations, temperatures=temperatures, step=step)
        columns.append([-float(rows[0].log_likelihood().sum()) for rows in by_temperature])
    return np.array(columns).T
