"""Held-out quality of summaries: several systems on the same documents, with intervals over documents.

In: rows, and systems as callables from rows to summaries. Out: a `SummariesReport`: for each data set and
system ROUGE-1/2/L and length with 95 % intervals, the paired difference in ROUGE-L from the system that is
compared, and, on generated documents, fact recall, fact precision and mu (the share of summaries with at
least one wrong fact).

Summaries are kept by `SummaryCache` as they are made, so an interrupted evaluation goes on where it stopped.

Does not know what a system is inside: a model, a rule, a file of old outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.datasets import Row
from backend.evaluation.bootstrap import DEFAULT_SAMPLES, Interval, bootstrap_difference, bootstrap_mean
from backend.evaluation.proportion import estimate_share
from backend.evaluation.summary_cache import SummaryCache
from backend.evaluation.summary_metrics import FactScores, score_facts, score_text

System = Callable[[list[Row]], list[str]]


@dataclass(frozen=True, slots=True)
class EvaluationProgress:
    """How many of one system's summaries are there."""

    system: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class SystemFigures:
    """One system on one data set.

    Attributes:
        dataset: name of the data set.
        system: name of the system.
        documents: how many documents the figures are over.
        metrics: rouge1, rouge2, rougeL, length_characters, length_tokens; on generated documents also
            fact_recall,
            fact_precision and mu.
        difference: ROUGE-L of the compared system minus this one's, paired by document; None for the compared
        itself.
        checked_summaries: summaries whose documents' facts are known.
        wrong_summaries: those of them with at least one wrong fact.
    """

    dataset: str
    system: str
    documents: int
    metrics: Mapping[str, Interval]
    difference: Interval | None
    checked_summaries: int
    wrong_summaries: int

    def to_json(self) -> dict[str, Any]:
        """The figures as plain values; every figure is `[low, mid, high]`."""
        return {
            "dataset": self.dataset,
            "system": self.system,
            "documents": self.documents,
            **{name: interval.to_json() for name, interval in self.metrics.items()},
            "rougeL_difference": None if self.difference is None else self.difference.to_json(),
            "checked_summaries": self.checked_summaries,
            "wrong_summaries": self.wrong_summaries,
        }


@dataclass(frozen=True, slots=True)
class SummariesReport:
    """All figures of one evaluation, and what they were computed with."""

    compared: str
    seed: int
    bootstrap_samples: int
    figures: tuple[SystemFigures, ...]

    def to_json(self) -> dict[str, Any]:
        """The report as plain values, ready for `json.dumps`."""
        return {
            "compared": self.compared,
            "seed": self.seed,
            "bootstrap_samples": self.bootstrap_samples,
            "interval": "95 % over documents: expanded percentile bootstrap; mu: Clopper-Pearson",
            "figures": [figures.to_json() for figures in self.figures],
        }


def evaluate_summaries(
    rows: Sequence[Row],
    *,
    systems: Mapping[str, System],
    seed: int,
    compared: str = "adapter",
    bootstrap_samples: int = DEFAULT_SAMPLES,
    cache_path: Path | None = None,
    fingerprints: Mapping[str, str] | None = None,
    batch_size: int = 8,
    on_progress: Callable[[EvaluationProgress], None] = lambda progress: None,
) -> SummariesReport:
    """Has every system summarize every row, and compares them by data set.

    Args:
        rows: held-out documents with references; grouped by `row.dataset`.
        systems: name → callable that returns one summary a row, in order.
        seed: of the bootstrap.
        compared: the system whose ROUGE-L is set against each of the others.
        bootstrap_samples: resamplings of the documents.
        cache_path: JSONL file of finished summaries; needs `fingerprints`.
        fingerprints: name → what decides the system's output: model, adapter, prompt, decoding settings.
        batch_size: rows a call; what is lost at most by an interruption.
        on_progress: told after every batch.

    Raises:
        ValueError: no rows, no such compared system, a system without fingerprint, or too few summaries
            returned.
        DataError: a damaged cache file, or a row with damaged facts.
    """
    if not rows or compared not in systems:
        raise ValueError(f"an evaluation needs rows, and the compared system {compared!r} among {sorted(systems)}")
    known = dict(fingerprints or {})
    if cache_path is not None and (nameless := sorted(set(systems) - set(known))):
        raise ValueError(f"summaries can be kept only of systems with a fingerprint; missing: {nameless}")
    cache = SummaryCache(cache_path)
    summaries = {}
    for name, system in systems.items():
        batches = _summarize_batches(
            rows, system=system, cache=cache, fingerprint=known.get(name, name), batch_size=batch_size
        )
        for done in batches:
            on_progress(EvaluationProgress(name, done, len(rows)))
        summaries[name] = [cache.get(row, fingerprint=known.get(name, name)) for row in rows]
    return report_summaries(
        rows, summaries=summaries, seed=seed, compared=compared, bootstrap_samples=bootstrap_samples
    )


