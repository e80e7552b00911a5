"""How scores and decisions behave on documents from outside: are they sent to a person?

In: documents by set, and a judge that summarizes one and gives its scores. Out: a `ShiftReport`: for each outside set
the AUROC by which each score tells it from the inside one, and the share that the policy sends to review, beside the
share of the inside set. A document that is refused, or of which the model writes nothing, is never accepted: it counts
as sent, with the largest scores.

Judged documents are kept in a JSONL file, so that an interrupted run goes on. Knows nothing of how a document was made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backend.datasets import hash_document
from backend.documents import read_text
from backend.errors import TashikaError
from backend.evaluation.bootstrap import Interval
from backend.evaluation.errors_metrics import draw_resamples, rank_errors
from backend.evaluation.json_lines import append_lines, read_kept
from backend.evaluation.proportion import estimate_share
from backend.evaluation.shift_documents import INSIDE, ShiftDocument
from backend.pipeline import Summarizer
from backend.uncertainty import EditModel
from backend.uncertainty.familiarity import UNUSUAL_SHARE

GOAL = 0.95  # share of the outside documents that the policy should send to review
SCORES = ("risk", "entropy", "laplace_mutual_information", "ungrounded")


@dataclass(frozen=True, slots=True)
class Judged:
    """Scores of one document's summary; higher is more doubtful. `refusal` is the error's code, or ""."""

    risk: float
    entropy: float
    laplace_mutual_information: float
    ungrounded: float
    refusal: str = ""


REFUSED_SCORES = {"risk": 1.0, "entropy": 1e3, "laplace_mutual_information": 1e3, "ungrounded": 1e3}


@dataclass(frozen=True, slots=True)
class SetFigures:
    """One set of documents.

    Attributes:
        name: of the set. documents: how many. refused: of how many there is no summary.
        unusual: how many resemble none that are familiar.
        review_share: of the documents above the threshold, or unusual.
        auroc: score → how well it tells the set from the inside one; empty for the inside one itself.
    """

    name: str
    documents: int
    refused: int
    unusual: int
    review_share: Interval
    auroc: Mapping[str, Interval | None]

    def to_json(self) -> dict[str, Any]:
        """The figures as plain values, every interval [low, mid, high]."""
        return {
            "data": self.name,
            "documents": self.documents,
            "refused": self.refused,
            "unusual": self.unusual,
            "review_share": self.review_share.to_json(),
            "auroc": {name: value.to_json() if value else None for name, value in self.auroc.items()},
        }


@dataclass(frozen=True, slots=True)
class ShiftReport:
    """All sets, the inside one first, then all outside ones together, then each."""

    threshold: float
    seed: int
    sets: tuple[SetFigures, ...]

    @property
    def is_goal_met(self) -> bool:
        """Whether the policy sends enough of the outside documents to review."""
        return self.sets[1].review_share.mid >= GOAL

    def to_json(self) -> dict[str, Any]:
        """The report as plain values, ready for `json.dumps`."""
        sets = [figures.to_json() for figures in self.sets]
        return {
            "threshold": self.threshold,
            "seed": self.seed,
            "interval": "95 %: auroc expanded percentile bootstrap over documents; review_share Clopper-Pearson",
            "goal": GOAL,
            "is_goal_met": self.is_goal_met,
            "rows": sets,
        }


def judge_document(text: str, *, summarizer: Summarizer, model: EditModel, samples: int) -> Judged:
    """What the product would say of a text: read, summarize, score; the refusal where it does not."""
    try:
        scored = summarizer.summarize(read_text(text), samples=samples)
    except TashikaError as error:
        return Judged(**REFUSED_SCORES, refusal=error.code)
    features = scored.analysis.features
    return Judged(
        risk=model.risk(scored.analysis),
        entropy=features["mean_entropy_nats"],
        laplace_mutual_information=features["mean_mutual_information_nats"],
        ungrounded=features["log1p_ungrounded"],
    )


def judge_all(
    documents: Sequence[ShiftDocument],
    judge: Callable[[str], Judged],
    *,
    fingerprint: str,
    cache: Path | None,
    on_document: Callable[[int, int], None],
) -> list[Judged]:
    """What the judge says of each document; what the cache holds under the fingerprint is not asked again.

    Raises:
        DataError: a damaged cache file.
    """
    known = _read_cache(cache, fingerprint)
    judged = []
    for document in documents:
        key = hash_document(document.text)
        if key not in known:
            known[key] = judge(document.text)
            if cache is not None:
                append_lines(cache, [{"fingerprint": fingerprint, "document": key, **asdict(known[key])}])
        judged.append(known[key])
        on_document(len(judged), len(documents))
    return judged


def report_shift(
    documents: Sequence[ShiftDocument],
    judged: Sequence[Judged],
    *,
    threshold: float,
    seed: int,
    bootstrap_samples: int,
    p_value: Callable[[str], float] = lambda text: 1.0,
) -> ShiftReport:
    """The figures of every set.

    Args:
        p_value: of a document's likeness to those that are familiar (`uncertainty.familiarity`).

    Raises:
        ValueError: no document from inside, or none from outside.
    """
    names = list(dict.fromkeys(document.name for document in documents))
    outside = [name for name in names if name != INSIDE]
    if INSIDE not in names or not outside:
        raise ValueError("shift needs documents from inside and from outside")
    of_set = {name: [i for i, document in enumerate(documents) if document.name == name] for name in names}
    p_values = [p_value(document.text) for document in documents]
    of_set["outside"] = [index for name in outside for index in of_set[name]]
    figures = []
    for name in (INSIDE, "outside", *outside):
        chosen = of_set[name]
        unusual = [p_values[index] <= UNUSUAL_SHARE for index in chosen]
        sent = sum(judged[i].risk > threshold or odd for i, odd in zip(chosen, unusual, strict=True))
        auroc: dict[str, Interval | None] = {}
        if name != INSIDE:
            auroc = _tell_apart(
                documents, judged, of_set[INSIDE], chosen, seed=seed, bootstrap_samples=bootstrap_samples
            )
        figures.append(
            SetFigures(
                name=name,
                documents=len(chosen),
                refused=sum(bool(judged[index].refusal) for index in chosen),
                unusual=sum(unusual),
                review_share=estimate_share(sent, total=len(chosen)),
                auroc=auroc,
            )
        )
    return ShiftReport(threshold, seed, tuple(figures))


def _tell_apart(
    documents: Sequence[ShiftDocument],
    judged: Sequence[Judged],
    inside: Sequence[int],
    outside: Sequence[int],
    *,
    seed: int,
    bootstrap_samples: int,
) -> dict[str, Interval | None]:
    chosen = [*inside, *outside]
    is_outside = np.array([False] * len(inside) + [True] * len(outside))
    groups = {group: number for number, group in enumerate(dict.fromkeys(documents[i].group for i in chosen))}
    numbers = np.array([groups[documents[i].group] for i in chosen])
    resamples = draw_resamples(len(groups), samples=bootstrap_samples, seed=seed)
    found = {}
    for name in SCORES:
        scores = np.array([getattr(judged[i], name) for i in chosen])
        ranked = rank_errors(scores, errors=is_outside, documents=numbers, resamples=resamples)
        found[name] = resamples.interval(ranked["auroc"])
    return found


def _read_cache(path: Path | None, fingerprint: str) -> dict[str, Judged]:
    def parse(row: dict[str, Any]) -> tuple[str, str, Judged]:
        return row.pop("fingerprint"), row.pop("document"), Judged(**row)

    return {document: judged for made_by, document, judged in read_kept(path, parse) if made_by == fingerprint}
