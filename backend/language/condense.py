"""A document longer than the model reads → its parts that matter most, with their offsets kept.

Deterministic and visible: what was left out is told to the person, never silently dropped. Knows no model; tokens
are counted by the caller's function.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

# a line or a sentence; the point of 12.4 or of a file name ends none
_UNIT = re.compile(r"(?:[^\n.!?。！？]|[.!?](?=\w))*(?:[.!?。！？]+|\n|$)")
_MATTERS = re.compile(
    r"(?<![a-z])(NG|hold|reject\w*|scrap\w*|rework\w*|out of|exceed\w*|above|below|fail\w*|defect\w*|TBD|open|due|"
    r"deviation|nonconform\w*|shall|conclu\w*|root cause|result\w*)(?![a-z])"
    r"|不合格|保留|不適合|異常|未定|要確認|期限|廃棄|手直し|規格外",
    re.IGNORECASE,
)
HEAD_SHARE = 0.4  # of the budget goes to the beginning, which names lot, part and purpose


@dataclass(frozen=True, slots=True)
class Excerpt:
    r"""What the model reads of a document.

    Attributes:
        text: kept parts in their order, parted by "\n…\n" where something was left out between them.
        kept: half-open code-point ranges of the document that `text` holds.
        is_complete: whether nothing was left out.
    """

    text: str
    kept: tuple[tuple[int, int], ...]
    is_complete: bool


def split_units(text: str) -> list[tuple[int, int]]:
    """Ranges of lines and sentences that together cover the text."""
    return [match.span() for match in _UNIT.finditer(text) if match.end() > match.start()]


def condense(text: str, *, max_tokens: int, count_tokens: Callable[[str], int]) -> Excerpt:
    """Keep the beginning, then the parts that name a finding, then the rest, until `max_tokens` is used.

    Args:
        text: the document.
        max_tokens: budget in the model's tokens.
        count_tokens: number of tokens of a string (additive enough over lines and sentences).
    """
    if count_tokens(text) <= max_tokens:
        return Excerpt(text=text, kept=((0, len(text)),), is_complete=True)
    units = [piece for unit in split_units(text) for piece in _split_long(text, unit, max_tokens, count_tokens)]
    chosen = _choose(text, units, max_tokens, count_tokens)
    kept = _merge([unit for unit in units if unit in chosen])
    joined = "\n…\n".join(text[start:end].strip("\n") for start, end in kept)
    return Excerpt(text=joined, kept=tuple(kept), is_complete=False)


def _choose(
    text: str, units: list[tuple[int, int]], max_tokens: int, count_tokens: Callable[[str], int]
) -> set[tuple[int, int]]:
    chosen: set[tuple[int, int]] = set()
    left = max_tokens
    findings = [unit for unit in units if _MATTERS.search(text[unit[0] : unit[1]])]
    passes = ((units, int(max_tokens * (1 - HEAD_SHARE))), (findings, 0), (units, 0))
    for candidates, reserve in passes:
        for unit in candidates:
            cost = count_tokens(text[unit[0] : unit[1]]) + 1
            if unit not in chosen and left - cost >= reserve:
                chosen.add(unit)
                left -= cost
            elif unit not in chosen and reserve:
                break
    return chosen


def _split_long(
    text: str, unit: tuple[int, int], max_tokens: int, count_tokens: Callable[[str], int]
) -> list[tuple[int, int]]:
    """Halve a unit that alone fills a quarter of the budget: a log without line ends is still read in parts."""
    start, end = unit
    if end - start < 2 or count_tokens(text[start:end]) <= max(max_tokens // 4, 8):
        return [unit]
    middle = text.rfind(" ", start + 1, (start + end) // 2) + 1 or (start + end) // 2
    halves = ((start, middle), (middle, end))
    return [piece for half in halves for piece in _split_long(text, half, max_tokens, count_tokens)]


def _merge(units: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in units:
        if merged and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged
