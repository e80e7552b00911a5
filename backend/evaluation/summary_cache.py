"""Keeps finished summaries in a JSONL file, so that an interrupted evaluation goes on where it stopped.

In: a path, and summaries as they are made. Out: the summary of a (system, document) pair made earlier, if
any. A pair is known by the system's fingerprint, the row's id and a hash of the document's text: a changed
model or a changed document is never served an old summary. A line that was cut off by a kill is dropped when
the file is opened.

Does not know how summaries are made or judged. One process writes to a file at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from backend.datasets import Row, hash_document
from backend.evaluation.json_lines import append_lines, read_kept


class SummaryCache:
    """Summaries by (system fingerprint, document); in memory only where `path` is None."""

    def __init__(self, path: Path | None) -> None:
        """Reads what the file holds; a cut-off last line is removed from it."""
        self._path = path
        self._summaries: dict[tuple[str, str, str], str] = {}
        self._summaries.update(read_kept(path, _parse))

    def has(self, row: Row, *, fingerprint: str) -> bool:
        """Whether this system's summary of this document is there."""
        return _key(row, fingerprint=fingerprint) in self._summaries

    def get(self, row: Row, *, fingerprint: str) -> str:
        """The summary that this system made of this document."""
        return self._summaries[_key(row, fingerprint=fingerprint)]

    def add(self, rows: Sequence[Row], *, summaries: Sequence[str], fingerprint: str) -> None:
        """Keeps a finished batch; it is on the disk when this returns."""
        keys = [_key(row, fingerprint=fingerprint) for row in rows]
        self._summaries.update(zip(keys, summaries, strict=True))
        if self._path is None:
            return
        names = ("fingerprint", "id", "document_hash", "summary")
        kept = zip(keys, summaries, strict=True)
        append_lines(self._path, (dict(zip(names, (*key, summary), strict=True)) for key, summary in kept))


def _key(row: Row, *, fingerprint: str) -> tuple[str, str, str]:
    return fingerprint, row.id, hash_document(row.document)


def _parse(record: dict[str, str]) -> tuple[tuple[str, str, str], str]:
    return (record["fingerprint"], record["id"], record["document_hash"]), record["summary"]
