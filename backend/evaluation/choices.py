"""The multiple-choice table of the Laplace-LoRA paper (arXiv 2308.13111), at the size of any base model.

In: encoded questions to train, validate and test on, and a `ChoicesPlan`. Out: `ChoiceRow`s of accuracy, ECE and NLL
for every method of `choices_methods`, test set and seed, and their means over seeds. Every trained model, and what it
says of every set, is kept in a folder named after what it depends on, so that a run that was stopped goes on.

A seed's deep ensemble is its own model and the next ones: S seeds train S + ensemble − 1 models. Knows no file format.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from peft import PeftModel
from transformers import PreTrainedModel

from backend.evaluation.choices_data import EncodedQuestion, fingerprint_questions
from backend.evaluation.choices_figures import Figures, figures_of, losses_of
from backend.evaluation.choices_methods import KRON, LAST_LAYER, PRIORS, Answers, Predicted, predict_all
from backend.evaluation.choices_outputs import dropout_logits, kept, laplace_outputs, map_logits, sum_fisher
from backend.evaluation.choices_training import train_member
from backend.language.number_format import fastest_dtype
from backend.laplace.curvature import FisherSums
from backend.laplace.evidence import maximise_evidence
from backend.laplace.labels import Fisher
from backend.laplace.lora import find_pairs, squared_norms
from backend.laplace.posterior import Posterior, build
from backend.training.adapter import TrainingPlan, add_adapter, copy_matrices

OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class ChoicesPlan:
    """How models are trained and judged.

    Attributes:
        training: of each model; its seed is replaced.
        seeds: results are made for seeds 0 … seeds−1.
        ensemble: models of a deep ensemble. checkpoints: last epochs of a checkpoint ensemble.
        dropout_passes: of MC dropout.
        samples: draws of the answers' logits from their exact covariance.
        fisher: "exact" costs a backward pass an answer, "true" one in all.
        bootstrap_samples: resamples of the questions.
        batch_size: questions at once while models are judged.
    """

    training: TrainingPlan
    seeds: int = 2
    ensemble: int = 3
    checkpoints: int = 3
    dropout_passes: int = 5
    samples: int = 2000
    fisher: Fisher = "true"
    bootstrap_samples: int = 2000
    batch_size: int = 8


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """One line of the table; `seed` is None where the figures are means over seeds."""

    train: str
    test: str
    method: str
    seed: int | None
    questions: int
    figures: Figures
    chosen: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Plain values: each figure, and its interval beside it."""
        named = {"acc": self.figures.acc, "ece": self.figures.ece, "nll": self.figures.nll}
        return {
            **{"train": self.train, "test": self.test, "method": self.method, "seed": self.seed},
            **{name: interval.mid for name, interval in named.items()},
            **{f"{name}_interval": _bounds(interval.to_json()) for name, interval in named.items()},
            **{f"nll_minus_{name}": interval.to_json() for name, interval in self.figures.nll_minus.items()},
            "questions": self.questions,
            "chosen": dict(self.chosen),
        }


@dataclass(frozen=True)
class Bench:
    """One training set: its questions, the test sets, how to load the base model, and where results are kept.

    Attributes:
        load_base: dtype → a fresh base model.
        base_id: names it in the key of what is kept.
    """

    name: str
    train: Sequence[EncodedQuestion]
    validation: Sequence[EncodedQuestion]
    tests: Mapping[str, Sequence[EncodedQuestion]]
    load_base: Callable[[torch.dtype], PreTrainedModel]
    base_id: str
    pad_id: int
    folder: Path
    on_progress: OnProgress = lambda stage, done, total: None
    training_dtype: torch.dtype = field(default_factory=fastest_dtype)

    def told(self, stage: str) -> Callable[[int, int], None]:
        """What a stage reports its progress to."""
        return lambda done, total: self.on_progress(f"{self.name}: {stage}", done, total)


def run_choices(bench: Bench, plan: ChoicesPlan) -> list[ChoiceRow]:
    """All rows of one training set: each seed's, then the means over seeds."""
    root = bench.folder / _key(bench, plan)
    members = [_train(bench, plan, seed, root) for seed in range(plan.seeds + plan.ensemble - 1)]
    model = add_adapter(bench.load_base(torch.float32), plan.training).eval()
    predicted: dict[str, list[dict[str, Predicted]]] = {name: [] for name in bench.tests}
    for seed in range(plan.seeds):
        for name, found in _predict(bench, plan, model, members[seed : seed + plan.ensemble], seed, root):
            predicted[name].append(found)
    return [row for name, by_seed in predicted.items() for row in rows_of(bench, plan, name, by_seed)]


def rows_of(bench: Bench, plan: ChoicesPlan, test: str, by_seed: Sequence[Mapping[str, Predicted]]) -> list[ChoiceRow]:
    """Rows of one test set, of each seed and of their mean."""
    right = np.array([question.right for question in bench.tests[test]])
    stacked = {
        method: np.stack([found[method].probabilities.numpy() for found in by_seed]) for method in by_seed[0]
    }  # (S, N, C)
    rivals = {method: losses_of(stacked[method], right) for method in ("map", "temperature")}
    parts = [(seed, slice(seed, seed + 1)) for seed in range(len(by_seed))] + [(None, slice(None))]
    rows = []
    for seed, part in parts:
        others = {name: losses[part] for name, losses in rivals.items()}
        for method, probabilities in stacked.items():
            figures = figures_of(
                probabilities[part], right, others=others, bootstrap_samples=plan.bootstrap_samples, seed=0
            )
            chosen = by_seed[seed][method].chosen if seed is not None else {}
            rows.append(ChoiceRow(bench.name, test, method, seed, right.size, figures, chosen))
    return rows


