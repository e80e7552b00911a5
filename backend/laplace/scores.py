"""Logits and their tangents → the uncertainty of every token, as plain numbers in nats.

With logits f and tangents t_m the linearised posterior predictive has the logit samples f ± t_m (−δ is as likely as
δ and costs nothing, since the model is linear in it). With p_k the softmax of sample k:
total entropy H(mean_k p_k), expected entropy mean_k H(p_k) (aleatoric), mutual information their difference
(epistemic). Knows nothing of text: token ids in, numbers out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from peft import PeftModel
from torch import Tensor

from backend.laplace.curvature import IGNORED, Batch, target_logits
from backend.laplace.labels import target_labels
from backend.laplace.posterior import Posterior
from backend.laplace.precision import float32_in
from backend.laplace.prefix import Prefix
from backend.laplace.resampling import resampled_chunks
from backend.laplace.step import DEFAULT_STEP, Step, take_chunks

BLOCK_POSITIONS = 8  # whose distributions stay in the processor's cache while they are summed


@dataclass(frozen=True, slots=True)
class TokenScore:
    """Uncertainty of one token of a summary.

    Attributes:
        probability: of the token under the posterior predictive.
        map_probability: of the token at θ* alone.
        entropy_nats, expected_entropy_nats, mutual_information_nats: see the module's docstring.
        logit_variance: of the token's logit under the posterior.
        alternatives: the likeliest other tokens (id, probability), likeliest first.
    """

    probability: float
    map_probability: float
    entropy_nats: float
    expected_entropy_nats: float
    mutual_information_nats: float
    logit_variance: float
    alternatives: tuple[tuple[int, float], ...]


class PredictiveSums:
    """Running sums over samples of the predictive at S positions: memory does not grow with their number.

    Args:
        logits: (S, V) at θ*. token_ids: (S,), the tokens that stand there.
    """

    def __init__(self, logits: Float[Tensor, "S V"], token_ids: Int[Tensor, " S"]) -> None:
        self.logits = logits
        self.index = token_ids[:, None]
        self.samples = 0
        self._probability = torch.zeros_like(logits)  # Σ_k p_k (S, V)
        self._entropy = torch.zeros_like(logits[:, 0])  # Σ_k H(p_k) (S,)
        self._variance = torch.zeros_like(logits[:, 0])  # Σ_m t_m² of the chosen token (S,)

    def add(self, tangents: Float[Tensor, "M S V"]) -> None:
        """Take in M more tangents (M, S, V), each with its mirror image."""
        for tangent in tangents:
            for start in range(0, tangent.shape[0], BLOCK_POSITIONS):
                self._add_block(tangent, slice(start, start + BLOCK_POSITIONS))
            self._variance += tangent.gather(1, self.index)[:, 0].square()
            self.samples += 2

    def merge(self, other: PredictiveSums) -> None:
        """Take in the samples of other sums at the same positions."""
        self._probability += other._probability
        self._entropy += other._entropy
        self._variance += other._variance
        self.samples += other.samples

    def _add_block(self, tangent: Tensor, block: slice) -> None:
        for sample in (self.logits[block] + tangent[block], self.logits[block] - tangent[block]):
            log_p = sample.log_softmax(dim=-1)
            p = log_p.exp()
            self._probability[block] += p
            self._entropy[block] -= torch.linalg.vecdot(p, log_p)

    def predictive(self) -> Float[Tensor, "S V"]:
        """Posterior predictive probabilities (S, V); those at θ* while no sample was added."""
        return self._probability / self.samples if self.samples else self.logits.softmax(dim=-1)

    def log_likelihood(self) -> Float[Tensor, " S"]:
        """log of the predictive probability of each token (S,), in float64; finite where that rounds to zero."""
        chosen = self.predictive().gather(1, self.index)[:, 0]
        return chosen.clamp_min(torch.finfo(chosen.dtype).tiny).double().log()

    def scores(self, *, alternatives: int = 3) -> list[TokenScore]:
        """The positions' scores, naming that many other tokens."""
        mean = self.predictive()
        entropy = -torch.special.xlogy(mean, mean).sum(dim=-1)
        expected = self._entropy / self.samples if self.samples else entropy
        columns = (
            mean.gather(1, self.index)[:, 0],
            self.logits.softmax(dim=-1).gather(1, self.index)[:, 0],
            entropy,
            expected,
            (entropy - expected).clamp_min(0.0),
            self._variance / max(self.samples // 2, 1),
        )
        top = mean.topk(min(alternatives + 1, mean.shape[1]), dim=-1)
        rows = zip(
            torch.stack(columns, dim=1).tolist(), self.index[:, 0].tolist(), *map(Tensor.tolist, top), strict=True
        )
        return [
            TokenScore(*numbers, alternatives=_others(ids, values, token, alternatives))
            for numbers, token, values, ids in rows
        ]


def draw_deviations(posterior: Posterior, *, samples: int, seed: int) -> dict[str, Tensor]:
    """Half as many deviations as `samples` (each also serves mirrored): matrix name → (⌈samples/2⌉, o, i)."""
    return posterior.sample(-(-samples // 2), generator=torch.Generator().manual_seed(seed))


def remix(tangents: Float[Tensor, "M ..."], *, count: int, generator: torch.Generator) -> Float[Tensor, "{count} ..."]:
    """As many samples as wanted from the covariance that M tangents estimate: Σ_m z_m t_m / √M with z ~ N(0, I).

    Args:
        tangents: (M, …).

    Returns:
        (count, …) with covariance (1/M) Σ t tᵀ, given the tangents. No new information: the rank stays M.
    """
    size = tangents.shape[0]
    weights = torch.randn(count, size, generator=generator, dtype=torch.float64) / size**0.5
    return torch.tensordot(weights.to(tangents), tangents, dims=1)


def score_tokens(
    model: PeftModel,
    batch: Batch,
    deviations: dict[str, Tensor],
    *,
    temperature: float = 1.0,
    alternatives: int = 3,
    step: Step = DEFAULT_STEP,
    token_generator: torch.Generator | None = None,
    on_samples: Callable[[int], None] = lambda samples_done: None,
) -> list[list[TokenScore]]:
    """Uncertainty of every target token of a batch.

    Args:
        model: PEFT causal LM in evaluation mode.
        batch: `input_ids`, `attention_mask` (B, T), `labels` (B, S): the summaries' tokens, −100 elsewhere.
        deviations: from `draw_deviations`; empty scores at θ* alone.
        temperature: T that divides logits and tangents; 1 leaves them alone.
        alternatives: other tokens to name at each position.
        step: how tangents are taken.
        token_generator: as for `predictive_sums`.
        on_samples: told how many samples are done.

    Returns:
        for each row of the batch, the scores of its targets in order.
    """
    by_temperature = predictive_sums(
        model, batch, deviations, temperatures=(temperature,), step=step, token_generator=token_generator,
        on_samples=on_samples,
    )  # fmt: skip
    return [row.scores(alternatives=alternatives) for row in by_temperature[0]]


def score_text(
    prefix: Prefix,
    token_ids: Sequence[int],
    *,
    temperature: float = 1.0,
    alternatives: int = 3,
    on_samples: Callable[[int], None] = lambda samples_done: None,
) -> list[TokenScore]:
    """Uncertainty of every token of a text after a prompt that was read already; see `score_tokens`.

    Args:
        prefix: of one prompt, under the deviations to score with.
        token_ids: the text, at least one token.
    """
    ids = torch.tensor([list(token_ids)], device=prefix.device)
    sums = sum_chunks(prefix.chunks(ids), ids, temperatures=(temperature,), on_samples=on_samples)
    return sums[0][0].scores(alternatives=alternatives)


def predictive_sums(
    model: PeftModel,
    batch: Batch,
    deviations: dict[str, Tensor],
    *,
    temperatures: Sequence[float] = (1.0,),
    step: Step = DEFAULT_STEP,
    token_generator: torch.Generator | None = None,
    on_samples: Callable[[int], None] = lambda samples_done: None,
) -> list[list[PredictiveSums]]:
    """The sums behind `score_tokens`, for those who need whole distributions.

    Args:
        temperatures: each T has sums of its own, of the samples (f ± t)/T; all come from the same passes.
        step: how tangents are taken.
        token_generator: one coherent weight sample moves all tokens of a sequence by default; with a generator every
            token has draws of its own (`resampling.py`).

    Returns:
        for each temperature, the sums of each row of the batch.
    """
    chunks = take_chunks(model, batch, deviations, step) if deviations else _map_chunk(model, batch)
    if deviations and token_generator is not None:
        chunks = resampled_chunks(chunks, generator=token_generator)
    return sum_chunks(chunks, target_labels(batch), temperatures=temperatures, on_samples=on_samples)


def sum_chunks(
    chunks: Iterable[tuple[Tensor, Tensor]],
    labels: Int[Tensor, "B S"],
    *,
    temperatures: Sequence[float] = (1.0,),
    on_samples: Callable[[int], None] = lambda samples_done: None,
) -> list[list[PredictiveSums]]:
    """Sums over chunks of tangents as they come.

    Args:
        chunks: logits (B, S, V), the same in all, and tangents (M', B, S, V).
        labels: (B, S), −100 where nothing is scored.

    Returns:
        for each temperature, the sums of each row of the batch.
    """
    targets = labels != IGNORED
    sums: list[list[PredictiveSums]] = []
    for logits, tangents in chunks:
        if not sums:
            rows = [(row[keep], ids[keep]) for row, ids, keep in zip(logits, labels, targets, strict=True)]
            sums = [[PredictiveSums(row / temperature, ids) for row, ids in rows] for temperature in temperatures]
        for temperature, rows_at in zip(temperatures, sums, strict=True):
            for index, row in enumerate(rows_at):
                row.add(tangents[:, index, targets[index]] / temperature)
        if tangents.shape[0]:
            on_samples(sums[0][0].samples)
    return sums


def _map_chunk(model: PeftModel, batch: Batch) -> Iterator[tuple[Tensor, Tensor]]:
    with torch.no_grad(), float32_in(model):
        logits = target_logits(model, batch)[0]
    yield logits, logits.new_zeros(0, *logits.shape)


def _others(ids: list[int], values: list[float], token: int, count: int) -> tuple[tuple[int, float], ...]:
    return tuple((other, value) for other, value in zip(ids, values, strict=True) if other != token)[:count]
