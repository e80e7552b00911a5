"""What a posterior costs to fit, in LoRA training epochs of the same data, and to store, at which loss of variance.

The factors are sums over training texts, estimates of a mean over all texts: `shares` tells how far the variances of
tokens go from those of all texts when the sums are over a part of them, beside what other drawn labels do to them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from backend.corpus import generate
from backend.corpus.facts import to_row
from backend.evaluation.bench import compare, time_interleaved
from backend.evaluation.bench_plan import BenchPlan, sequence
from backend.laplace.curvature import FisherSums, accumulate, batch_sums
from backend.laplace.gaussian import Posterior
from backend.laplace.posterior import build
from backend.laplace.shrink import shrink
from backend.laplace.storage import RECORD, TENSORS, pack, unpack
from backend.laplace.tangents import stacked_tangents
from backend.pipeline import DEFAULT_ADAPTER_DIR, POSTERIOR_FOLDER, SAMPLING_SEED, Summarizer
from backend.training.adapter import summary_loss
from backend.training.examples import collate, encode_rows
from backend.training.fitting import FACTOR_SHARE, default_bytes, require_gradients

COMPARED_SAMPLES = 16


def fit(summarizer: Summarizer, plan: BenchPlan) -> dict[str, Any]:
    """`fit_epochs`: Fisher sums of a batch against a training step on it (loss, backward, AdamW), same precision."""
    require_gradients(summarizer.language)
    batch = _fit_batch(summarizer, plan)
    model = summarizer.language.model
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=0.0, weight_decay=0.0)  # the step is taken, the weights stay

    def train() -> None:
        optimizer.zero_grad()
        total, count = summary_loss(model, batch)
        (total / count).backward()
        optimizer.step()

    works = {"training": train, "fitting": lambda: batch_sums(model, batch, seed=plan.seed)}
    timings = time_interleaved(works, repeats=plan.repeats)
    optimizer.zero_grad()
    ratio = compare(timings["fitting"], reference=timings["training"])
    return {
        "fit_epochs": ratio.of_medians * FACTOR_SHARE,
        "fit": {
            "share": FACTOR_SHARE,
            "whole_epochs": ratio.of_medians,
            "ratio_pairs": ratio.to_json(),
            "seconds": {name: timing.to_json() for name, timing in timings.items()},
            "sequences": plan.fit_batch,
            "sequence_tokens": plan.fit_tokens,
            "targets": plan.fit_targets,
        },
    }


def posterior(summarizer: Summarizer, plan: BenchPlan) -> dict[str, Any]:
    """`posterior_mb` of the stored posterior, and what its size costs: a full one of a few texts, cut the same way.

    The token variances of both are of the same noise, so that their difference is that of the posteriors.
    """
    folder = (plan.folder or DEFAULT_ADAPTER_DIR) / POSTERIOR_FOLDER
    require_gradients(summarizer.language)
    sums = batch_sums(summarizer.language.model, _fit_batch(summarizer, plan), seed=plan.seed)
    own = summarizer.posterior
    full = build(sums, prior_precision=own.prior_precision, share=_share(folder, sums.targets))
    cut = unpack(pack(shrink(full, most_bytes=default_bytes(summarizer.language.model))))
    batch = sequence(summarizer, tokens=plan.check_tokens, scored=plan.check_tokens // 2)
    variances = [_token_variances(summarizer, batch, of, plan) for of in (full, cut)]
    change = _change(variances[1], reference=variances[0])
    return {
        "posterior_mb": _megabytes(folder),
        "posterior_variance_change": change,
        "posterior_size": {
            "full_mb": _packed_megabytes(full),
            "cut_mb": _packed_megabytes(cut),
            "compared_tokens": len(variances[0]),
            "compared_samples": COMPARED_SAMPLES,
            "fitted_tokens": sums.targets,
        },
    }


def shares(summarizer: Summarizer, plan: BenchPlan) -> dict[str, Any]:
    """`fit_share_change`: how the token variances of a posterior of a part of the texts differ from that of all.

    Beside it the same for other labels drawn on the same half of the texts. Texts are generated, in a random order.
    """
    require_gradients(summarizer.language)
    batches = _generated_batches(summarizer, plan)
    check = sequence(summarizer, tokens=plan.check_tokens, scored=plan.check_tokens // 2)
    counts = {share: max(1, round(share * len(batches))) for share in (*plan.fit_shares, 1.0)}
    found: dict[float, torch.Tensor] = {}
    sums = FisherSums()
    for done, batch in enumerate(batches, start=1):
        sums.merge(batch_sums(summarizer.language.model, batch, seed=plan.seed))
        reached = [share for share, count in counts.items() if count == done]
        if reached:
            found |= dict.fromkeys(reached, _variances_of(summarizer, sums, check, plan))
    other = accumulate(summarizer.language.model, batches[: counts[0.5]], seed=plan.seed + 1)
    changes = {str(share): _change(found[share], reference=found[1.0]) for share in found if share < 1.0}
    return {
        "fit_share_change": changes.get(str(FACTOR_SHARE)),
        "fit_shares": {
            "change_by_share": changes,
            "change_by_other_labels": _change(_variances_of(summarizer, other, check, plan), reference=found[0.5]),
            "texts": plan.share_texts,
            "targets": sums.targets,
            "compared_tokens": len(found[1.0]),
        },
    }


def _variances_of(
    summarizer: Summarizer, sums: FisherSums, check: dict[str, torch.Tensor], plan: BenchPlan
) -> torch.Tensor:
    folder = (plan.folder or DEFAULT_ADAPTER_DIR) / POSTERIOR_FOLDER
    prior = summarizer.posterior.prior_precision
    return _token_variances(
        summarizer, check, build(sums, prior_precision=prior, share=_share(folder, sums.targets)), plan
    )


def _change(values: torch.Tensor, *, reference: torch.Tensor) -> float:
    """Mean relative difference."""
    return float(((values - reference).abs() / reference.clamp_min(1e-30)).mean())


def _generated_batches(summarizer: Summarizer, plan: BenchPlan) -> list[dict[str, torch.Tensor]]:
    language = summarizer.language
    rows = [to_row(one) for one in generate(plan.share_texts, seed=plan.seed)]
    examples = encode_rows(
        rows, tokenizer=language.tokenizer, end_id=language.end_ids[0], max_document_tokens=384, max_target_tokens=256
    )
    size = plan.fit_batch
    return [collate(examples[start : start + size], pad_id=language.pad_id) for start in range(0, len(examples), size)]


def _fit_batch(summarizer: Summarizer, plan: BenchPlan) -> dict[str, torch.Tensor]:
    batch = sequence(summarizer, tokens=plan.fit_tokens, scored=plan.fit_targets, rows=plan.fit_batch)
    positions = batch["attention_mask"].cumsum(dim=1) - 1
    return batch | {"position_ids": positions}


def _share(folder: Path, targets: int) -> float:
    """These texts' share of what the stored posterior stands for: curvature and prior then weigh as they do there."""
    if not (folder / RECORD).is_file():
        return 1.0
    record = json.loads((folder / RECORD).read_text("utf-8"))
    return min(1.0, targets * float(record.get("data_share", 1.0)) / max(int(record["target_tokens"]), 1))


def _token_variances(
    summarizer: Summarizer, batch: dict[str, torch.Tensor], of: Posterior, plan: BenchPlan
) -> torch.Tensor:
    """Variance of every scored token's logit (S,)."""
    drawn = of.sample(COMPARED_SAMPLES, generator=torch.Generator().manual_seed(SAMPLING_SEED + plan.seed))
    epsilon = summarizer.step.epsilon or 0.01
    tangents = stacked_tangents(summarizer.language.model, batch, drawn, epsilon=epsilon)[1]  # (M, 1, S, V)
    ids = batch["labels"][0][None, :, None].expand(COMPARED_SAMPLES, -1, 1)
    return tangents[:, 0].gather(2, ids)[..., 0].square().mean(dim=0)


def _megabytes(folder: Path) -> float | None:
    files = [folder / name for name in (TENSORS, RECORD)]
    return sum(file.stat().st_size for file in files) / 1e6 if all(file.is_file() for file in files) else None


def _packed_megabytes(of: Posterior) -> float:
    return sum(tensor.numel() * tensor.element_size() for tensor in pack(of).tensors.values()) / 1e6
