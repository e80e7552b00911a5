"""Laplace's signals of one summary under other priors, of other matrices and with more samples than the default.

The posterior is a product of Gaussians, one a matrix, and a tangent is linear in the deviation. So the tangents along
the parts of a draw (attention or the rest, earlier or later layers) add up to those of any choice of parts, and parts
of different draws put together are a draw as well: many samples for the tangents of a few.

In: a `Summarizer`, a document, token ids. Out: name → one number a token; `laplace_<variant>_…`, and the signals of a
single pass. Knows nothing of what is wrong in a summary.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from backend.documents import Document
from backend.evaluation.signals import SignalPlan, SignalReader, Signals, rounded
from backend.evaluation.signals_sampling import columns_of, linearised_samples, mirrored, spread_of
from backend.laplace.labels import Batch
from backend.laplace.scores import draw_deviations
from backend.laplace.step import take_tangents
from backend.pipeline import Summarizer, batch_of

VERSION = 1  # of the variants' meaning: a change makes kept ones unusable
SHIPPED, MANY = "shipped", "many_samples"
MANY_SAMPLES = 64
ATTENTION = frozenset({"q_proj", "k_proj", "v_proj", "o_proj", "qkv_proj"})
COLUMNS = ("mutual_information", "logit_variance", "logit_deviation_over_margin", "log_p_deviation")
PARTS = ("attention_early", "attention_late", "mlp_early", "mlp_late")
#: Which parts of the posterior the variants have.
CHOICES = {
    SHIPPED: PARTS,
    "attention": PARTS[:2],
    "mlp": PARTS[2:],
    "early_layers": PARTS[::2],
    "late_layers": PARTS[1::2],
}


class VariantReader:
    """Reads the variants of one model, adapter and posterior; draws the samples of the weights once."""

    def __init__(self, summarizer: Summarizer, *, priors: Sequence[float], samples: int = 8, seed: int = 0) -> None:
        """`priors`: precisions beside the posterior's own; `samples`: K of all variants but `MANY`."""
        self.summarizer = summarizer
        self._single = SignalReader(summarizer, SignalPlan(samples=0, dropout_samples=0))
        self._settings = (list(priors), samples, seed)
        own = draw_deviations(summarizer.posterior, samples=samples, seed=seed)
        self._parts = {part: _only(own, part) for part in PARTS}
        self._priors = {
            prior_name(prior): draw_deviations(summarizer.posterior.with_prior(prior), samples=samples, seed=seed)
            for prior in priors
        }

    @property
    def names(self) -> list[str]:
        """Of all variants."""
        return [*CHOICES, MANY, *self._priors]

    @property
    def fingerprint(self) -> str:
        """What decides the signals of a document."""
        parts = [VERSION, self._single.fingerprint, *self._settings]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

    def read(self, document: Document, ids: Sequence[int]) -> Signals:
        """Signals of the tokens `ids` as a summary of the document."""
        found = self._single.read(document, ids)
        batch = batch_of(self.summarizer.read(document).prompt.ids, ids)
        tokens, margin = batch["labels"][0], torch.tensor(found["margin"])
        for name, samples in self._samples(batch):
            spread = spread_of((sample / self.summarizer.temperature for sample in samples), tokens)
            columns = columns_of(spread, margin)
            found |= rounded({f"laplace_{name}_{column}": columns[column] for column in COLUMNS})
        return found

    def _samples(self, batch: Batch) -> Iterator[tuple[str, Iterator[Tensor]]]:
        model = self.summarizer.language.model
        together = {name: torch.cat([drawn[name] for drawn in self._parts.values()]) for name in self._parts[PARTS[0]]}
        found, stacked = take_tangents(model, batch, together, self.summarizer.step)
        logits, tangents = found[0], dict(zip(self._parts, stacked[:, 0].chunk(len(PARTS)), strict=True))
        for name, choice in CHOICES.items():
            yield name, mirrored(logits, sum(tangents[part] for part in choice))
        yield MANY, _put_together(logits, tangents)
        for name, drawn in self._priors.items():
            yield name, linearised_samples(model, batch, drawn, step=self.summarizer.step)


def prior_name(prior: float) -> str:
    """The variant's name of a prior precision."""
    return f"prior_{prior:g}"


def part_of(name: str, *, middle: float) -> str:
    """The part of `PARTS` that a LoRA matrix belongs to; layers from `middle` on are late."""
    kind = "attention" if ATTENTION & set(name.split(".")) else "mlp"
    return f"{kind}_{'early' if _layer(name) < middle else 'late'}"


def _only(drawn: Mapping[str, Tensor], part: str) -> dict[str, Tensor]:
    """The draws of one part's matrices; nought for the others."""
    layers = [_layer(name) for name in drawn]
    middle = (min(layers) + max(layers) + 1) / 2
    return {
        name: value.float() if part_of(name, middle=middle) == part else torch.zeros_like(value, dtype=torch.float32)
        for name, value in drawn.items()
    }


def _layer(name: str) -> int:
    match = re.search(r"\.(\d+)\.", name)
    return int(match.group(1)) if match else 0


def _put_together(logits: Tensor, tangents: Mapping[str, Tensor]) -> Iterator[Tensor]:
    """`MANY_SAMPLES` logit samples: parts of random draws with random signs, and their mirror images."""
    generator = torch.Generator().manual_seed(0)
    for _ in range(MANY_SAMPLES // 2):
        whole = torch.zeros_like(logits)
        for found in tangents.values():
            index = int(torch.randint(len(found), (), generator=generator))
            sign = 1.0 - 2.0 * float(torch.randint(2, (), generator=generator))
            whole += sign * found[index]
        yield from mirrored(logits, [whole])
