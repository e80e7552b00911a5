"""What a fine-tuned model says of questions, in the form that all methods need: logits of the answers, and J Σ Jᵀ.

In: a PEFT model in evaluation mode and encoded questions. Out: arrays over (N questions, C answers), an answer that a
question does not have at a logit of −10⁴ with no variance. The covariances are exact: one backward pass an answer
gives the Jacobian's rows, for every prior precision at once. Finished ones are kept in files. Knows no method.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from torch import Tensor

from backend.evaluation.choices_data import EncodedQuestion, question_batches
from backend.evaluation.choices_training import ABSENT, class_logits
from backend.laplace.curvature import FisherSums, batch_sums
from backend.laplace.labels import Fisher, target_logits
from backend.laplace.posterior import Posterior
from backend.laplace.predictive import jacobian_rows

Outputs = dict[str, Tensor]
OnQuestions = Callable[[int, int], None]


def kept(path: Path, compute: Callable[[], Outputs]) -> Outputs:
    """The arrays in a file, computed and written where there is none yet."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        save_file({name: value.contiguous() for name, value in compute().items()}, str(unfinished))
        unfinished.replace(path)
    return load_file(str(path))


def map_logits(
    model: PeftModel, questions: Sequence[EncodedQuestion], *, size: int, pad_id: int, on_questions: OnQuestions
) -> Tensor:
    """Logits (N, C) at the weights that the model holds, float64."""
    found = _blank(questions)
    done = 0
    for indices, batch in question_batches(questions, size=size, pad_id=pad_id):
        with torch.no_grad():
            logits = class_logits(target_logits(model, batch)[0][:, 0], batch["class_ids"])
        found[indices, : logits.shape[1]] = logits.cpu().double()
        done += len(indices)
        on_questions(done, len(questions))
    return found


def dropout_logits(
    model: PeftModel,
    questions: Sequence[EncodedQuestion],
    *,
    passes: int,
    seed: int,
    size: int,
    pad_id: int,
    on_questions: OnQuestions,
) -> Tensor:
    """Logits (K, N, C) of K passes with the adapter's dropout on (Gal & Ghahramani 2016, arXiv 1506.02142)."""
    found = []
    with dropout_in(model), torch.random.fork_rng():
        torch.manual_seed(seed)
        for number in range(passes):

            def tell(done: int, total: int, before: int = number * len(questions)) -> None:
                on_questions(before + done, passes * total)

            found.append(map_logits(model, questions, size=size, pad_id=pad_id, on_questions=tell))
    return torch.stack(found)


@contextmanager
def dropout_in(model: PeftModel) -> Iterator[None]:
    """Let the adapter's dropout, and nothing else, act while active."""
    layers = [module for name, module in model.named_modules() if "lora_dropout." in name]
    for layer in layers:
        layer.train()
    try:
        yield
    finally:
        for layer in layers:
            layer.eval()


def sum_fisher(
    model: PeftModel,
    questions: Sequence[EncodedQuestion],
    *,
    fisher: Fisher,
    seed: int,
    size: int,
    pad_id: int,
    on_questions: OnQuestions,
) -> FisherSums:
    """Fisher of the softmax over each question's answers, summed over the training questions."""
    sums = FisherSums()
    for _, batch in question_batches(questions, size=size, pad_id=pad_id):
        sums.merge(batch_sums(model, batch, fisher=fisher, seed=seed))
        on_questions(sums.sequences, len(questions))
    return sums


def laplace_outputs(
    model: PeftModel,
    questions: Sequence[EncodedQuestion],
    posteriors: Mapping[str, tuple[Posterior, Sequence[float]]],
    *,
    size: int,
    pad_id: int,
    on_questions: OnQuestions,
) -> Outputs:
    """`logits` (N, C), and for each named posterior J Σ Jᵀ (L, N, C, C) at its L prior precisions, float64."""
    count = _blank(questions).shape[1]
    found = {"logits": _blank(questions)}
    for name, (_, priors) in posteriors.items():
        found[name] = torch.zeros(len(priors), len(questions), count, count, dtype=torch.float64)
    done = 0
    for indices, batch in question_batches(questions, size=size, pad_id=pad_id):
        logits, rows = jacobian_rows(model, batch, batch["class_ids"])
        classes = logits.shape[1]
        found["logits"][indices, :classes] = logits.cpu().double()
        for name, (posterior, priors) in posteriors.items():
            found[name][:, indices, :classes, :classes] = posterior.covariance_at(rows, priors)
        done += len(indices)
        on_questions(done, len(questions))
    return found


def _blank(questions: Sequence[EncodedQuestion]) -> Tensor:
    count = max(len(question.class_ids) for question in questions)
    return torch.full((len(questions), count), ABSENT, dtype=torch.float64)
