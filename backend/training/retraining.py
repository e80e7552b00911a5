"""Go on training an adapter on reviewers' texts, then fit its posterior: one folder, which a stopped run goes on with.

In: the folder of the adapter in use, rows to train on and to stop and tune by, an output folder, a progress call that
may raise to stop. Out: adapter, posterior and records in that folder, as `tashika train --start-from` and `tashika fit`
would write them. What is finished there is not done again. Knows nothing of verdicts or of the database.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from backend.errors import ModelError
from backend.language.loading import LanguageModel, load_base, load_language_model
from backend.language.number_format import AUTO, dtype_named
from backend.laplace.storage import RECORD
from backend.training.adapter import StepReporter, TrainingPlan, train_adapter
from backend.training.examples import Example, encode_rows
from backend.training.fitting import FitPlan, fit_posterior
from backend.training.seen import write_seen

Report = Callable[[str, int, int], None]  # (stage, done, total); may raise to stop
Rows = Sequence[Mapping[str, str]]
#: Written last of a checkpoint's files: without it, the process ended while it wrote.
_LAST_FILE = "trainer_state.json"
_VALIDATIONS = 6  # of a run, each with a checkpoint


@dataclass(frozen=True, slots=True)
class RetrainingPlan:
    """How far and how fast an adapter moves; its shape is that of the adapter it starts from.

    Attributes:
        learning_rate: low, since it starts from an adapter that can summarize already.
        dtype: of the frozen weights while training and for the factors.
    """

    name: str
    learning_rate: float = 2e-4
    epochs: float = 3.0
    batch_size: int = 4
    max_document_tokens: int = 384
    max_target_tokens: int = 192
    posterior_samples: int = 8
    most_points: int = 9
    dtype: str = AUTO
    seed: int = 0


def retrain(
    *,
    source: str | Path,
    base_id: str,
    start_from: Path,
    output_dir: Path,
    posterior_folder: str,
    train: Rows,
    validation: Rows,
    plan: RetrainingPlan,
    report: Report,
) -> None:
    """Train and fit, or go on with what an earlier process left in `output_dir`.

    Args:
        source: folder or name of the base model; `base_id` is what records call it.
        posterior_folder: name of the posterior's folder below the adapter's.

    Raises:
        DataError, ModelError: nothing can be learned, or no posterior is worth keeping.
    """
    if not (output_dir / "training.json").is_file():
        _train(source, base_id, start_from, output_dir, train, validation, plan, report)
    if not (output_dir / posterior_folder / RECORD).is_file():
        language = load_language_model(source, base_id=base_id, adapter_dir=output_dir)
        cheaper = load_language_model(source, base_id=base_id, adapter_dir=output_dir, dtype=dtype_named(plan.dtype))
        _fit(language, cheaper, output_dir / posterior_folder, train, validation, plan, report)


def shape_of(adapter_dir: Path, *, plan: RetrainingPlan, steps: int) -> TrainingPlan:
    """The plan of a run that starts from an adapter: its rank, modules and layers.

    Raises:
        ModelError: it has no configuration that can be read.
    """
    try:
        config = json.loads((adapter_dir / "adapter_config.json").read_text("utf-8"))
        layers = config.get("layers_to_transform")
        return TrainingPlan(
            name=plan.name,
            rank=int(config["r"]),
            alpha=int(config["lora_alpha"]),
            target_modules=tuple(sorted(config["target_modules"])),
            layers=tuple(layers) if layers is not None else None,
            learning_rate=plan.learning_rate,
            epochs=plan.epochs,
            batch_size=plan.batch_size,
            evaluate_every=max(1, steps // _VALIDATIONS),
            patience=2,
            seed=plan.seed,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            "model.adapter_unreadable",
            "The configuration of the adapter in {folder} cannot be read; train a new one with `tashika train`.",
            folder=str(adapter_dir),
        ) from error


def drop_torn_checkpoints(output_dir: Path) -> None:
    """Remove checkpoints that a killed process left half-written."""
    for folder in (output_dir / "checkpoints").glob("checkpoint-*"):
        state = folder / _LAST_FILE
        try:
            json.loads(state.read_text("utf-8"))
        except (OSError, ValueError):
            shutil.rmtree(folder)


def _train(
    source: str | Path,
    base_id: str,
    start_from: Path,
    output_dir: Path,
    train: Rows,
    validation: Rows,
    plan: RetrainingPlan,
    report: Report,
) -> None:
    report("training", 0, 0)
    language = load_language_model(source, base_id=base_id, adapter_dir=None)
    examples = encode(language, train, plan)
    steps = math.ceil(len(examples) / plan.batch_size) * max(1, round(plan.epochs))
    drop_torn_checkpoints(output_dir)
    write_seen(output_dir, [*train, *validation], start_from=start_from)
    train_adapter(
        load_base(source, dtype=dtype_named(plan.dtype)),
        train=examples,
        validation=encode(language, validation, plan),
        plan=shape_of(start_from, plan=plan, steps=steps),
        base_id=base_id,
        pad_id=language.pad_id,
        output_dir=output_dir,
        start_from=start_from,
        callbacks=[StepReporter(partial(report, "training"))],
    )


def _fit(
    language: LanguageModel,
    cheaper: LanguageModel,
    folder: Path,
    train: Rows,
    validation: Rows,
    plan: RetrainingPlan,
    report: Report,
) -> None:
    points = 0

    def tell_point(_point: object) -> None:
        nonlocal points
        points += 1
        report("tuning", min(points, plan.most_points), plan.most_points)

    fit_posterior(
        language,
        train=encode(language, train, plan),
        validation=encode(language, validation, plan),
        plan=FitPlan(
            name=plan.name, samples=plan.posterior_samples, most_points=plan.most_points, seed=plan.seed
        ),
        output_dir=folder,
        factor_language=cheaper,
        on_batch=lambda done, total: report("fitting", done, total),
        on_point=tell_point,
    )  # fmt: skip


def encode(language: LanguageModel, rows: Rows, plan: RetrainingPlan) -> list[Example]:
    """Reviewed texts as the plan reads them.

    Raises:
        DataError: none is short enough.
    """
    return encode_rows(
        rows,
        tokenizer=language.tokenizer,
        end_id=language.end_ids[0],
        max_document_tokens=plan.max_document_tokens,
        max_target_tokens=plan.max_target_tokens,
    )
