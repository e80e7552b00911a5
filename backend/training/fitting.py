"""Fit the posterior of an adapter: factors on training rows, prior precision on validation rows, one folder out.

In: a loaded language model and encoded examples. Out: `posterior.safetensors` and `posterior.json`. A posterior that
predicts held-out tokens worse than the MAP weights alone is not written. Knows nothing of files of documents.
"""

from __future__ import annotations

import hashlib
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch
from peft import PeftModel

from backend.errors import ModelError
from backend.language.loading import LanguageModel
from backend.laplace.curvature import Batch, FisherSums, batch_sums
from backend.laplace.evidence import maximise_evidence
from backend.laplace.lora import find_pairs, parameter_count, squared_norm, squared_norms
from backend.laplace.posterior import Posterior, build
from backend.laplace.prior import HeldOut, PriorChoice, choose_prior, weighted_norm
from backend.laplace.scores import draw_deviations
from backend.laplace.shrink import shrink
from backend.laplace.step import Step, check_step
from backend.laplace.storage import PackedPosterior, pack, save, unpack
from backend.training.examples import Example, collate

FACTOR_SHARE = 0.25  # of the training pairs; `tashika bench laplace --part shares` tells what that does to variances
LEAST_EXAMPLES = 64
LEAST_BYTES = 5_800_000  # of a stored posterior; the default adapter's is within 1 % of the whole one's variances
BYTES_BY_ADAPTER = 1.47  # of a larger adapter's posterior, by the adapter's own in float32
TEMPERATURES = (0.94, 0.96, 0.98, 1.0, 1.03, 1.1, 1.2)  # fine where an adapter that is hardly over-confident lies


@dataclass(frozen=True, slots=True)
class FitPlan:
    """How a posterior is fitted.

    Attributes:
        rank: eigenvectors kept of each Kronecker factor; 0 keeps all.
        factor_examples: training pairs that the factors are summed over, chosen by the seed; 0 takes all, None
            `FACTOR_SHARE` of them but not under `LEAST_EXAMPLES`. F is scaled up by their share of target tokens.
        samples: K of the held-out predictive that chooses the prior precision.
        start: prior precision to begin with; P/‖θ*‖² by default.
        most_points: prior precisions that are tried at most.
        temperatures: of the predictive, tried at every one of them.
        most_bytes: of the stored posterior, whose least important eigenvectors are left out; None: `default_bytes`.
    """

    name: str = "posterior"
    rank: int = 64
    factor_examples: int | None = None
    batch_size: int = 4
    samples: int = 8
    start: float | None = None
    most_points: int = 9
    temperatures: tuple[float, ...] = TEMPERATURES
    most_bytes: int | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class FitReport:
    """Held-out figures of a fitted posterior beside MAP and MAP with the temperature best on the same tokens."""

    choice: PriorChoice
    record: dict[str, object]


def default_bytes(model: PeftModel) -> int:
    """How large a stored posterior of this adapter may be, in bytes."""
    return max(LEAST_BYTES, round(BYTES_BY_ADAPTER * 4 * parameter_count(find_pairs(model))))


def fit_posterior(
    language: LanguageModel,
    *,
    train: Sequence[Example],
    validation: Sequence[Example],
    plan: FitPlan,
    output_dir: Path,
    factor_language: LanguageModel | None = None,
    on_batch: Callable[[int, int], None] = lambda done, total: None,
    on_point: Callable[[HeldOut], None] = lambda point: None,
) -> FitReport:
    """Fit, choose λ, write.

    Args:
        factor_language: the same model in a cheaper precision, for the factors alone; `language` by default.
        on_batch: told batches done and their number while the factors are summed.
        on_point: told each prior precision that was tried.

    Raises:
        ModelError: no prior precision predicts held-out tokens as well as the MAP weights.
    """
    started = time.perf_counter()
    chosen = choose_examples(train, count=plan.factor_examples, seed=plan.seed)
    sums = sum_factors(factor_language or language, chosen, plan=plan, on_batch=on_batch)
    fit_seconds = time.perf_counter() - started
    share = target_tokens(chosen) / target_tokens(train)
    packed = pack(build(sums, prior_precision=1.0, rank=plan.rank or None, share=share))
    held_out = list(batches_of(validation, size=plan.batch_size, pad_id=language.pad_id))
    choice = choose_prior(
        language.model,
        unpack(packed),
        held_out,
        samples=plan.samples,
        seed=plan.seed,
        start=plan.start,
        most_points=plan.most_points,
        temperatures=plan.temperatures,
        on_point=on_point,
    )
    if choice.is_worse_than_map:
        raise ModelError(
            "laplace.worse_than_map",
            "No posterior was published: at the best prior precision {prior:.3g} held-out tokens cost "
            "{nll:.4f} nats, with the adapter alone {map_nll:.4f}. Train longer, or fit on more documents.",
            prior=choice.best.prior_precision,
            nll=choice.best.nll_nats,
            map_nll=choice.map.nll_nats,
        )
    posterior = unpack(packed).with_prior(choice.best.prior_precision)
    record = _record(language, sums, plan, choice, train=train, seconds=fit_seconds) | {"data_share": share}
    record |= curve_record(language, posterior, choice)
    published = pack(shrink(posterior, most_bytes=plan.most_bytes or default_bytes(language.model)))
    record["name"] = f"{plan.name}@{identify(published, choice.best)}"
    record["tangents"] = _check_tangents(language, unpack(published), held_out[0], plan).to_json()
    save(published, output_dir, record=record)
    return FitReport(choice, record)


