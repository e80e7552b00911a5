"""`tashika evaluate summaries`: figures about the model in use, for people and as JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from backend.config import Settings
from backend.corpus import generate, to_row
from backend.datasets import Row, read_rows, split_of
from backend.errors import DataError
from backend.evaluation.baselines import extract_sentences, first_sentences
from backend.evaluation.bench import describe_machine, machine_to_json
from backend.evaluation.summaries import EvaluationProgress, SummariesReport, evaluate_summaries
from backend.language.decoding import DECODING_VERSION, write_batch
from backend.language.loading import LanguageModel, load_language_model
from backend.language.pieces import decode
from backend.language.reading import read_for_model
from backend.pipeline import adapter_folder, base_source
from backend.training.seen import read_seen

GENERATED_SEED = 20_260  # of the documents made for evaluation; training used others
VALIDATION_SEED = 20_261
Writer = Callable[[Sequence[Row]], list[str]]


def evaluate(
    settings: Settings,
    *,
    files: Sequence[Path],
    generated: int,
    limit: int,
    seed: int,
    cache: Path | None,
    part: str = "test",
) -> tuple[SummariesReport, dict[str, int]]:
    """Held-out quality of the adapter beside the base model and two extractive baselines.

    Returns:
        the report, and for each file how many documents were left out: those that are not of the part.
    """
    adapter_dir = adapter_folder(settings)
    choose = validation_rows if part == "validation" else partial(reportable_rows, is_seen=read_seen(adapter_dir))
    seed_of_generated = VALIDATION_SEED if part == "validation" else GENERATED_SEED
    made = generated_rows(generated, seed=seed_of_generated)
    rows, left_out = held_out_rows(files, made=made, limit=limit, choose=choose)
    source = base_source(settings)
    language = load_language_model(source, base_id=settings.model, adapter_dir=adapter_dir)
    plain = load_language_model(source, base_id=settings.model, adapter_dir=None)
    systems: dict[str, Writer] = {
        "adapter": writer(language, settings),
        "base model": writer(plain, settings),
        "first three sentences": lambda part: [first_sentences(row.document) for row in part],
        "textrank": lambda part: [extract_sentences(row.document, language=row.language) for row in part],
    }
    limits = f"{settings.max_document_tokens}|{settings.max_summary_tokens}"
    decoding = f"{settings.model}|{limits}|decoding {DECODING_VERSION}"
    fingerprints = {name: f"{name}|{decoding}" for name in systems} | {"adapter": f"{language.adapter_id}|{decoding}"}
    with tqdm(unit="summary") as bar:
        report = evaluate_summaries(
            rows,
            systems=systems,
            seed=seed,
            cache_path=cache,
            fingerprints=fingerprints if cache else None,
            on_progress=lambda progress: _show(bar, progress),
        )
    return report, left_out


def reportable_rows(rows: Sequence[Row], *, is_seen: Callable[[str], bool]) -> list[Row]:
    """The rows of a file that a figure may be reported on: those whose documents the adapter has not seen.

    Of a file that it has learned from only the test part: somebody may have chosen adapters by the validation part.
    """
    fresh = [row for row in rows if not is_seen(row.document)]
    return fresh if len(fresh) == len(rows) else [row for row in fresh if split_of(row.id) == "test"]


def validation_rows(rows: Sequence[Row]) -> list[Row]:
    """The rows of a file that may be looked at while one still chooses between adapters."""
    return [row for row in rows if split_of(row.id) == "validation"]


def held_out_rows(
    files: Sequence[Path], *, made: Sequence[Row], limit: int, choose: Callable[[Sequence[Row]], list[Row]]
) -> tuple[list[Row], dict[str, int]]:
    """What `choose` leaves of each file, at most `limit` by a hash of the id, then the rows that were made."""
    chosen, left_out = [], {}
    for file in files:
        rows = read_rows(file)
        fresh = choose(rows)
        left_out[file.stem] = len(rows) - len(fresh)
        fresh.sort(key=lambda row: hashlib.sha256(row.id.encode()).digest())
        chosen.extend(fresh[:limit] if limit else fresh)
    chosen.extend(made)
    if not chosen:
        raise DataError(
            "evaluation.no_rows",
            "No document is left to evaluate: the adapter was trained on all of them. Give other documents.",
        )
    return chosen, left_out


def generated_rows(count: int, *, seed: int) -> list[Row]:
    """Generated documents with their facts, made for evaluation only."""
    named = ("id", "document", "reference", "kind", "language")
    rows = []
    for document in generate(count, seed=seed):
        values = to_row(document)
        extra = {name: value for name, value in values.items() if name not in named}
        rows.append(Row(**{name: values[name] for name in named}, dataset="generated", extra=extra))
    return rows


def writer(language: LanguageModel, settings: Settings) -> Writer:
    """Rows → summaries by one model, several at once."""
    tokenizer = language.tokenizer

    def write(rows: Sequence[Row]) -> list[str]:
        prompts = [
            read_for_model(
                tokenizer,
                row.document,
                kind=row.kind or "report",
                language=row.language,
                max_tokens=settings.max_document_tokens,
            ).prompt.ids
            for row in rows
        ]
        written = write_batch(language, prompts, max_tokens=settings.max_summary_tokens)
        return [decode(tokenizer, ids).strip() for ids in written]

    return write


def _show(bar: tqdm, progress: EvaluationProgress) -> None:
    bar.set_description(progress.system)
    bar.total = progress.total
    bar.n = progress.done
    bar.refresh()


def report_json(report: SummariesReport, left_out: dict[str, int]) -> dict[str, Any]:
    """The report with the machine it was made on."""
    return {**report.to_json(), "left_out": left_out, "machine": machine_to_json(describe_machine())}
