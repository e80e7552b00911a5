"""`tashika demo-data`, `extracts`, `train`, `fit`: data and adapters. Options in, backend calls."""

from __future__ import annotations

import itertools
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from app.components.prior_chart import prior_figure
from backend.config import Settings
from backend.corpus import generate, to_row
from backend.datasets import Row, read_rows, rows_of_split, split_of
from backend.errors import DataError
from backend.language.loading import LanguageModel, load_base, load_language_model, load_tokenizer
from backend.language.number_format import dtype_named
from backend.language.reading import read_for_model
from backend.laplace.prior import HeldOut
from backend.pipeline import POSTERIOR_FOLDER, base_source
from backend.training.adapter import TrainingPlan, train_adapter
from backend.training.examples import Example, encode_rows
from backend.training.extracts import extract_rows
from backend.training.fitting import FitPlan, FitReport, fit_posterior
from backend.training.seen import write_seen
from backend.uncertainty.metrics import ece


def write_demo_data(output: Path, *, count: int, seed: int) -> int:
    """Write generated documents with known facts, one JSON object a line; returns how many."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("w", encoding="utf-8") as sink:
        for document in generate(count, seed=seed):
            sink.write(json.dumps(to_row(document), ensure_ascii=False) + "\n")
    return count


def write_extracts(
    settings: Settings,
    *,
    file: Path,
    output: Path,
    max_document_tokens: int,
    min_gain: float,
    least_words: int,
    candidates: int,
) -> int:
    """Write the training and validation rows of `file` with extracts for references; returns how many."""
    rows = [row for row in read_rows(file) if split_of(row.id) != "test"]
    tokenizer = load_tokenizer(base_source(settings))

    def read(text: str) -> str:
        return read_for_model(tokenizer, text, kind="", language="", max_tokens=max_document_tokens).excerpt.text

    plain = ({**row.extra, **_as_plain(row), "topic": row.topic} for row in tqdm(rows, unit="row"))
    options = {"min_gain": min_gain, "least_words": least_words, "candidates": candidates}
    extracts = list(extract_rows(plain, read=read, **options))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in extracts), "utf-8")
    return len(extracts)


def parse_layers(text: str) -> tuple[int, ...] | None:
    """'10-29' or '3,5,7' → layer indices; '' → all layers."""
    if not text:
        return None
    try:
        parts = [part.split("-") for part in text.split(",")]
        return tuple(itertools.chain.from_iterable(range(int(part[0]), int(part[-1]) + 1) for part in parts))
    except ValueError as error:
        raise DataError("data.layers", "Layers are given like 10-29 or 3,5,7, not {text}.", text=text) from error


def read_parts(files: Sequence[Path], *, limit: int, held_out: int) -> dict[str, list[dict[str, Any]]]:
    """Rows of all files by part: at most `limit` training and `held_out` validation rows of a file; 0 takes all."""
    parts: dict[str, list[dict[str, Any]]] = {"train": [], "validation": []}
    most = {"train": limit, "validation": held_out}
    for file in files:
        rows = read_rows(file)
        for part, kept in parts.items():
            kept.extend(_limited(rows_of_split(rows, split=part), most[part]))
    return parts


def _limited(rows: Iterable[Any], limit: int) -> list[dict[str, Any]]:
    chosen = itertools.islice(rows, limit) if limit else rows
    return [_as_plain(row) for row in chosen]


def _as_plain(row: Row) -> dict[str, Any]:
    plain = {
        "id": row.id, "document": row.document, "reference": row.reference, "kind": row.kind, "language": row.language,
    }  # fmt: skip
    return plain | {name: row.extra[name] for name in ("candidates",) if name in row.extra}


def train(
    settings: Settings,
    *,
    files: Sequence[Path],
    output: Path,
    plan: TrainingPlan,
    limit: int,
    held_out: int,
    max_document_tokens: int,
    max_target_tokens: int,
    dtype: str,
    start_from: Path | None = None,
) -> dict[str, object]:
    """Train an adapter on the train rows of `files`, stop early by their validation rows."""
    parts = read_parts(files, limit=limit, held_out=held_out)  # first: a wrong file is told before a model is fetched
    source = base_source(settings)
    language = load_language_model(source, base_id=settings.model, adapter_dir=None)
    examples = _encode_parts(parts, language, max_document_tokens, max_target_tokens)
    write_seen(output, [*parts["train"], *parts["validation"]], start_from=start_from)
    return train_adapter(
        load_base(source, dtype=dtype_named(dtype)),
        train=examples["train"],
        validation=examples["validation"],
        plan=plan,
        base_id=settings.model,
        pad_id=language.pad_id,
        output_dir=output,
        start_from=start_from,
    )


def fit(
    settings: Settings,
    *,
    files: Sequence[Path],
    adapter: Path,
    plan: FitPlan,
    limit: int,
    held_out: int,
    max_document_tokens: int,
    max_target_tokens: int,
    dtype: str,
    chart: Path | None = None,
) -> FitReport:
    """Fit the posterior of an adapter on train rows, choose λ on validation rows, write it beside the adapter."""
    parts = read_parts(files, limit=limit, held_out=held_out)
    source = base_source(settings)
    language = load_language_model(source, base_id=settings.model, adapter_dir=adapter)
    chosen = dtype_named(dtype)
    cheaper = load_language_model(source, base_id=settings.model, adapter_dir=adapter, dtype=chosen)
    examples = _encode_parts(parts, language, max_document_tokens, max_target_tokens)
    progress = tqdm(desc="factors", unit="batch")

    def tell_batch(done: int, total: int) -> None:
        progress.total = total
        progress.update(1)

    report = fit_posterior(
        language,
        train=examples["train"],
        validation=examples["validation"],
        plan=plan,
        output_dir=adapter / POSTERIOR_FOLDER,
        factor_language=cheaper,
        on_batch=tell_batch,
        on_point=lambda point: progress.write(describe_point(point), file=sys.stderr),
    )
    if chart is not None:
        prior_figure(report.record).write_html(chart, include_plotlyjs=True)
    return report


def describe_point(point: HeldOut) -> str:
    """One line of the search for the prior precision."""
    calibration = ece(point.confidences, point.hits)
    name = "MAP" if math.isinf(point.prior_precision) else f"prior precision {point.prior_precision:.4g}"
    name += f", temperature {point.temperature:.2f}"
    return f"{name}: held-out NLL {point.nll_nats:.4f} nats a token, ECE {calibration:.4f}, {len(point.hits)} tokens"


def _encode_parts(
    parts: Mapping[str, Sequence[Mapping[str, Any]]],
    language: LanguageModel,
    max_document_tokens: int,
    max_target_tokens: int,
) -> dict[str, list[Example]]:
    return {
        part: encode_rows(
            parts[part],
            tokenizer=language.tokenizer,
            end_id=language.end_ids[0],
            max_document_tokens=max_document_tokens,
            max_target_tokens=max_target_tokens,
        )
        for part in ("train", "validation")
    }