def report_summaries(
    rows: Sequence[Row],
    *,
    summaries: Mapping[str, Sequence[str]],
    seed: int,
    compared: str = "adapter",
    bootstrap_samples: int = DEFAULT_SAMPLES,
) -> SummariesReport:
    """Judges summaries that are there already: system → one summary a row, in the rows' order."""
    figures: list[SystemFigures] = []
    for dataset in dict.fromkeys(row.dataset for row in rows):
        outcomes = {
            name: _judge(
                [(row, text) for row, text in zip(rows, texts, strict=True) if row.dataset == dataset],
            )
            for name, texts in summaries.items()
        }
        figures += [
            _compute_figures(
                outcome,
                dataset=dataset,
                system=name,
                against=None if name == compared else outcomes[compared],
                seed=seed,
                samples=bootstrap_samples,
            )
            for name, outcome in outcomes.items()
        ]
    return SummariesReport(compared, seed, bootstrap_samples, tuple(figures))


def _summarize_batches(
    rows: Sequence[Row], *, system: System, cache: SummaryCache, fingerprint: str, batch_size: int
) -> Iterator[int]:
    """Puts what is missing into the cache, batch by batch; yields how many rows have a summary."""
    pending = [row for row in rows if not cache.has(row, fingerprint=fingerprint)]
    yield len(rows) - len(pending)
    for start in range(0, len(pending), batch_size):
        batch = pending[start : start + batch_size]
        summaries = system(list(batch))
        if len(summaries) != len(batch):
            raise ValueError(f"a system returned {len(summaries)} summaries of {len(batch)} documents")
        cache.add(batch, summaries=summaries, fingerprint=fingerprint)
        yield len(rows) - len(pending) + start + len(batch)


@dataclass(frozen=True, slots=True)
class _Outcome:
    texts: list[dict[str, float]]  # one a document, in the rows' order
    facts: list[FactScores]  # of the documents whose facts are known

    def column(self, metric: str) -> list[float]:
        return [scores[metric] for scores in self.texts]


def _judge(pairs: Sequence[tuple[Row, str]]) -> _Outcome:
    facts = [score_facts(summary, row=row) for row, summary in pairs]
    return _Outcome(
        texts=[score_text(summary, row=row) for row, summary in pairs],
        facts=[scores for scores in facts if scores is not None],
    )


def _compute_figures(
    outcome: _Outcome, *, dataset: str, system: str, against: _Outcome | None, seed: int, samples: int
) -> SystemFigures:
    metrics = {name: bootstrap_mean(outcome.column(name), seed=seed, samples=samples) for name in outcome.texts[0]}
    difference = None
    if against is not None:
        difference = bootstrap_difference(
            against.column("rougeL"), others=outcome.column("rougeL"), seed=seed, samples=samples
        )
    return SystemFigures(
        dataset=dataset,
        system=system,
        documents=len(outcome.texts),
        metrics=metrics | _compute_fact_metrics(outcome.facts, seed=seed, samples=samples),
        difference=difference,
        checked_summaries=len(outcome.facts),
        wrong_summaries=sum(scores.has_wrong_fact for scores in outcome.facts),
    )


def _compute_fact_metrics(facts: Sequence[FactScores], *, seed: int, samples: int) -> dict[str, Interval]:
    if not facts:
        return {}
    columns = {
        "fact_recall": [scores.recall for scores in facts if scores.recall is not None],
        "fact_precision": [scores.precision for scores in facts if scores.precision is not None],
    }
    metrics = {name: bootstrap_mean(values, seed=seed, samples=samples) for name, values in columns.items() if values}
    wrong = sum(scores.has_wrong_fact for scores in facts)
    return metrics | {"mu": estimate_share(wrong, total=len(facts))}
