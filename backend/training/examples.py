"""Rows of `document`, `reference` → token ids with labels on the summary only, and padded batches of them.

Batches are padded on the left, so that all summaries end at the same position and logits are computed for the last
`labels.shape[1]` positions alone: with a vocabulary of tens of thousands that is most of a small model's cost.
Knows nothing of optimisers or adapters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from backend.errors import DataError
from backend.language.prompts import encode_text
from backend.language.reading import read_for_model

IGNORED = -100  # label of positions that carry no loss (torch's convention)


@dataclass(frozen=True, slots=True)
class Example:
    """One training pair: prompt ids, then the summary's ids with the end token.

    Attributes:
        candidates: further summaries of the document, with the end token, to be ranked by `rewards`.
        rewards: how good each candidate is; as many.
    """

    prompt_ids: tuple[int, ...]
    target_ids: tuple[int, ...]
    candidates: tuple[tuple[int, ...], ...] = ()
    rewards: tuple[float, ...] = ()

    @property
    def length(self) -> int:
        """Tokens of prompt and target together."""
        return len(self.prompt_ids) + len(self.target_ids)


def encode_rows(
    rows: Sequence[Mapping[str, Any]],
    *,
    tokenizer: PreTrainedTokenizerBase,
    end_id: int,
    max_document_tokens: int,
    max_target_tokens: int,
) -> list[Example]:
    """Encode rows; a document is condensed as for summarizing, a reference that is too long is left out.

    Raises:
        DataError: no row is left, or a row's candidates cannot be ranked.
    """
    examples = []
    for row in rows:
        target = encode_text(tokenizer, row["reference"].strip())
        if not 0 < len(target) < max_target_tokens:
            continue
        reading = read_for_model(
            tokenizer,
            row["document"],
            kind=row.get("kind") or "report",
            language=row.get("language") or "en",
            max_tokens=max_document_tokens,
        )
        encoded = [(encode_text(tokenizer, text), reward) for text, reward in _read_candidates(row)]
        ranked = [((*ids, end_id), reward) for ids, reward in encoded if 0 < len(ids) < max_target_tokens]
        examples.append(
            Example(
                prompt_ids=reading.prompt.ids,
                target_ids=(*target, end_id),
                candidates=tuple(ids for ids, _ in ranked),
                rewards=tuple(reward for _, reward in ranked),
            )
        )
    if not examples:
        raise DataError(
            "data.no_examples",
            "None of the {count} rows has a reference of 1 to {limit} tokens; nothing can be learned from them.",
            count=len(rows),
            limit=max_target_tokens - 1,
        )
    return examples


def _read_candidates(row: Mapping[str, Any]) -> list[tuple[str, float]]:
    try:
        found = [(one["text"].strip(), float(one["reward"])) for one in row.get("candidates") or ()]
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise _bad_candidates(row) from error
    if not all(math.isfinite(reward) for _, reward in found):
        raise _bad_candidates(row)
    return found


def _bad_candidates(row: Mapping[str, Any]) -> DataError:
    return DataError(
        "data.candidates",
        "The candidates of the row {row} cannot be ranked. Each needs a text and a reward that is a number; rename the "
        "column if it holds something else.",
        row=str(row.get("id", ""))[:60],
    )


def collate(examples: Sequence[Example], *, pad_id: int) -> dict[str, torch.Tensor]:
    """Left-padded batch.

    Returns:
        `input_ids`, `attention_mask`, `position_ids`: (B, T); `labels`: (B, S) for the last S positions, where S is
        the longest target; `IGNORED` outside a target.
    """
    width = max(example.length for example in examples)
    target_width = max(len(example.target_ids) for example in examples)
    ids = torch.full((len(examples), width), pad_id)
    mask = torch.zeros(len(examples), width, dtype=torch.long)
    labels = torch.full((len(examples), target_width), IGNORED)
    for row, example in enumerate(examples):
        ids[row, width - example.length :] = torch.tensor(example.prompt_ids + example.target_ids)
        mask[row, width - example.length :] = 1
        labels[row, target_width - len(example.target_ids) :] = torch.tensor(example.target_ids)
    positions = (mask.cumsum(dim=1) - 1).clamp_min(0)
    return {"input_ids": ids, "attention_mask": mask, "position_ids": positions, "labels": labels}
