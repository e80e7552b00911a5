"""Several sequences packed into one row → one row a sequence, so that a packed batch gives the sums of its sequences.

Transformers keeps packed sequences apart only without `attention_mask`, and not in every attention; a 4-D mask leaves
the positions to the caller. Here a packed row is told by `segment_ids` (B, T) — equal within a sequence, different in
neighbouring ones — or by `position_ids` that start again, and is unpacked before any model sees it. Knows no model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

IGNORED = -100  # label without loss, as in torch.nn.functional.cross_entropy


def check_not_packed(batch: Mapping[str, Tensor]) -> None:
    """Refuse what would be read as one long sequence.

    Raises:
        ValueError: the batch is packed, or its mask is not (B, T).
    """
    if batch["attention_mask"].dim() != 2:
        raise ValueError(
            f"the attention mask must be (B, T), not {tuple(batch['attention_mask'].shape)}: give packed sequences as "
            "segment_ids (B, T) with a mask of padding, and call unpack(batch)"
        )
    if is_packed(batch):
        raise ValueError("the batch packs several sequences into a row: call unpack(batch) first")


def is_packed(batch: Mapping[str, Tensor]) -> bool:
    """Whether a row holds several sequences, as far as the batch tells."""
    if "segment_ids" in batch:
        return True
    if "position_ids" not in batch:
        return False
    mask = batch["attention_mask"].bool()
    positions = batch["position_ids"].expand_as(mask).masked_fill(~mask, -1)  # (B, T)
    highest = positions.cummax(dim=1).values
    return bool((mask[:, 1:] & (positions[:, 1:] <= highest[:, :-1])).any())


def unpack(batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Left-padded batch with a row for every sequence; an ordinary batch comes back as it is.

    A label of a sequence's first token is dropped: nothing of its own sequence predicts it.

    Args:
        batch: `input_ids`, `attention_mask` (B, T); `labels` (B, S) for the last S ≤ T positions; `segment_ids` or
            `position_ids` (B, T).

    Raises:
        ValueError: the mask is not (B, T), or a packed batch has `class_ids`.
    """
    if batch["attention_mask"].dim() != 2:
        check_not_packed(batch)
    if not is_packed(batch):
        return dict(batch)
    if "class_ids" in batch:
        raise ValueError(
            "class_ids name the outputs of a whole row: give each multiple choice a row of its own, without "
            "segment_ids and with position_ids that do not start again"
        )
    ids, mask, labels = batch["input_ids"], batch["attention_mask"].bool(), batch["labels"]
    whole = torch.full_like(ids, IGNORED)
    whole[:, ids.shape[1] - labels.shape[1] :] = labels
    numbers = _sequence_numbers(batch, mask)
    parts = []
    for row in range(ids.shape[0]):
        for number in numbers[row][mask[row]].unique():
            inside = mask[row] & (numbers[row] == number)
            own = whole[row, inside].clone()
            own[0] = IGNORED
            parts.append((ids[row, inside], own))
    return _padded(parts)


def _sequence_numbers(batch: Mapping[str, Tensor], mask: Tensor) -> Tensor:
    """Which sequence of its row a token belongs to (B, T), counted from the left."""
    if "segment_ids" in batch:
        is_other = batch["segment_ids"].diff(dim=1) != 0
    else:
        is_other = batch["position_ids"].expand_as(mask).diff(dim=1) <= 0
    starts = torch.zeros_like(mask)
    starts[:, 1:] = mask[:, 1:] & (is_other | ~mask[:, :-1])
    return starts.cumsum(dim=1)


def _padded(parts: Sequence[tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    """Left-padded rows of (tokens, labels), with labels over the longest stretch from a first label to the end."""
    width = max(len(ids) for ids, _ in parts)
    firsts = [(len(labels), (labels != IGNORED).nonzero()) for _, labels in parts]
    reaches = [length - int(found[0]) for length, found in firsts if len(found)]
    reach = max(reaches, default=1)
    ids = parts[0][0].new_zeros(len(parts), width)
    mask = torch.zeros_like(ids)
    labels = torch.full_like(ids, IGNORED)
    for row, (own_ids, own_labels) in enumerate(parts):
        ids[row, width - len(own_ids) :] = own_ids
        mask[row, width - len(own_ids) :] = 1
        labels[row, width - len(own_ids) :] = own_labels
    positions = (mask.cumsum(dim=1) - 1).clamp_min(0)
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "position_ids": positions,
        "labels": labels[:, width - reach :],
    }
