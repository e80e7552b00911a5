"""What `tashika evaluate variants` does: has the model summarize, reads all variants' signals, shows progress.

In: settings and options. Out: the report as JSON or as lines for a terminal.
Knows nothing of how a signal or a figure is computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from app.commands.measuring import GENERATED_SEED
from app.commands.measuring_errors import show_on
from backend.config import Settings
from backend.evaluation.bench import describe_machine, machine_to_json
from backend.evaluation.bootstrap import Interval
from backend.evaluation.errors import collect
from backend.evaluation.errors_data import generated_cases
from backend.evaluation.signals_cache import SignalCache
from backend.evaluation.signals_scorer import SignalScorer
from backend.evaluation.variants import VariantsReport, report_variants
from backend.evaluation.variants_reader import SHIPPED, VariantReader, prior_name
from backend.pipeline import load_summarizer


@dataclass(frozen=True, slots=True)
class MeasuredVariants:
    """The report and what it was made with."""

    report: VariantsReport
    made_with: dict[str, Any]


def evaluate(
    settings: Settings,
    *,
    generated: int,
    priors: Sequence[float],
    samples: int,
    bootstrap_samples: int,
    seed: int,
    cache: Path | None,
) -> MeasuredVariants:
    """Reads or computes the signals of all variants on the model's own summaries, and reports what each finds."""
    summarizer = load_summarizer(settings)
    reader = VariantReader(summarizer, priors=priors, samples=samples, seed=seed)
    with tqdm(unit="summary") as bar:
        pairs = collect(
            generated_cases(generated, seed=GENERATED_SEED),
            SignalScorer(reader),
            cache=SignalCache(cache),
            on_case=show_on(bar),
        )
    report = report_variants(
        pairs,
        reader.names,
        priors=[SHIPPED, *map(prior_name, priors)],
        seed=seed,
        bootstrap_samples=bootstrap_samples,
    )
    made_with = {
        "base": summarizer.language.base_id,
        "adapter": summarizer.language.adapter_id,
        "posterior": summarizer.posterior_id,
        "prior_precision": summarizer.posterior.prior_precision,
        "samples": samples,
        "seed": seed,
        "bootstrap_samples": bootstrap_samples,
        "max_document_tokens": settings.max_document_tokens,
    }
    return MeasuredVariants(report, made_with)


def report_json(measured: MeasuredVariants) -> dict[str, Any]:
    """The report with what it was made with, and the machine."""
    machine = machine_to_json(describe_machine())
    return {**measured.report.to_json(), "made_with": measured.made_with, "machine": machine}


def describe(report: VariantsReport) -> str:
    """A line a variant."""
    lines = [f"{report.documents} documents, {report.phrases} phrases, {report.wrong} wrong"]
    for row in report.rows:
        lines.append(
            f"{row.name:<18} alone {_shown(row.alone)}  with a single pass {_shown(row.combined)}  "
            f"adds {_shown(row.added)}  log loss {row.log_loss:.4f}"
        )
    return "\n".join(lines)


def _shown(interval: Interval | None) -> str:
    return f"{interval.mid:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]" if interval else " " * 23
