"""Which signals find errors in summaries: every one alone, all together, and all but each.

In: cases with known wrong spans, a reader of signals. Out: an `ErrorsReport`: for each source, level and signal AUROC,
AUPRC and PRR (of summaries also AURC and AUGRC) with 95 % intervals over documents; how much the combination is ahead
of each signal, and of itself without each; and how it does on a source that it was not learned on.

Knows nothing of files or of the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
from scipy.stats import spearmanr

from backend.documents import Document
from backend.evaluation.bootstrap import Interval
from backend.evaluation.errors_combination import TOGETHER, cross_fit, present_groups, summary_scores, transfer
from backend.evaluation.errors_data import Case
from backend.evaluation.errors_items import Table, build_tables
from backend.evaluation.errors_metrics import Resamples, draw_resamples, rank_errors
from backend.evaluation.signals_cache import SignalCache, SignalRecord

WRITE_AT_ONCE = 8
COMBINATION = "combination"
BESIDE_ONE_PASS = "laplace_beside_one_pass"  # the name of a difference
_INFORMATION = "laplace_mutual_information"
_SHOWN = {"token": ("auroc", "auprc", "prr"), "first_token": ("auroc", "auprc", "prr")}
_SHOWN |= {"phrase": ("auroc", "auprc", "prr"), "summary": ("auroc", "auprc", "prr", "aurc", "augrc")}

Pair = tuple[Case, SignalRecord]
Told = Callable[[int, int], None]


class Scorer(Protocol):
    """What writes and scores summaries: `SignalScorer`, or a table of made-up numbers in a test."""

    fingerprint: str

    def write(self, documents: Sequence[Document]) -> list[Sequence[int]]:
        """Token ids of the model's own summaries."""

    def score(self, document: Document, summary: str | Sequence[int]) -> SignalRecord | None:
        """Signals of a summary, given as text or as token ids; None of an empty one."""


@dataclass(frozen=True, slots=True)
class SignalFigures:
    """One signal at one level of one source; a figure that does not exist there is None."""

    data: str
    level: str
    signal: str
    figures: Mapping[str, Interval | None]

    def to_json(self) -> dict[str, Any]:
        """The row as plain values, every figure [low, mid, high] or null."""
        shown = {name: _rounded(value) if value else None for name, value in self.figures.items()}
        return {"data": self.data, "level": self.level, "signal": self.signal, **shown}


