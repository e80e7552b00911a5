"""Write a summary token by token: greedy decoding with a key-value cache.

An own loop instead of `generate`: it reports each token, checks copied passages in one pass, stops where a small model
begins to repeat itself, and ends a text that reaches its limit at a sentence.
Knows nothing of uncertainty; the scores come afterwards, from the same weights.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import Cache, DynamicCache
from transformers.cache_utils import DynamicLayer

from backend.language.loading import LanguageModel
from backend.language.pieces import end_well, repeated_sentence

#: Results that are kept for later are keyed by it: to be raised whenever other tokens may be written for a request.
DECODING_VERSION = 3
REPEATS_TO_STOP = 3
LONG_PASSAGE = 20  # tokens; nobody says so much twice in a row, so that two copies are a loop
GUESS_TOKENS = 7  # a pass of 8 tokens costs about what one of 2 does: both wait for the weights
GUESS_PAUSE = 6  # tokens that are written one by one after guesses that failed
SHORTEST_MATCH, LONGEST_MATCH = 2, 6  # tokens


@dataclass(frozen=True)
class Start:
    """A prompt that was read already: a cache of one row that may be written to, and the logits (1, V) after it."""

    cache: Cache
    logits: Tensor


def write_summary(
    language: LanguageModel,
    prompt_ids: Sequence[int],
    *,
    max_tokens: int,
    start: Start | None = None,
    on_token: Callable[[list[int]], None] = lambda ids: None,
    end_ids: Collection[int] | None = None,
) -> list[int]:
    """Ids of the likeliest continuation, without the end token; greedy, up to ties of rounding.

    A text that reaches `max_tokens` is taken back to its last sentence, see `pieces.end_well`.

    What a summary copies from its document is guessed (`guess_copy`) and the guess checked in one pass, which costs
    far less than its tokens one by one: the weights are read from memory once.

    Args:
        prompt_ids: the request.
        max_tokens: at most so many.
        start: the request as somebody read it before; it is read here by default.
        on_token: told all ids so far after each token.
        end_ids: tokens that end a summary, the model's own by default; empty: exactly `max_tokens` are written.
    """
    ends = set(language.end_ids if end_ids is None else end_ids)
    row, open_rows, guesses = [], {0}, Guesses()
    with torch.inference_mode():
        start = start or _read(language, prompt_ids)
        cache, token = start.cache, int(start.logits.argmax())
        chosen = [token]  # by the model, not taken yet
        while True:
            for token in chosen:
                if open_rows and len(row) < max_tokens:
                    _take(language, row, token, ends, open_rows, 0)
                    on_token(list(row))
            if not open_rows:
                return row
            if len(row) >= max_tokens:
                return end_well(language.tokenizer, row) if ends else row
            guess = guesses.next([*prompt_ids, *row], most=max_tokens - len(row) - 1) if _can_crop(cache) else []
            inputs = torch.tensor([[row[-1], *guess]], device=start.logits.device)
            output = language.model(
                input_ids=inputs, past_key_values=cache, use_cache=True, logits_to_keep=inputs.shape[1]
            )
            answers = output.logits[0].argmax(dim=-1).tolist()
            agreed = next((i for i, token in enumerate(guess) if token != answers[i]), len(guess))
            guesses.learn(asked=len(guess), agreed=agreed)
            if agreed < len(guess):
                cache.crop(agreed - len(guess))
            chosen = answers[: agreed + 1]


class Guesses:
    """Guesses of what comes next while they come true, and a pause after they did not.

    A pass that checks a guess costs nearly twice a pass of one token, so that a guess must bring a token on average.
    """

    def __init__(self) -> None:
        self._mean_agreed = 2.0
        self._pause = 0

    def next(self, ids: Sequence[int], *, most: int) -> list[int]:
        """A guess of at most so many tokens; often none."""
        if self._pause > 0:
            self._pause -= 1
            return []
        return guess_copy(ids, most=min(most, GUESS_TOKENS))

    def learn(self, *, asked: int, agreed: int) -> None:
        """Take in how much of a guess the model agreed with."""
        if asked:
            self._mean_agreed += 0.4 * (agreed - self._mean_agreed)
            if self._mean_agreed < 1.0:
                self._pause, self._mean_agreed = GUESS_PAUSE, 1.0


def guess_copy(ids: Sequence[int], *, most: int) -> list[int]:
    """What followed the last earlier place whose tokens are the longest match with the end of `ids`.

    Prompt lookup (Saxena 2023); matches of `SHORTEST_MATCH` tokens and more count.
    """
    best_length, best_end = SHORTEST_MATCH - 1, 0
    last = len(ids) - 1
    for end in range(last - 1, SHORTEST_MATCH - 2, -1):
        length = 0
        while length < LONGEST_MATCH and length <= end and ids[end - length] == ids[last - length]:
            length += 1
        if length > best_length:
            best_length, best_end = length, end
            if length == LONGEST_MATCH:
                break
    return list(ids[best_end + 1 : best_end + 1 + most]) if best_end else []


def _read(language: LanguageModel, prompt_ids: Sequence[int]) -> Start:
    cache = DynamicCache(config=language.model.config)
    ids = torch.tensor([list(prompt_ids)], device=next(language.model.parameters()).device)
    output = language.model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
    return Start(cache=cache, logits=output.logits[:, -1])


def _can_crop(cache: Cache) -> bool:
    """Whether tokens can be taken back; a sliding window forgets what fell out of it."""
    return all(type(layer) is DynamicLayer for layer in cache.layers)


def write_batch(
    language: LanguageModel,
    prompts: Sequence[Sequence[int]],
    *,
    max_tokens: int,
    on_tokens: Callable[[list[list[int]]], None] = lambda rows: None,
    end_ids: Collection[int] | None = None,
) -> list[list[int]]:
    """Summaries of several prompts at once (padded on the left); same result as one by one up to rounding."""
    inputs, mask = _pad_left(prompts, language.pad_id, next(language.model.parameters()).device)
    cache = DynamicCache(config=language.model.config)
    rows: list[list[int]] = [[] for _ in prompts]
    open_rows = set(range(len(prompts)))
    positions = (mask.cumsum(dim=1) - 1).clamp_min(0)
    ends = set(language.end_ids if end_ids is None else end_ids)
    with torch.inference_mode():
        for _ in range(max_tokens):
            output = language.model(
                input_ids=inputs,
                attention_mask=mask if len(prompts) > 1 else None,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            chosen = output.logits[:, -1].argmax(dim=-1)
            for row, token in enumerate(chosen.tolist()):
                if row in open_rows:
                    _take(language, rows[row], token, ends, open_rows, row)
            on_tokens(rows)
            if not open_rows:
                break
            inputs = chosen[:, None]
            mask = torch.cat([mask, mask.new_ones(len(prompts), 1)], dim=1)
            positions = positions[:, -1:] + 1
    return [end_well(language.tokenizer, ids) if ends and row in open_rows else ids for row, ids in enumerate(rows)]


def _take(language: LanguageModel, ids: list[int], token: int, ends: set[int], open_rows: set[int], row: int) -> None:
    if token in ends:
        open_rows.discard(row)
        return
    ids.append(token)
    if not ends:
        return
    period, copies = repeated_passage(ids)
    again = (copies - 1) * period if period else repeated_sentence(language.tokenizer, ids)
    if again:
        del ids[len(ids) - again :]
        open_rows.discard(row)


def repeated_passage(ids: Sequence[int], *, shortest: int = 4, longest: int = 80) -> tuple[int, int]:
    """Length and number of copies of a passage that stands at the end too often in a row; (0, 0) if none does.

    `REPEATS_TO_STOP` copies are too many, from `LONG_PASSAGE` tokens on two are. Passages under `shortest` tokens are
    left alone: "0.00 0.00 0.00" may be what a log says.
    """
    for period in range(shortest, longest + 1):
        copies = 2 if period >= LONG_PASSAGE else REPEATS_TO_STOP
        tail = ids[-copies * period :]
        if len(tail) < copies * period:
            continue
        if all(tail[i] == tail[i + period] for i in range(len(tail) - period)):
            return period, copies
    return 0, 0


def _pad_left(prompts: Sequence[Sequence[int]], pad_id: int, device: torch.device) -> tuple[Tensor, Tensor]:
    width = max(len(prompt) for prompt in prompts)
    ids = torch.full((len(prompts), width), pad_id, device=device)
    mask = torch.zeros(len(prompts), width, dtype=torch.long, device=device)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.tensor(prompt, device=device)
        mask[row, width - len(prompt) :] = 1
    return ids, mask
