"""Keeps the signals of finished summaries in a JSONL file, so that an interrupted evaluation goes on where it stopped.

In: a path, and records as they are made. Out: the record of a (fingerprint, case) made earlier, if any. The fingerprint
names model, adapter, posterior and sampling plan; a case is known by its document and its summary. Labels and grounding
checks are not kept: they cost no pass of the model, and a mended check must not meet its old findings.

Does not know what a signal is. One process writes to a file at a time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from backend.datasets import hash_document
from backend.errors import DataError
from backend.evaluation.errors_data import Case
from backend.evaluation.json_lines import append_lines, drop_torn_line


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
        if path is not None and path.exists():
            drop_torn_line(path)
            for line, content in enumerate(path.read_text("utf-8").splitlines(), start=1):
                key, record = _read(content, line=line, path=path)
                self._records[key] = record

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


def _read(content: str, *, line: int, path: Path) -> tuple[tuple[str, str], SignalRecord]:
    try:
        row = json.loads(content)
        signals = {name: tuple(map(float, values)) for name, values in row["signals"].items()}
        record = SignalRecord(row["summary"], tuple(row["pieces"]), signals)
        if any(len(values) != len(record.pieces) for values in signals.values()):
            raise ValueError("a signal has not one number a token")
        return (row["fingerprint"], row["case"]), record
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            "evaluation.cache",
            "Line {line} of {name} is not a kept summary. Delete that line, or the file to start again.",
            name=str(path),
            line=line,
        ) from error