@dataclass(frozen=True, slots=True)
class SignalDifference:
    """AUPRC of the combination minus that of a signal, on the same resamples.

    As `BESIDE_ONE_PASS`: of the combination without other samplers of weights minus that without any sampler.
    """

    data: str
    level: str
    signal: str
    difference: Interval

    def to_json(self) -> dict[str, Any]:
        """The row as plain values."""
        return {
            "data": self.data, "level": self.level, "signal": self.signal,
            "auprc_difference": _rounded(self.difference),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class DataCounts:
    """How much of a source there was: (items, errors) by level."""

    data: str
    documents: int
    counts: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Spearman's ρ of a signal of the phrases with Laplace's mutual information: near 1 both tell the same."""

    data: str
    signal: str
    spearman: float


@dataclass(frozen=True, slots=True)
class ErrorsReport:
    """All figures of one evaluation, and what they were computed with."""

    seed: int
    bootstrap_samples: int
    rows: tuple[SignalFigures, ...]
    differences: tuple[SignalDifference, ...]
    counts: tuple[DataCounts, ...]
    correlations: tuple[RankCorrelation, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The report as plain values, ready for `json.dumps`."""
        return {
            "seed": self.seed,
            "bootstrap_samples": self.bootstrap_samples,
            "interval": "95 % over documents: expanded percentile bootstrap",
            "counts": [asdict(counts) for counts in self.counts],
            "rows": [row.to_json() for row in self.rows],
            "differences": [row.to_json() for row in self.differences],
            "correlations": [asdict(row) for row in self.correlations],
        }


def _rounded(interval: Interval) -> list[float | None]:
    """Four decimals: the intervals are wider than that, and there are a thousand of them."""
    return [None if value is None else round(value, 4) for value in interval.to_json()]


def collect(cases: Sequence[Case], scorer: Scorer, *, cache: SignalCache, on_case: Told) -> list[Pair]:
    """The signals of every case, read from the cache where they are there; summaries that are empty are left out."""
    found = {number: cache.get(case, fingerprint=scorer.fingerprint) for number, case in enumerate(cases)}
    pending = [number for number, record in found.items() if record is None]
    done = len(cases) - len(pending)
    on_case(done, len(cases))
    for number, summary in _with_summaries(cases, pending, scorer):
        record = scorer.score(as_document(cases[number]), summary)
        if record is not None:
            cache.add(cases[number], record, fingerprint=scorer.fingerprint)
            found[number] = record
        done += 1
        on_case(done, len(cases))
    return [(case, record) for number, case in enumerate(cases) if (record := found[number]) is not None]


def as_document(case: Case) -> Document:
    """The case's document, as a reading takes it."""
    return Document(title="", text=case.document, kind=case.kind, language=case.language, source_name="", notes=())


def report_errors(
    pairs: Sequence[Pair], *, seed: int, bootstrap_samples: int, on_step: Callable[[str], None] = lambda step: None
) -> ErrorsReport:
    """All figures of summaries whose signals are there.

    Args:
        pairs: cases with their records; figures are by `case.data`.
        seed: of folds, trees and resamples.
        bootstrap_samples: resamples of the documents.
        on_step: told what is computed.

    Raises:
        ValueError: no pairs.
    """
    if not pairs:
        raise ValueError("there is no summary to report on")
    sources = {
        data: build_tables([pair for pair in pairs if pair[0].data == data])
        for data in dict.fromkeys(case.data for case, _ in pairs)
    }
    rows: list[SignalFigures] = []
    differences: list[SignalDifference] = []
    for data, tables in sources.items():
        on_step(data)
        resamples = draw_resamples(_documents(tables), samples=bootstrap_samples, seed=seed)
        scores = _all_scores(tables, seed=seed)
        for level, columns in scores.items():
            ranked = _rank(tables[level], columns, resamples)
            rows += [_row(data, level, name, figures, resamples) for name, figures in ranked.items()]
            differences += _differences(data, level, ranked, resamples)
    rows += _transfers(sources, seed=seed, bootstrap_samples=bootstrap_samples, on_step=on_step)
    counts = tuple(
        DataCounts(data, _documents(tables), {k: (len(t.errors), int(t.errors.sum())) for k, t in tables.items()})
        for data, tables in sources.items()
    )
    correlations = tuple(row for data, tables in sources.items() for row in _correlations(data, tables["phrase"]))
    return ErrorsReport(seed, bootstrap_samples, tuple(rows), tuple(differences), counts, correlations)


def _with_summaries(
    cases: Sequence[Case], pending: Sequence[int], scorer: Scorer
) -> Iterator[tuple[int, str | Sequence[int]]]:
    """Number and summary of each pending case; the model writes those that have none, several at once."""
    yield from ((number, summary) for number in pending if (summary := cases[number].summary) is not None)
    unwritten = [number for number in pending if cases[number].summary is None]
    for start in range(0, len(unwritten), WRITE_AT_ONCE):
        part = unwritten[start : start + WRITE_AT_ONCE]
        yield from zip(part, scorer.write([as_document(cases[number]) for number in part]), strict=True)


def _all_scores(tables: Mapping[str, Table], *, seed: int) -> dict[str, dict[str, np.ndarray]]:
    """Level → signal → scores: every column, and the combination with its ablations."""
    scores = {level: {name: table.column(name) for name in table.names} for level, table in tables.items()}
    for level in ("token", "first_token"):
        for without in ("", "laplace"):
            _put(scores[level], without, cross_fit(tables[level], without=without, seed=seed), tables[level])
    phrases = tables["phrase"]
    for without in ("", *present_groups(phrases)):
        log_odds = cross_fit(phrases, without=without, seed=seed)
        _put(scores["phrase"], without, log_odds, phrases)
        if log_odds is not None:
            numbers = tables["summary"].summaries
            _put(scores["summary"], without, summary_scores(phrases, log_odds, summaries=numbers), phrases)
    return scores


def _put(columns: dict[str, np.ndarray], without: str, values: np.ndarray | None, table: Table) -> None:
    if values is not None and (not without or without in present_groups(table)):
        columns[f"{COMBINATION}_without_{without}" if without else COMBINATION] = values


def _rank(table: Table, columns: Mapping[str, np.ndarray], resamples: Resamples) -> dict[str, dict[str, np.ndarray]]:
    return {
        name: rank_errors(values, errors=table.errors, documents=table.documents, resamples=resamples)
        for name, values in columns.items()
    }


def _row(data: str, level: str, signal: str, figures: Mapping[str, np.ndarray], resamples: Resamples) -> SignalFigures:
    return SignalFigures(data, level, signal, {name: resamples.interval(figures[name]) for name in _SHOWN[level]})


def _differences(
    data: str, level: str, ranked: Mapping[str, Mapping[str, np.ndarray]], resamples: Resamples
) -> Iterator[SignalDifference]:
    if COMBINATION not in ranked:
        return
    for name, figures in ranked.items():
        interval = resamples.interval(ranked[COMBINATION]["auprc"] - figures["auprc"])
        if name != COMBINATION and interval is not None:
            yield SignalDifference(data, level, name, interval)
    one_pass, with_laplace = (ranked.get(f"{COMBINATION}_without_{group}") for group in TOGETHER)
    if one_pass is not None and with_laplace is not None:
        interval = resamples.interval(with_laplace["auprc"] - one_pass["auprc"])
        if interval is not None:
            yield SignalDifference(data, level, BESIDE_ONE_PASS, interval)


def _correlations(data: str, phrases: Table) -> Iterator[RankCorrelation]:
    if _INFORMATION not in phrases.names or len(phrases.errors) < 3:
        return
    own = phrases.column(_INFORMATION)
    for name in phrases.names:
        other = phrases.column(name)
        is_plain = name != _INFORMATION and not name.endswith(("_max", "_first"))
        if is_plain and np.ptp(own) > 0 and np.ptp(other) > 0:
            yield RankCorrelation(data, name, round(float(spearmanr(own, other).statistic), 4))


def _transfers(
    sources: Mapping[str, Mapping[str, Table]], *, seed: int, bootstrap_samples: int, on_step: Callable[[str], None]
) -> Iterator[SignalFigures]:
    """The combination of phrases learned on one source, on each of the others: `data` is "source>target"."""
    for source, target in ((one, other) for one in sources for other in sources if one != other):
        on_step(f"{source}>{target}")
        learned, met = sources[source]["phrase"], sources[target]["phrase"]
        resamples = draw_resamples(_documents(sources[target]), samples=bootstrap_samples, seed=seed)
        columns: dict[str, np.ndarray] = {}
        for without in ("", "laplace"):
            _put(columns, without, transfer(learned, met, without=without, seed=seed), learned)
        for name, figures in _rank(met, columns, resamples).items():
            yield _row(f"{source}>{target}", "phrase", name, figures, resamples)


def _documents(tables: Mapping[str, Table]) -> int:
    return int(tables["token"].documents.max(initial=-1)) + 1
