"""Write a summary token by token: greedy decoding with a key-value cache.

An own loop instead of `generate`: it reports each token, and stops where a small model begins to repeat itself.
Knows nothing of uncertainty; the scores come afterwards, from the same weights.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import torch
from torch import Tensor
from transformers import DynamicCache

from backend.language.loading import LanguageModel

REPEATS_TO_STOP = 3


def write_summary(
    language: LanguageModel,
    prompt_ids: Sequence[int],
    *,
    max_tokens: int,
    on_token: Callable[[list[int]], None] = lambda ids: None,
    end_ids: Collection[int] | None = None,
) -> list[int]:
    """Ids of the likeliest continuation, without the end token.

    Args:
        prompt_ids: the request.
        max_tokens: at most so many.
        on_token: told all ids so far after each token.
        end_ids: tokens that end a summary, the model's own by default; empty: exactly `max_tokens` are written.
    """

    def tell(rows: list[list[int]]) -> None:
        on_token(rows[0])

    return write_batch(language, [prompt_ids], max_tokens=max_tokens, on_tokens=tell, end_ids=end_ids)[0]


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
                    _take(rows[row], token, ends, open_rows, row)
            on_tokens(rows)
            if not open_rows:
                break
            inputs = chosen[:, None]
            mask = torch.cat([mask, mask.new_ones(len(prompts), 1)], dim=1)
            positions = positions[:, -1:] + 1
    return rows


def _take(ids: list[int], token: int, ends: set[int], open_rows: set[int], row: int) -> None:
    if token in ends:
        open_rows.discard(row)
        return
    ids.append(token)
    period = repeated_period(ids)
    if period and ends:
        del ids[len(ids) - (REPEATS_TO_STOP - 1) * period :]
        open_rows.discard(row)


def repeated_period(ids: Sequence[int], *, shortest: int = 4, longest: int = 40) -> int:
    """Length of a passage that stands three times in a row at the end; 0 if there is none.

    Passages under `shortest` tokens are left alone: "0.00 0.00 0.00" may be what a log says.
    """
    for period in range(shortest, min(longest, len(ids) // REPEATS_TO_STOP) + 1):
        tail = ids[-REPEATS_TO_STOP * period :]
        if all(tail[i] == tail[i + period] for i in range(len(tail) - period)):
            return period
    return 0


def _pad_left(prompts: Sequence[Sequence[int]], pad_id: int, device: torch.device) -> tuple[Tensor, Tensor]:
    width = max(len(prompt) for prompt in prompts)
    ids = torch.full((len(prompts), width), pad_id, device=device)
    mask = torch.zeros(len(prompts), width, dtype=torch.long, device=device)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.tensor(prompt, device=device)
        mask[row, width - len(prompt) :] = 1
    return ids, mask
