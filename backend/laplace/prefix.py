"""What is kept of a prompt, so that texts after it are scored by running their own tokens only.

In: a prompt, read once by all rows θ*, θ*+εδ₁, …, θ*+εδ_M (`stacking.py`). Kept: each row's keys and values, and its
logits after the last prompt token. Out: logits and tangents of any text that follows, the same as those of the whole
sequence (`tangents.py`) up to rounding, and a place from which θ* can go on writing. Scoring leaves the prefix as it
was. Layers below the first adapted one are kept once for all rows of a part.

Memory is bounded: parts of rows that do not fit are read again whenever they are needed. Knows nothing of text.
"""

from __future__ import annotations

import copy
import inspect
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

import torch
from peft import PeftModel
from torch import Tensor
from transformers import Cache, DynamicCache
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from backend.laplace.precision import float32_in
from backend.laplace.stacking import Deviations, count_rows, map_row, stacked_rows, with_map_row
from backend.laplace.tangents import EPSILON, ROWS_AT_ONCE, differences, split_rows

MOST_BYTES = 512 * 2**20


@dataclass(frozen=True)
class Rows:
    """A prompt as R rows have read it: their cache, and their logits after its last token (R, B, V)."""

    cache: Cache
    logits: Tensor

    def nbytes(self) -> int:
        """Bytes of keys, values and logits."""
        held = [tensor for layer in self.cache.layers for tensor in (layer.keys, layer.values)]
        return sum(tensor.numel() * tensor.element_size() for tensor in (*held, self.logits))


class Prefix:
    """One prompt (or a batch of them) under one set of deviations.

    Args:
        model: in evaluation mode; one that `can_keep_prefix`.
        input_ids, attention_mask: (B, P), padded on the left.
        deviations: M of them; empty keeps θ* alone.
        epsilon: step of the differences.
        rows_at_once: deviations in one pass.
        most_bytes: parts of rows beyond that are not kept; the first part, with θ*, always is.
    """

    def __init__(
        self,
        model: PeftModel,
        input_ids: Tensor,
        attention_mask: Tensor,
        deviations: Deviations,
        *,
        epsilon: float = EPSILON,
        rows_at_once: int = ROWS_AT_ONCE,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._model = model
        self._ids, self._mask = input_ids, attention_mask
        self._epsilon, self._most_bytes = epsilon, most_bytes
        parts = split_rows(deviations, rows_at_once) if deviations else []
        self._parts: list[Deviations] = [with_map_row(parts[0]), *parts[1:]] if parts else [map_row(model)]
        self._kept = {0: self._read(self._parts[0])}

    @property
    def device(self) -> torch.device:
        """Where the texts to score must lie."""
        return self._ids.device

    def nbytes(self) -> int:
        """Bytes that are kept now."""
        return sum(rows.nbytes() for rows in self._kept.values())

    def map_start(self) -> tuple[Cache, Tensor]:
        """A cache of the prompt at θ* that may be written to, and the logits (B, V) after it."""
        rows, batch_size = self._kept[0], self._ids.shape[0]
        cache = fork(rows.cache)
        for layer in cache.layers:
            layer.keys, layer.values = layer.keys[:batch_size], layer.values[:batch_size]
        return cache, rows.logits[0]

    @contextmanager
    def writing(self) -> Iterator[None]:
        """While active, the model runs at θ* as the prefix was read: same precision, without PEFT's bookkeeping."""
        with float32_in(self._model), stacked_rows(self._model, map_row(self._model), epsilon=0.0, batch_size=1):
            yield

    def chunks(self, target_ids: Tensor, target_mask: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Logits and tangents at every token of texts that follow the prompt.

        Args:
            target_ids: (B, S). target_mask: (B, S), zero for padding on the right; none by default.

        Yields:
            logits at θ* (B, S, V) and tangents (M', B, S, V), a few of the M deviations at a time; without deviations
            once, with M' = 0.
        """
        mask = torch.ones_like(target_ids) if target_mask is None else target_mask
        logits = None
        for index in range(len(self._parts)):
            stacked = self._continue(index, target_ids, mask)  # (R, B, S, V)
            logits, tangents = differences(stacked, logits, self._epsilon)
            yield logits, tangents

    def _rows(self, index: int) -> Rows:
        if index in self._kept:
            return self._kept[index]
        rows = self._read(self._parts[index])
        if self.nbytes() + rows.nbytes() <= self._most_bytes:
            self._kept[index] = rows
        return rows

    def _read(self, part: Deviations) -> Rows:
        cache = DynamicCache(config=self._model.config)
        logits = self._run(part, self._ids, self._mask, cache, keep=1)
        return Rows(cache=cache, logits=logits[:, :, 0].clone())

    def _continue(self, index: int, target_ids: Tensor, target_mask: Tensor) -> Tensor:
        rows = self._rows(index)
        first = rows.logits[:, :, None]  # (R, B, 1, V)
        if target_ids.shape[1] == 1:
            return first
        mask = torch.cat([self._mask, target_mask], dim=1)[:, :-1]
        ids = target_ids[:, :-1]  # the last token predicts nothing that is asked for
        return torch.cat([first, self._run(self._parts[index], ids, mask, fork(rows.cache), keep=ids.shape[1])], dim=2)

    def _run(self, part: Deviations, ids: Tensor, mask: Tensor, cache: Cache, *, keep: int) -> Tensor:
        """Logits (R, B, keep, V) at the last positions of one pass, which adds to the cache."""
        inputs = model_inputs(self._model, ids, mask)
        stacking = stacked_rows(self._model, part, epsilon=self._epsilon, batch_size=ids.shape[0])
        with torch.no_grad(), float32_in(self._model), stacking:
            logits = self._model(**inputs, past_key_values=cache, use_cache=True, logits_to_keep=keep).logits
        logits = logits if logits.dtype == torch.float64 else logits.float()
        return logits.unflatten(0, (count_rows(part), -1))


def can_keep_prefix(model: PeftModel) -> bool:
    """Whether all of the model's state after a prompt is keys and values that grow token by token."""
    known = (DynamicLayer, DynamicSlidingWindowLayer)
    layers = DynamicCache(config=model.config).layers  # none are made before use if all are plain
    return all(type(layer) in known for layer in layers)


def fork(cache: Cache) -> Cache:
    """A cache that starts with the same contents and grows on its own; these layers never write in place."""
    forked = copy.copy(cache)
    forked.layers = [copy.copy(layer) for layer in cache.layers]
    return forked


def model_inputs(model: PeftModel, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
    """Inputs of a pass over the last tokens `ids` (B, L) of sequences with this mask (B, T ≥ L)."""
    inputs = {"input_ids": ids, "attention_mask": mask}
    takes_positions = "position_ids" in inspect.signature(model.get_base_model().forward).parameters
    if takes_positions and not bool(mask.all()):
        inputs["position_ids"] = (mask.long().cumsum(dim=1) - 1).clamp_min(0)[:, -ids.shape[1] :]
    return inputs


class RecentPrefixes:
    """The prefixes of the documents that were read last, at most so many bytes of them and at least one."""

    def __init__(self, *, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, Prefix] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, read: Callable[[], Prefix]) -> Prefix:
        """The prefix of a key, made by `read` where it is not kept."""
        with self._lock:
            prefix = self._kept.pop(key, None)
        prefix = prefix or read()
        with self._lock:
            self._kept[key] = prefix
            while len(self._kept) > 1 and sum(map(Prefix.nbytes, self._kept.values())) > self._most_bytes:
                self._kept.popitem(last=False)
        return prefix