def _train(bench: Bench, plan: ChoicesPlan, seed: int, root: Path) -> list[Path]:
    return train_member(
        lambda: bench.load_base(bench.training_dtype),
        bench.train,
        plan=replace(plan.training, seed=seed),
        pad_id=bench.pad_id,
        folder=root / f"model-{seed}",
        on_step=bench.told(f"model {seed}, training"),
    )


def _predict(
    bench: Bench, plan: ChoicesPlan, model: PeftModel, members: Sequence[Sequence[Path]], seed: int, root: Path
) -> Iterator[tuple[str, dict[str, Predicted]]]:
    """Name of each test set, and all methods' probabilities on it by one seed's model."""
    copy_matrices(model, members[0][-1])
    folder = root / f"judged-{seed}-{plan.fisher}"
    judge = _Judge(bench, plan, model, seed, folder)
    validation = Answers(**judge.answers("validation", bench.validation))
    for name, questions in bench.tests.items():
        found = judge.answers(name, questions)
        ensembles = {"mc-dropout": judge.dropout(name, questions)}
        for method, adapters in (
            ("checkpoints", members[0][-plan.checkpoints :]),
            ("deep-ensemble", [member[-1] for member in members]),
        ):
            ensembles[method] = torch.stack([_logits_of(bench, plan, model, one, name, root) for one in adapters])
        copy_matrices(model, members[0][-1])
        test = Answers(**found, members=ensembles)
        yield (
            name,
            predict_all(validation, test, evidence_prior=judge.evidence_prior(), samples=plan.samples, seed=seed),
        )


def _logits_of(bench: Bench, plan: ChoicesPlan, model: PeftModel, adapter: Path, name: str, root: Path) -> torch.Tensor:
    """Logits of one adapter on a test set; leaves the model with its matrices."""
    questions = bench.tests[name]
    path = root / "logits" / f"{adapter.parent.name}-{adapter.name}-{fingerprint_questions(questions)}.safetensors"

    def compute() -> dict[str, torch.Tensor]:
        copy_matrices(model, adapter)
        told = bench.told(f"{adapter.parent.name} {adapter.name} on {name}")
        return {"logits": map_logits(model, questions, size=plan.batch_size, pad_id=bench.pad_id, on_questions=told)}

    return kept(path, compute)["logits"]


class _Judge:
    """One seed's model with its posteriors, which are fitted when something is not in the folder yet."""

    def __init__(self, bench: Bench, plan: ChoicesPlan, model: PeftModel, seed: int, folder: Path) -> None:
        self._bench, self._plan, self._model, self._seed, self._folder = bench, plan, model, seed, folder
        self._sums: FisherSums | None = None
        self._kron: Posterior | None = None

    def answers(self, name: str, questions: Sequence[EncodedQuestion]) -> dict[str, object]:
        """Arguments of `Answers` for a set of questions."""

        def compute() -> dict[str, torch.Tensor]:
            return laplace_outputs(self._model, questions, self._posteriors(), **self._options(f"Jacobian on {name}"))

        arrays = kept(self._path("jacobian", questions), compute)
        logits = arrays.pop("logits")
        right = torch.tensor([question.right for question in questions])
        return {"logits": logits, "right": right, "covariances": arrays}

    def dropout(self, name: str, questions: Sequence[EncodedQuestion]) -> torch.Tensor:
        """Logits (K, N, C) under dropout."""
        passes = self._plan.dropout_passes
        options = {**self._options(f"dropout on {name}"), "passes": passes, "seed": self._seed}
        path = self._path(f"dropout-{passes}", questions)
        return kept(path, lambda: {"logits": dropout_logits(self._model, questions, **options)})["logits"]

    def evidence_prior(self) -> float:
        """λ by the evidence."""
        path = self._folder / "evidence.safetensors"
        return float(kept(path, lambda: {"prior": self._evidence()[None]})["prior"][0])

    def _posteriors(self) -> dict[str, tuple[Posterior, tuple[float, ...]]]:
        last = build(self._fisher(), prior_precision=1.0, structure=LAST_LAYER)
        return {KRON: (self._posterior(), (*PRIORS, self.evidence_prior())), LAST_LAYER: (last, PRIORS)}

    def _posterior(self) -> Posterior:
        if self._kron is None:
            self._kron = build(self._fisher(), prior_precision=1.0)
        return self._kron

    def _evidence(self) -> torch.Tensor:
        norms = squared_norms(find_pairs(self._model))
        return torch.tensor(maximise_evidence(self._posterior(), norms), dtype=torch.float64)

    def _fisher(self) -> FisherSums:
        if self._sums is None:
            options = {**self._options("Fisher"), "fisher": self._plan.fisher, "seed": self._seed}
            self._sums = sum_fisher(self._model, self._bench.train, **options)
        return self._sums

    def _options(self, stage: str) -> dict[str, object]:
        return {
            "size": self._plan.batch_size,
            "pad_id": self._bench.pad_id,
            "on_questions": self._bench.told(f"seed {self._seed}, {stage}"),
        }

    def _path(self, kind: str, questions: Sequence[EncodedQuestion]) -> Path:
        return self._folder / f"{kind}-{fingerprint_questions(questions)}.safetensors"


def _key(bench: Bench, plan: ChoicesPlan) -> str:
    """What trained models depend on, as a folder's name."""
    content = [bench.base_id, str(bench.training_dtype), asdict(replace(plan.training, seed=0))]
    digest = hashlib.sha256(json.dumps([*content, fingerprint_questions(bench.train)]).encode()).hexdigest()
    return f"{bench.name}-{digest[:12]}"


def _bounds(interval: Sequence[float | None]) -> list[float | None]:
    return [interval[0], interval[2]]
