"""What `tashika evaluate errors` does: reads the data, loads the model, shows progress, writes the chart.

In: settings and options. Out: the report as JSON, as a table for a terminal, as an HTML chart.
Knows nothing of how a signal or a figure is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from app.commands.measuring import GENERATED_SEED
from app.components.error_chart import errors_figure
from backend.config import Settings
from backend.errors import DataError
from backend.evaluation.bench import describe_machine, machine_to_json
from backend.evaluation.errors import BESIDE_ONE_PASS, ErrorsReport, SignalFigures, collect, report_errors
from backend.evaluation.errors_data import Case, generated_cases, read_cases
from backend.evaluation.signals import SignalPlan, SignalReader
from backend.evaluation.signals_cache import SignalCache
from backend.evaluation.signals_scorer import SignalScorer
from backend.pipeline import adapter_folder, load_summarizer
from backend.training.seen import read_seen

ADDED = {
    "combination_without_laplace": "Laplace beside all others",
    "combination_without_sampling": "all sampling of weights",
    BESIDE_ONE_PASS: "Laplace beside a single pass",
    "combination_without_grounding": "the check against the document",
}
SHOWN_SIGNALS = 12  # lines of the table for each source


@dataclass(frozen=True, slots=True)
class MeasuredErrors:
    """The report, the signals that it lacks with the reason of each, and what the figures were made with."""

    report: ErrorsReport
    absent: dict[str, str]
    made_with: dict[str, Any]


def evaluate(
    settings: Settings,
    *,
    files: Sequence[Path],
    generated: int,
    limit: int,
    samples: int,
    prior: float | None,
    ensemble: Sequence[Path],
    bootstrap_samples: int,
    seed: int,
    cache: Path | None,
    chart: Path | None,
) -> MeasuredErrors:
    """Reads or computes all signals, and reports which of them find errors."""
    cases = read_all_cases(settings, files=files, generated=generated, limit=limit, seed=seed)
    kept = SignalCache(cache)
    summarizer = load_summarizer(settings)
    reader = SignalReader(summarizer, SignalPlan(samples=samples, seed=seed, prior_precision=prior), ensemble=ensemble)
    with tqdm(unit="summary") as bar:
        pairs = collect(cases, SignalScorer(reader), cache=kept, on_case=show_on(bar))
    with tqdm(bar_format="{desc} {elapsed}") as bar:
        report = report_errors(
            pairs, seed=seed, bootstrap_samples=bootstrap_samples, on_step=lambda step: bar.set_description(step)
        )
    made_with = {
        "base": summarizer.language.base_id,
        "adapter": summarizer.language.adapter_id,
        "posterior": summarizer.posterior_id,
        "temperature": summarizer.temperature,
        "max_document_tokens": settings.max_document_tokens,
        "plan": asdict(reader.plan),
    }
    if chart is not None:
        errors_figure(report.rows).write_html(chart, include_plotlyjs=True)
    return MeasuredErrors(report, reader.absent, made_with)


def read_all_cases(settings: Settings, *, files: Sequence[Path], generated: int, limit: int, seed: int) -> list[Case]:
    """Generated documents, then the files' rows that the adapter was not trained on.

    Raises:
        DataError: a file that cannot be used, or nothing to evaluate.
    """
    is_seen = read_seen(adapter_folder(settings))
    cases = generated_cases(generated, seed=GENERATED_SEED)
    for file in files:
        cases += read_cases(file, limit=limit, seed=seed, is_seen=is_seen)
    if not cases:
        raise DataError(
            "evaluation.nothing_given", "There is nothing to evaluate. Give --data FILE, or --generated above 0."
        )
    return cases


def show_on(bar: tqdm) -> Callable[[int, int], None]:
    """What tells a progress bar how far the work is."""

    def show(done: int, total: int) -> None:
        bar.total, bar.n = total, done
        bar.refresh()

    return show


def report_json(measured: MeasuredErrors) -> dict[str, Any]:
    """The report with what it lacks, what it was made with, and the machine."""
    return {
        **measured.report.to_json(),
        "absent": measured.absent,
        "made_with": measured.made_with,
        "machine": machine_to_json(describe_machine()),
    }


def describe(measured: MeasuredErrors) -> str:
    """The best signals by phrase, and what Laplace adds, as lines for a terminal."""
    lines = []
    for counts in measured.report.counts:
        items, errors = counts.counts["phrase"]
        lines.append(f"{counts.data}: {counts.documents} documents, {items} phrases, {errors} wrong")
        rows = [row for row in measured.report.rows if (row.data, row.level) == (counts.data, "phrase")]
        rows.sort(key=_auprc_of, reverse=True)
        for row in rows[:SHOWN_SIGNALS]:
            lines.append(f"  {row.signal:<40} AUROC {_shown(row, 'auroc')}  AUPRC {_shown(row, 'auprc')}")
        for one in measured.report.differences:
            added = ADDED.get(one.signal) if (one.data, one.level) == (counts.data, "phrase") else None
            if added:
                low, mid, high = one.difference
                lines.append(f"  what {added} adds to AUPRC: {mid:+.3f} [{low:+.3f}, {high:+.3f}]")
    lines += [f"{name} is absent: {reason}" for name, reason in measured.absent.items()]
    return "\n".join(lines)


def _auprc_of(row: SignalFigures) -> float:
    found = row.figures["auprc"]
    return found.mid if found else 0.0


def _shown(row: SignalFigures, metric: str) -> str:
    found = row.figures[metric]
    return f"{found.mid:.2f} [{found.low:.2f}, {found.high:.2f}]" if found else "-" * 17
