"""Fine-tune one LoRA adapter on multiple-choice questions, keeping the state after every epoch.

In: encoded questions and a `TrainingPlan`. Out: a folder of PEFT checkpoints, one an epoch. The loss is the
cross-entropy of the softmax over a question's own answers; there is no early stopping, so that what the methods have to
mend is a model as small data leave it. `transformers.Trainer` does the loop; an interrupted run goes on from its last
epoch. Knows nothing of posteriors.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel, PrinterCallback, Trainer

from backend.evaluation.choices_data import EncodedQuestion, collate_questions
from backend.laplace.labels import target_logits
from backend.training.adapter import StepReporter, TrainingPlan, add_adapter, trainer_arguments

DONE = "done.json"
ABSENT = -1e4  # logit of an answer that a question does not have


def class_logits(logits: Tensor, class_ids: Tensor) -> Tensor:
    """Logits (B, C) of the answers from those of the vocabulary (B, V); `ABSENT` where `class_ids` (B, C) is −1."""
    return logits.gather(1, class_ids.clamp_min(0)).masked_fill(class_ids < 0, ABSENT)


class ChoiceTrainer(Trainer):
    """Trainer whose loss is the mean cross-entropy over the answers of each question."""

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):  # noqa: D102
        logits = target_logits(model, inputs)[0][:, 0]  # (B, V)
        loss = functional.cross_entropy(class_logits(logits, inputs["class_ids"]), inputs["right"])
        return (loss, {}) if return_outputs else loss


def train_member(
    load_base: Callable[[], PreTrainedModel],
    questions: Sequence[EncodedQuestion],
    *,
    plan: TrainingPlan,
    pad_id: int,
    folder: Path,
    on_step: Callable[[int, int], None] = lambda done, total: None,
) -> list[Path]:
    """Train, unless the folder holds the finished run already.

    Returns:
        the adapters' folders after each epoch, the last one being the MAP estimate.
    """
    if not (folder / DONE).is_file():
        torch.manual_seed(plan.seed)
        trainer = ChoiceTrainer(
            model=add_adapter(load_base(), plan),
            args=trainer_arguments(
                plan,
                folder,
                lr_scheduler_type="linear",
                save_strategy="epoch",
                logging_strategy="no",
                disable_tqdm=True,
            ),
            train_dataset=[{"input_ids": one.prompt_ids, "question": one} for one in questions],
            data_collator=partial(_collate, pad_id=pad_id),
            callbacks=[StepReporter(on_step)],
        )
        trainer.remove_callback(PrinterCallback)
        is_resumed = any(folder.glob("checkpoint-*"))
        outcome = trainer.train(resume_from_checkpoint=is_resumed or None)
        record = {"plan": asdict(plan), "questions": len(questions), "loss": outcome.training_loss}
        (folder / DONE).write_text(json.dumps(record, indent=1), "utf-8")
    return sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))


def _collate(features: list[dict[str, object]], *, pad_id: int) -> dict[str, Tensor]:
    return collate_questions([feature["question"] for feature in features], pad_id=pad_id)
