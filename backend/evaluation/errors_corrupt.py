"""Copies of a good summary with errors at known places: numbers, units, negations, names and lot numbers swapped.

In: a reference, its document, names from other references, a generator. Out: the copy and the ranges of its swaps.
The places are found by rules of their own (those of numbers, units and lots in `uncertainty.swaps`), not by those of
the grounding checks, which would otherwise be tested on what they can see. A swapped-in number or name is never one
that the document holds in the same spelling.
Knows nothing of models or labels of tokens.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from random import Random

from backend.uncertainty.swaps import Swap, swap_identifiers, swap_numbers, swap_units

Span = tuple[int, int]

UNTOUCHED_SHARE = 0.3  # of the copies: whoever ranks summaries needs right ones too
MOST_SWAPS = 3
_NEGATION = re.compile(
    r"\b(?P<verb>was|were|is|are|did|does|do|has|have|had|can|could|should|will|would|must)\b(?P<not> not| NOT)?",
    re.IGNORECASE,
)
_CAPITALISED = re.compile(r"(?<![.!?;:]\s)(?<!^)\b[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*\b|\b[A-Z]{2,6}\b")


def generator_of(row_id: str, *, seed: int) -> Random:
    """The generator of one row: the same whatever rows stand beside it."""
    return Random(int.from_bytes(hashlib.sha256(f"{seed}|{row_id}".encode()).digest()[:8], "big"))


def collect_pool(references: Iterable[str]) -> tuple[str, ...]:
    """Names that occur in some references: what an entity is swapped for."""
    return tuple(sorted({match.group() for text in references for match in _names(text)}))


def corrupt(reference: str, *, document: str, pool: tuple[str, ...], rng: Random) -> tuple[str, tuple[Span, ...]]:
    """A copy with one to `MOST_SWAPS` swaps (or none, in a share of the copies) and their ranges in the copy."""
    if rng.random() < UNTOUCHED_SHARE:
        return reference, ()
    candidates = [list(find(reference, document, pool, rng)) for find in SWAPS.values()]
    candidates = [found for found in candidates if found]
    rng.shuffle(candidates)  # by sort first: else numbers would crowd out the others
    chosen: list[Swap] = []
    for found in candidates[: rng.randint(1, MOST_SWAPS)]:
        swap = rng.choice(found)
        if all(swap[1] <= other[0] or other[1] <= swap[0] for other in chosen):
            chosen.append(swap)
    return _apply(reference, sorted(chosen))


def _apply(reference: str, swaps: list[Swap]) -> tuple[str, tuple[Span, ...]]:
    pieces, spans, position, length = [], [], 0, 0
    for start, end, text in swaps:
        pieces += [reference[position:start], text]
        length += start - position
        spans.append((length, length + len(text)))
        length += len(text)
        position = end
    return "".join([*pieces, reference[position:]]), tuple(spans)


def _swap_negations(reference: str, document: str, pool: tuple[str, ...], rng: Random) -> Iterator[Swap]:
    for match in _NEGATION.finditer(reference):
        added = " NOT" if match["verb"].isupper() else " not"
        yield *match.span(), match["verb"] + ("" if match["not"] else added)


def _swap_names(reference: str, document: str, pool: tuple[str, ...], rng: Random) -> Iterator[Swap]:
    for match in _names(reference):
        others = [name for name in pool if name not in document and name not in reference]
        alike = [name for name in others if name.isupper() == match.group().isupper()]
        if alike:
            yield *match.span(), rng.choice(alike)


def _names(text: str) -> Iterator[re.Match[str]]:
    """Capitalised words inside a sentence; in a text of capitals nothing stands out, so it has none."""
    if re.search(r"[a-z]{2}", text):
        yield from _CAPITALISED.finditer(text)


def _without_pool(
    find: Callable[[str, str, Random], Iterator[Swap]],
) -> Callable[[str, str, tuple[str, ...], Random], Iterator[Swap]]:
    return lambda reference, document, _pool, rng: find(reference, document, rng)


SWAPS: dict[str, Callable[[str, str, tuple[str, ...], Random], Iterator[Swap]]] = {
    "number": _without_pool(swap_numbers),
    "unit": _without_pool(swap_units),
    "negation": _swap_negations,
    "entity": _swap_names,
    "lot": _without_pool(swap_identifiers),
}
