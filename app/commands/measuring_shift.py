"""What `tashika evaluate shift` does: reads the documents, loads the model, shows progress.

In: settings and options. Out: the report as JSON or as lines for a terminal.
Knows nothing of how a score or a figure is computed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from app.commands.familiar_documents import generated_texts
from app.commands.measuring import GENERATED_SEED
from app.commands.measuring_errors import show_on
from backend.config import Settings
from backend.evaluation.bench import describe_machine, machine_to_json
from backend.evaluation.shift import GOAL, ShiftReport, judge_all, judge_document, report_shift
from backend.evaluation.shift_documents import all_documents
from backend.language.decoding import DECODING_VERSION
from backend.pipeline import load_summarizer
from backend.review.policy.policies import DEFAULT_THRESHOLD
from backend.uncertainty import cold_start_model
from backend.uncertainty.familiarity import Familiarity


@dataclass(frozen=True, slots=True)
class MeasuredShift:
    """The report and what it was made with."""

    report: ShiftReport
    made_with: dict[str, Any]


def evaluate(
    settings: Settings,
    *,
    files: Sequence[Path],
    count: int,
    limit: int,
    samples: int,
    threshold: float | None,
    bootstrap_samples: int,
    seed: int,
    cache: Path | None,
) -> MeasuredShift:
    """Summarizes documents from inside and outside, scores them as the product does, and reports what is sent."""
    documents = all_documents(count, seed=GENERATED_SEED + seed, files=files, limit=limit)
    summarizer = load_summarizer(settings)
    model = cold_start_model()  # what is in force before the first verdict
    made_with = {
        "base": summarizer.language.base_id,
        "adapter": summarizer.language.adapter_id,
        "posterior": summarizer.posterior_id,
        "temperature": summarizer.temperature,
        "calibration": model.origin,
        "samples": samples,
        "max_document_tokens": settings.max_document_tokens,
        "max_summary_tokens": settings.max_summary_tokens,
        "decoding": DECODING_VERSION,
    }
    fingerprint = hashlib.sha256(json.dumps([made_with, asdict(model)]).encode()).hexdigest()[:16]
    with tqdm(unit="document") as bar:
        judged = judge_all(
            documents,
            lambda text: judge_document(text, summarizer=summarizer, model=model, samples=samples),
            fingerprint=fingerprint,
            cache=cache,
            on_document=show_on(bar),
        )
    report = report_shift(
        documents,
        judged,
        threshold=DEFAULT_THRESHOLD if threshold is None else threshold,
        seed=seed,
        bootstrap_samples=bootstrap_samples,
        p_value=Familiarity(generated_texts()).p_value,  # as before the first verdict
    )
    return MeasuredShift(report, made_with)


def report_json(measured: MeasuredShift) -> dict[str, Any]:
    """The report with what it was made with, and the machine."""
    machine = machine_to_json(describe_machine())
    return {**measured.report.to_json(), "made_with": measured.made_with, "machine": machine}


def describe(report: ShiftReport) -> str:
    """One line a set, then whether the goal is met."""
    lines = []
    for one in report.sets:
        share, risk = one.review_share, one.auroc.get("risk")
        told = f"  AUROC by risk {risk.mid:.2f} [{risk.low:.2f}, {risk.high:.2f}]" if risk else ""
        lines.append(
            f"{one.name:<16} {one.documents:>4} documents, sent to review {share.mid:.0%} "
            f"[{share.low:.0%}, {share.high:.0%}]{told}"
        )
    met = "met" if report.is_goal_met else "missed"
    return "\n".join([*lines, f"goal of {GOAL:.0%} of the outside documents at threshold {report.threshold}: {met}"])
