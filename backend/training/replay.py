"""Generated documents that are learned again beside reviewers' texts, and others that show whether that was enough.

An adapter that goes on learning from a plant's texts alone forgets what it could do with other documents
(McCloskey and Cohen 1989); examples of the earlier kind among the new ones are the plain remedy. The documents that an
installed adapter has learned from are not at hand in a plant, but the generator that made many of them is.

In: how many, a seed, texts that are taken. Out: rows with `document`, `reference`, `kind`, `language`.
Knows nothing of verdicts, models or how rows are learned from.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

from backend.corpus import generate

#: Of generated documents to learn from, and of those to compare on: never the same ones.
REPLAY_SEED = 61_000
COMPARING_SEED = 62_000
#: Generated documents to compare on: as few as a person waits for, enough to see that something was lost.
COMPARED = 12
_ENOUGH = 1_000_000  # documents that the generator is asked for; it makes only those that are taken


def draw_rows(count: int, *, seed: int, is_taken: Callable[[str], bool] = lambda text: False) -> list[dict[str, str]]:
    """`count` generated documents with their references, always the same ones for a seed; without taken texts."""
    fresh = (document for document in generate(_ENOUGH, seed=seed) if not is_taken(document.document))
    return [
        {"document": one.document, "reference": one.reference, "kind": one.kind, "language": one.language}
        for one in itertools.islice(fresh, count)
    ]


def share_out(count: int, *, train: int, validation: int) -> tuple[int, int]:
    """How many of `count` documents go to training and to validation: in the proportion of the reviewed texts there."""
    tuned_by = round(count * validation / (train + validation)) if train + validation else 0
    return count - tuned_by, tuned_by
