"""What `tashika evaluate choices` does: reads the sets, loads the base model, shows progress, prints the table.

In: settings and options. Out: the rows as JSON or as a table for a terminal. Knows nothing of how a figure is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm
from transformers import PretrainedConfig, PreTrainedTokenizerBase

from app.commands.training import parse_layers
from backend.config import Settings
from backend.errors import DataError
from backend.evaluation.bench import describe_machine, machine_to_json
from backend.evaluation.bootstrap import Interval
from backend.evaluation.choices import Bench, ChoiceRow, ChoicesPlan, run_choices
from backend.evaluation.choices_data import EncodedQuestion, Question, encode_questions, read_questions, split_questions
from backend.evaluation.choices_words import in_words
from backend.language.loading import load_base, load_language_model
from backend.laplace.labels import Fisher
from backend.pipeline import base_source
from backend.training.adapter import TrainingPlan

FOLDER = "choices"
DROPOUT = 0.1  # of the adapter while it is trained, and of MC dropout
ECE_NOTE = "ECE: from 0 where answers that are calibrated, with the same confidences, would score as much by chance."


@dataclass(frozen=True, slots=True)
class Sizes:
    """Most questions of a set for each use; 0 takes all."""

    train: int
    validation: int
    test: int


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """What can be set of the fine-tuning."""

    epochs: int
    learning_rate: float
    rank: int
    layers: str


@dataclass(frozen=True, slots=True)
class ChoicesReport:
    """The rows, and what they were made with."""

    rows: tuple[ChoiceRow, ...]
    made_with: dict[str, Any]


def evaluate(
    settings: Settings,
    *,
    train: Sequence[str],
    data: Sequence[str],
    sizes: Sizes,
    training: TrainingOptions,
    seeds: int,
    dropout_passes: int,
    fisher: Fisher,
    bootstrap_samples: int,
    folder: Path | None,
    by_words: bool,
) -> ChoicesReport:
    """Trains on every set of `train`, tests on every set of `data`."""
    files = [dict(map(parse_set, sets)) for sets in (train, data)]
    found = {path: read_questions(path) for part in files for path in part.values()}
    source = base_source(settings)
    language = load_language_model(source, base_id=settings.model, adapter_dir=None)
    if by_words:
        found = {path: in_words(language.tokenizer, questions, path=path) for path, questions in found.items()}
    trained, tested = ({name: found[path] for name, path in part.items()} for part in files)
    held_out = frozenset(question.text for questions in tested.values() for question in questions)
    plan = ChoicesPlan(
        training=_training_plan(training, language.model.config),
        seeds=seeds, dropout_passes=dropout_passes, fisher=fisher, bootstrap_samples=bootstrap_samples,
    )  # fmt: skip
    asked = {"base": settings.model, "by_words": by_words}
    rows: list[ChoiceRow] = []
    counts = {}
    with tqdm(unit="step") as bar:
        for name, questions in trained.items():
            parts = split_parts(language.tokenizer, name, questions, sizes=sizes, held_out=held_out)
            bench = Bench(
                name=name,
                train=parts[0],
                validation=parts[1],
                tests={
                    one: encode_questions(language.tokenizer, _most(rest, sizes.test)) for one, rest in tested.items()
                },
                load_base=lambda dtype: load_base(source, dtype=dtype),
                base_id=settings.model,
                pad_id=language.pad_id,
                folder=folder or settings.data / FOLDER,
                on_progress=_shown_on(bar),
            )
            rows += run_choices(bench, plan)
            counts[name] = {"train": len(bench.train), "validation": len(bench.validation)}
    return ChoicesReport(tuple(rows), {**asked, "plan": asdict(plan), "questions": counts})


def parse_set(text: str) -> tuple[str, Path]:
    """'NAME=FILE' → name and path."""
    name, separator, file = text.partition("=")
    if not separator or not file or not name.replace("-", "").replace("_", "").isalnum():
        raise DataError(
            "evaluation.set_name",
            "{text} is no set: write NAME=FILE, with a name of letters, digits, - and _.",
            text=text[:200],
        )
    return name, Path(file)


def split_parts(
    tokenizer: PreTrainedTokenizerBase,
    name: str,
    questions: Sequence[Question],
    *,
    sizes: Sizes,
    held_out: frozenset[str],
) -> tuple[list[EncodedQuestion], list[EncodedQuestion]]:
    """Training and validation questions of a set, at most as many of the latter as of the former.

    Raises:
        DataError: one of the two parts is empty.
    """
    train, validation = split_questions(questions, held_out=held_out)
    train = _most(train, sizes.train)
    validation = _most(_most(validation, sizes.validation), len(train))
    if not train or not validation:
        raise DataError(
            "evaluation.few_questions",
            "The set {name} has too few questions that are in no test set: some to train on and some to validate "
            "on are needed.",
            name=name,
        )
    return encode_questions(tokenizer, train), encode_questions(tokenizer, validation)


def _most(questions: Sequence[Question], limit: int) -> list[Question]:
    return list(questions[:limit] if limit else questions)


def _training_plan(options: TrainingOptions, config: PretrainedConfig) -> TrainingPlan:
    count = config.num_hidden_layers
    return TrainingPlan(
        name=FOLDER,
        rank=options.rank,
        alpha=2 * options.rank,
        layers=parse_layers(options.layers) or tuple(range(count // 3, count)),
        dropout=DROPOUT,
        learning_rate=options.learning_rate,
        epochs=options.epochs,
    )


def _shown_on(bar: tqdm) -> Callable[[str, int, int], None]:
    def show(stage: str, done: int, total: int) -> None:
        if bar.desc != f"{stage}: ":
            bar.reset(total=total)
            bar.set_description(stage)
        bar.n = done
        bar.refresh()

    return show


def report_json(report: ChoicesReport) -> dict[str, Any]:
    """The rows with what they were made with, and the machine."""
    rows = [row.to_json() for row in report.rows]
    return {"rows": rows, "made_with": report.made_with, "machine": machine_to_json(describe_machine())}


def describe(rows: Sequence[ChoiceRow]) -> str:
    """Means over seeds, a block for each pair of sets; 95 % intervals over questions, and a note on the ECE."""
    lines: list[str] = []
    for row in rows:
        if row.seed is not None:
            continue
        title = f"{row.train} > {row.test} ({row.questions} questions)"
        if title not in lines:
            lines += ["", title]
        over = row.figures.nll_minus["temperature"]
        lines.append(
            f"  {row.method:<20} ACC {_shown(row.figures.acc)}  ECE {_shown(row.figures.ece)}  "
            f"NLL {_shown(row.figures.nll)}  against temperature {over.mid:+.3f} [{over.low:+.3f}, {over.high:+.3f}]"
        )
    return "\n".join([*lines[1:], "", ECE_NOTE])


def _shown(interval: Interval) -> str:
    return f"{interval.mid:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
