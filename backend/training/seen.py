"""Which documents an adapter has learned from: a file of short hashes beside it.

In: rows with a `document`, or an adapter's folder. Out: `seen.txt`, or a predicate. Knows nothing of training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from backend.datasets import hash_document

SEEN_FILE = "seen.txt"
SEEN_DIGITS = 12  # hex digits of a document's hash: no two of a few thousand documents share them


def write_seen(adapter: Path, rows: Sequence[Mapping[str, Any]], *, start_from: Path | None = None) -> None:
    """Record which documents an adapter has seen, itself or as the one it started from: none is held out."""
    adapter.mkdir(parents=True, exist_ok=True)
    seen = {hash_document(row["document"])[:SEEN_DIGITS] for row in rows}
    earlier = start_from / SEEN_FILE if start_from is not None else None
    if earlier is not None and earlier.is_file():
        seen.update(earlier.read_text("utf-8").split())
    (adapter / SEEN_FILE).write_text("\n".join(sorted(seen)) + "\n", "utf-8")


def read_seen(adapter: Path) -> Callable[[str], bool]:
    """Whether an adapter has seen a document, by the record of `write_seen`; without one, it has seen none."""
    record = adapter / SEEN_FILE
    seen = set(record.read_text("utf-8").split()) if record.is_file() else set()
    return lambda text: hash_document(text)[:SEEN_DIGITS] in seen
