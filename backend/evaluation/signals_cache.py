"""Keeps the signals of finished summaries in a JSONL file, so that an interrupted evaluation goes on where it stopped.

In: a path, and records as they are made. Out: the record of a (fingerprint, case) made earlier, if any. The fingerprint
names model, adapter, posterior and sampling plan; a case is known by its document and its summary. Labels and grounding
checks are not kept: they cost no pass of the model, and a mended check must not meet its old findings.

Does not know what a signal is. One process writes to a file at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from backend.datasets import hash_document
from backend.evaluation.errors_data import Case
from backend.evaluation.json_lines import append_lines, read_kept


@dataclass(frozen=True, slots=True)
class SignalRecord:
    """A summary with the text of each of its tokens and the signals of each token by name."""

    summary: str
    pieces: tuple[str, ...]
    signals: Mapping[str, tuple[float, ...]]


class SignalCache:
    """Records by (fingerprint, case); in memory only where `path` is None."""

    def __init__(self, path: Path | None) -> None:
        """Reads what the file holds; a last line that was cut off by a kill is dropped from it."""
        self._path = path
        self._records: dict[tuple[str, str], SignalRecord] = {}
        self._records.update(read_kept(path, _parse))

    def get(self, case: Case, *, fingerprint: str) -> SignalRecord | None:
        """The record of this case under this fingerprint, or None."""
        return self._records.get(_key(case, fingerprint))

    def add(self, case: Case, record: SignalRecord, *, fingerprint: str) -> None:
        """Keeps a record; it is on the disk when this returns."""
        key = _key(case, fingerprint)
        self._records[key] = record
        if self._path is None:
            return
        append_lines(self._path, [{"fingerprint": key[0], "case": key[1], **asdict(record)}])


def _key(case: Case, fingerprint: str) -> tuple[str, str]:
    parts = (case.document, case.summary or "", case.kind, case.language)
    return fingerprint, hash_document("\x00".join(parts))[:24]


def _parse(row: dict[str, Any]) -> tuple[tuple[str, str], SignalRecord]:
    signals = {name: tuple(map(float, values)) for name, values in row["signals"].items()}
    record = SignalRecord(row["summary"], tuple(row["pieces"]), signals)
    if any(len(values) != len(record.pieces) for values in signals.values()):
        raise ValueError("a signal has not one number a token")
    return (row["fingerprint"], row["case"]), record
