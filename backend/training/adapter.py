"""Fine-tune a LoRA adapter: `transformers.Trainer` does the loop, this file says what is learned.

In: encoded examples, a base model, a `TrainingPlan`. Out: a folder with the PEFT adapter and `training.json`.
Checkpoints in the output folder let an interrupted run go on. Knows nothing of documents' files or posteriors.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils import load_peft_weights, set_peft_model_state_dict
from torch.nn import functional
from transformers import (
    EarlyStoppingCallback,
    PreTrainedModel,
    ProgressCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from backend.errors import DataError
from backend.training.examples import IGNORED, Example, collate
from backend.training.risk import ranking_loss


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What is trained and how.

    Attributes:
        layers: indices of the transformer layers that get an adapter; None for all. Layers below the first need no
            backward pass and no tangent, in training and in every later scoring.
    """

    name: str = "adapter"
    rank: int = 8
    alpha: int = 16
    target_modules: tuple[str, ...] = ("q_proj", "v_proj")
    layers: tuple[int, ...] | None = None
    dropout: float = 0.0
    learning_rate: float = 1e-3
    epochs: float = 1.0
    batch_size: int = 8
    accumulate: int = 1
    evaluate_every: int = 50
    patience: int = 3
    seed: int = 0


def summary_loss(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Summed cross-entropy of the summary's tokens, and their number; logits only at their positions."""
    labels = batch["labels"]  # (B, S)
    keep = labels.shape[1] + 1  # the token before the first target predicts it
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask", "position_ids")}
    logits = model(**inputs, logits_to_keep=keep, use_cache=False).logits[:, -keep:-1]  # (B, S, V)
    loss = functional.cross_entropy(
        logits.flatten(0, 1).float(), labels.flatten(), ignore_index=IGNORED, reduction="sum"
    )
    return loss, (labels != IGNORED).sum()


class SummaryTrainer(Trainer):
    """Trainer whose loss is the mean over the summary's tokens, and over the documents whose candidates are ranked."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._loss_shifts_labels = False  # the first column of `collate`'s labels has a loss as well

    def _get_num_items_in_batch(self, batch_samples, device):
        """Target tokens of the micro-batches that have any; None where all are of ranked documents."""
        return super()._get_num_items_in_batch([batch for batch in batch_samples if "labels" in batch], device)

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):  # noqa: D102
        ranked = inputs.pop("ranked", [])
        loss, count = torch.zeros(()), torch.zeros(())
        if inputs:
            total, count = summary_loss(model, inputs)
            loss = total / (count if num_items_in_batch is None else num_items_in_batch)
        # what is not divided by the tokens of all micro-batches the Trainer divides by their number
        parts = 1 if num_items_in_batch is None else self.current_gradient_accumulation_steps
        for document in ranked:
            loss = loss + ranking_loss(model, **document) / (len(ranked) * parts)
        return (loss, {"count": count}) if return_outputs else loss

    def prediction_step(self, model, inputs, prediction_loss_only, ignore_keys=None):  # noqa: D102
        with torch.no_grad(), self.compute_loss_context_manager():
            loss = self.compute_loss(model, self._prepare_inputs(inputs))
        return loss.detach(), None, None


class StderrProgress(ProgressCallback):
    """The Trainer's progress bar, whose figures go to stderr, too: stdout is for what a command prints."""

    def on_log(self, args, state, control, logs=None, **kwargs):  # noqa: D102
        if state.is_world_process_zero and self.training_bar is not None:
            shown = (f"{name} {value:.4g}" for name, value in (logs or {}).items() if isinstance(value, float))
            self.training_bar.write(", ".join(shown), file=sys.stderr)


class StepReporter(TrainerCallback):
    """Tells how many optimiser steps are done, of how many; what the call raises ends the training."""

    def __init__(self, on_step: Callable[[int, int], None]) -> None:
        self._on_step = on_step

    def on_step_end(self, args, state, control, **kwargs):  # noqa: D102
        self._on_step(state.global_step, state.max_steps)

    def on_prediction_step(self, args, state, control, **kwargs):  # noqa: D102
        self._on_step(state.global_step, state.max_steps)


def add_adapter(base: PreTrainedModel, plan: TrainingPlan) -> PeftModel:
    """Base model with fresh LoRA matrices (B = 0, so that it starts as the base model)."""
    config = LoraConfig(
        r=plan.rank,
        lora_alpha=plan.alpha,
        lora_dropout=plan.dropout,
        target_modules=list(plan.target_modules),
        layers_to_transform=list(plan.layers) if plan.layers is not None else None,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(base, config)


def train_adapter(
    base: PreTrainedModel,
    *,
    train: Sequence[Example],
    validation: Sequence[Example],
    plan: TrainingPlan,
    base_id: str,
    pad_id: int,
    output_dir: Path,
    start_from: Path | None = None,
    callbacks: Sequence[TrainerCallback] = (),
) -> dict[str, object]:
    """Train, keep the step with the best validation loss, save it; an interrupted run goes on from its checkpoint.

    Args:
        base_id: what the adapter's files call the base model, instead of a folder of this machine.
        start_from: an adapter whose matrices the run starts from; matrices it lacks start at zero effect.

    Returns:
        The training record that is also written to `training.json`: plan, sizes, losses, seconds.
    """
    torch.manual_seed(plan.seed)
    model = add_adapter(base, plan)
    if start_from is not None:
        copy_matrices(model, start_from)
    checkpoints = output_dir / "checkpoints"
    trainer = SummaryTrainer(
        model=model,
        args=_arguments(plan, checkpoints),
        train_dataset=_as_features(train),
        eval_dataset=_as_features(validation),
        data_collator=partial(_collate_features, pad_id=pad_id),
        callbacks=[EarlyStoppingCallback(early_stopping_patience=plan.patience), *callbacks],
    )
    trainer.remove_callback(ProgressCallback)
    trainer.add_callback(StderrProgress)
    is_resumed = any(checkpoints.glob("checkpoint-*"))
    outcome = trainer.train(resume_from_checkpoint=is_resumed or None)
    save_adapter(model, output_dir, base_id=base_id)
    record = {
        "name": plan.name,
        "base": base_id,
        "started_from": describe_adapter(start_from) if start_from is not None else None,
        "plan": asdict(plan),
        "train_examples": len(train),
        "validation_examples": len(validation),
        "train_tokens": sum(example.length for example in train),
        "validation_loss": trainer.state.best_metric,
        "history": [entry for entry in trainer.state.log_history if "eval_loss" in entry],
        "seconds": outcome.metrics.get("train_runtime"),
        "is_resumed": is_resumed,
    }
    (output_dir / "training.json").write_text(json.dumps(record, indent=1), "utf-8")
    shutil.rmtree(checkpoints, ignore_errors=True)
    return record


def copy_matrices(model: PeftModel, adapter_dir: Path) -> None:
    """Set the matrices that an earlier adapter has; those it lacks stay as they are.

    Raises:
        DataError: not an adapter, or one of another rank, other layers or another base model.
    """
    wrong = DataError(
        "training.start_from",
        "The adapter {name} cannot be the start of this one: give the rank, layers and modules that it was trained with"
        " (more layers or modules are fine).",
        name=adapter_dir.name,
    )
    if not (adapter_dir / "adapter_model.safetensors").is_file():  # PEFT would look for it on the hub
        raise wrong
    try:
        weights = load_peft_weights(str(adapter_dir), device="cpu")
        outcome = set_peft_model_state_dict(model, weights)
    except (ValueError, RuntimeError) as error:
        raise wrong from error
    if outcome.unexpected_keys:
        raise wrong


def describe_adapter(adapter_dir: Path) -> str:
    """Name and weights' hash of an adapter, for the record of one that starts from it."""
    digest = hashlib.sha256((adapter_dir / "adapter_model.safetensors").read_bytes()).hexdigest()
    return f"{adapter_dir.resolve().name}@{digest[:12]}"


def save_adapter(model: PeftModel, output_dir: Path, *, base_id: str) -> None:
    """Write weights and configuration; PEFT's empty model card is left out."""
    model.save_pretrained(str(output_dir), safe_serialization=True)
    (output_dir / "README.md").unlink(missing_ok=True)
    # named afterwards: while it saves, PEFT would look this name up on the hub
    path = output_dir / "adapter_config.json"
    config = json.loads(path.read_text("utf-8")) | {"base_model_name_or_path": base_id}
    path.write_text(json.dumps(config, indent=2), "utf-8")


def _as_features(examples: Sequence[Example]) -> list[dict[str, object]]:
    """The Trainer groups by the length of `input_ids`; the example itself rides along."""
    return [{"input_ids": example.prompt_ids, "example": example} for example in examples]


def _collate_features(features: list[dict[str, object]], *, pad_id: int) -> dict[str, Any]:
    examples = [feature["example"] for feature in features]
    plain = [example for example in examples if len(example.candidates) < 2]
    ranked = [
        {
            "prompt_ids": torch.tensor(example.prompt_ids),
            "candidates": [torch.tensor(ids) for ids in example.candidates],
            "rewards": torch.tensor(example.rewards),
        }
        for example in examples
        if len(example.candidates) > 1
    ]
    return {**(collate(plain, pad_id=pad_id) if plain else {}), **({"ranked": ranked} if ranked else {})}


def trainer_arguments(plan: TrainingPlan, checkpoints: Path, **schedule: Any) -> TrainingArguments:
    """What every training here has in common, and the `schedule` of one: learning rate, validations, checkpoints."""
    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=plan.epochs,
        per_device_train_batch_size=plan.batch_size,
        learning_rate=plan.learning_rate,
        max_grad_norm=1.0,
        weight_decay=0.0,
        train_sampling_strategy="group_by_length",
        remove_unused_columns=False,
        label_names=["labels"],
        seed=plan.seed,
        data_seed=plan.seed,
        report_to="none",
        use_cpu=not torch.cuda.is_available(),
        dataloader_pin_memory=False,
        **schedule,
    )


def _arguments(plan: TrainingPlan, checkpoints: Path) -> TrainingArguments:
    return trainer_arguments(
        plan,
        checkpoints,
        per_device_eval_batch_size=plan.batch_size,
        gradient_accumulation_steps=plan.accumulate,
        lr_scheduler_type="cosine",
        warmup_steps=0.05,
        eval_strategy="steps",
        save_strategy="steps",
        eval_steps=plan.evaluate_every,
        save_steps=plan.evaluate_every,
        logging_steps=10,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
    )