def choose_examples(examples: Sequence[Example], *, count: int | None, seed: int) -> list[Example]:
    """`count` of the examples at random without repetition; all for 0, a share of them for None (see `FitPlan`)."""
    if count is None:
        count = max(LEAST_EXAMPLES, math.ceil(FACTOR_SHARE * len(examples)))
    if not 0 < count < len(examples):
        return list(examples)
    return random.Random(seed).sample(list(examples), count)


def target_tokens(examples: Sequence[Example]) -> int:
    """Tokens with a loss."""
    return sum(len(example.target_ids) for example in examples)


def sum_factors(
    language: LanguageModel,
    examples: Sequence[Example],
    *,
    plan: FitPlan,
    on_batch: Callable[[int, int], None] = lambda done, total: None,
) -> FisherSums:
    """Fisher sums of the examples, batch by batch."""
    require_gradients(language)
    batches = list(batches_of(examples, size=plan.batch_size, pad_id=language.pad_id))
    sums = FisherSums()
    for done, batch in enumerate(batches, start=1):
        sums.merge(batch_sums(language.model, batch, seed=plan.seed))
        on_batch(done, len(batches))
    return sums


def batches_of(examples: Sequence[Example], *, size: int, pad_id: int) -> Iterator[Batch]:
    """Batches of examples of like length (less padding); the sums do not depend on how they are grouped."""
    ordered = sorted(examples, key=lambda example: example.length)
    for start in range(0, len(ordered), size):
        yield collate(ordered[start : start + size], pad_id=pad_id)


def identify(published: PackedPosterior, chosen: HeldOut) -> str:
    """Twelve digits of all that scores depend on: the tensors and their structure, λ and the temperature."""
    digest = hashlib.sha256(repr((chosen.prior_precision, chosen.temperature, published.structure)).encode())
    for name, tensor in sorted(published.tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:12]


def require_gradients(language: LanguageModel) -> None:
    """Let the LoRA matrices, and nothing else, take gradients."""
    language.model.requires_grad_(False)
    for pair in find_pairs(language.model):
        pair.matrix_a.requires_grad_(True)
        pair.matrix_b.requires_grad_(True)


def fingerprint(examples: Sequence[Example]) -> str:
    """Content hash of encoded data, whatever its order."""
    digests = sorted(hashlib.sha256(repr((e.prompt_ids, e.target_ids)).encode()).hexdigest() for e in examples)
    return hashlib.sha256("".join(digests).encode()).hexdigest()[:16]


def _record(
    language: LanguageModel,
    sums: FisherSums,
    plan: FitPlan,
    choice: PriorChoice,
    *,
    train: Sequence[Example],
    seconds: float,
) -> dict[str, object]:
    pairs = find_pairs(language.model)
    return {
        "base": language.base_id,
        "adapter": language.adapter_id,
        "fisher": "true",
        "rank": plan.rank,
        "seed": plan.seed,
        "samples": plan.samples,
        "documents": sums.sequences,
        "positions": sums.positions,
        "target_tokens": sums.targets,
        "parameters": parameter_count(pairs),
        "squared_norm": squared_norm(pairs),
        "data": fingerprint(train),
        "fit_seconds": round(seconds, 1),
        "held_out_tokens": len(choice.map.hits),
        "map_nll_nats": choice.map.nll_nats,
        "map_tempered": {"temperature": choice.map_tempered.temperature, "nll_nats": choice.map_tempered.nll_nats},
        "prior_precision": choice.best.prior_precision,
        "nll_nats": choice.best.nll_nats,
        "temperature": choice.best.temperature,
        "versions": {name: version(name) for name in ("torch", "transformers", "peft")},
    }


def curve_record(language: LanguageModel, posterior: Posterior, choice: PriorChoice) -> dict[str, object]:
    """Every λ that was tried: held-out NLL at T = 1 and at the best T, and the evidence up to a constant.

    The evidence is written down to show where it would have gone; nothing is chosen by it.
    """
    pairs = find_pairs(language.model)
    norm = weighted_norm(language.model, posterior)
    return {
        "curve": [
            {
                "prior_precision": point.prior_precision,
                "nll_nats": point.nll_nats,
                "temperature": point.temperature,
                "plain_nll_nats": point.plain_nll_nats,
                "evidence_nats": posterior.with_prior(point.prior_precision).evidence(
                    log_likelihood=0.0, squared_norm=norm
                ),
            }
            for point in choice.curve
        ],
        "evidence_prior_precision": maximise_evidence(posterior, squared_norms(pairs)),
    }


def _check_tangents(language: LanguageModel, posterior: Posterior, batch: Batch, plan: FitPlan) -> Step:
    """The step of the differences that scoring will use, against one exact tangent on a held-out text."""
    first = {name: value[:1] for name, value in batch.items()}
    return check_step(language.model, first, draw_deviations(posterior, samples=2, seed=plan.seed))
