"""Data sets for training, fitting and evaluation: JSONL or CSV rows of `document` and `reference`.

In: a UTF-8 file. Out: checked `Row`s, and the part (train, validation, test) that each belongs to.
A row may also have `id` (otherwise a hash of the document), `topic`, `kind` and `language`; further columns
are kept in `extra` for those who know them (the generated logs carry their facts there). Every complaint is a
`DataError` that names the file, the line and what to change there.

Does not know what a model, a summary's quality or the database is; imports nothing of the project but its
errors.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, Literal

from backend.errors import DataError

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
DEFAULT_FRACTIONS = (0.7, 0.1, 0.2)
_NAMED_COLUMNS = ("id", "document", "reference", "topic", "kind", "language")
_KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa\uff66-\uff9d]")
_NO_ROWS = "The file {name} has no rows. Each row needs a document and a reference summary."


@dataclass(frozen=True, slots=True)
class Row:
    """One document with the summary that a person wrote for it; `dataset` names the file it came from."""

    id: str
    document: str
    reference: str
    dataset: str = ""
    topic: str = ""
    kind: str = ""
    language: str = "en"
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


def read_rows(path: Path) -> list[Row]:
    """Reads and checks a whole data set (.jsonl, .ndjson or .csv).

    Raises:
        DataError: unreadable file, wrong encoding, no rows, a bad row (with its line), a repeated id.
    """
    readers = {".jsonl": _read_jsonl, ".ndjson": _read_jsonl, ".csv": _read_csv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DataError(
            "data.kind",
            "The file {name} is not a data set: use .jsonl (an object a line) or .csv (with a header).",
            name=path.name,
        )
    numbered = reader(_read_text(path), path.name)
    rows = _refuse_repeats(
        ((line, _check_row(columns, line=line, path=path)) for line, columns in numbered), name=path.name
    )
    if not rows:
        raise DataError("data.empty", _NO_ROWS, name=path.name)
    return rows


def split_of(row_id: str, *, fractions: Sequence[float] = DEFAULT_FRACTIONS) -> Split:
    """Names the part a row belongs to, by a hash of its id: the same whatever the order and the other rows.

    Args:
        row_id: the row's id.
        fractions: shares of train, validation and test; they add up to 1.
    """
    if len(fractions) != len(SPLITS) or min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-9:
        raise ValueError(f"fractions must be three shares that add up to 1, not {tuple(fractions)}")
    digest = hashlib.sha256(row_id.encode()).digest()
    position = int.from_bytes(digest[:8], "big") / 2**64  # uniform in [0, 1)
    if position < fractions[0]:
        return "train"
    return "validation" if position < fractions[0] + fractions[1] else "test"


def rows_of_split(rows: Iterable[Row], *, split: Split, fractions: Sequence[float] = DEFAULT_FRACTIONS) -> list[Row]:
    """Keeps the rows of one part, in their order."""
    return [row for row in rows if split_of(row.id, fractions=fractions) == split]


def hash_document(text: str) -> str:
    """SHA-256 of a document's text, in hex: its id where the file gives none."""
    return hashlib.sha256(text.encode()).hexdigest()


def _read_text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            "data.unreadable",
            "The file {name} cannot be read ({cause}). Check the path and its permissions.",
            name=str(path),
            cause=error.strerror or type(error).__name__,
        ) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            "data.encoding",
            "The file {name} is not UTF-8 text (line {line}). Save it as UTF-8 (in Excel: “CSV UTF-8”).",
            name=path.name,
            line=data.count(b"\n", 0, error.start) + 1,
        ) from error
    if not text.strip():
        raise DataError("data.empty", _NO_ROWS, name=path.name)
    return text


def _read_jsonl(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, content in enumerate(text.split("\n"), start=1):  # splitlines() would also break at U+2028 in a string
        if not content.strip():
            continue
        try:
            columns = json.loads(content)
        except (json.JSONDecodeError, RecursionError) as error:
            raise DataError(
                "data.json",
                "Line {line} of {name} is not valid JSON. Each line must be one whole JSON object.",
                name=name,
                line=line,
            ) from error
        if not isinstance(columns, dict):
            raise DataError(
                "data.object",
                'Line {line} of {name} is not a JSON object. Write {{"document": "…", "reference": "…"}}.',
                name=name,
                line=line,
            )
        yield line, columns


def _read_csv(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    with StringIO(text, newline="") as file:
        reader = csv.reader(file, strict=True)
        header: list[str] | None = None
        for line, cells in _number_records(reader, name):
            if header is None:
                header = _check_header([cell.strip() for cell in cells], name=name)
                continue
            if len(cells) != len(header):
                raise DataError(
                    "data.cells",
                    "Line {line} of {name} has {found} cells, the header has {expected}. "
                    "Put texts with commas or line breaks between double quotes.",
                    name=name,
                    line=line,
                    found=len(cells),
                    expected=len(header),
                )
            yield line, dict(zip(header, cells, strict=True))


def _number_records(reader: Any, name: str) -> Iterator[tuple[int, list[str]]]:
    # csv refuses fields above 128 KiB; documents may be longer. The limit is global: each record restores it.
    while True:
        line = reader.line_num + 1
        previous = csv.field_size_limit(sys.maxsize)
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise DataError(
                "data.csv",
                "The row on line {line} of {name} cannot be read ({cause}). Check its double quotes.",
                name=name,
                line=line,
                cause=str(error),
            ) from error
        finally:
            csv.field_size_limit(previous)
        if cells is None:
            return
        if cells:
            yield line, cells


def _check_header(header: list[str], *, name: str) -> list[str]:
    missing = [column for column in ("document", "reference") if column not in header]
    if missing:
        raise DataError(
            "data.columns",
            "The file {name} has no column {missing}; its columns are: {found}. Name the columns in the "
            "first line, separated by commas.",
            name=name,
            missing=", ".join(missing),
            found=", ".join(header)[:200],
        )
    if len(set(header)) != len(header):
        raise DataError(
            "data.header",
            "The header of {name} names a column twice: {found}. Give every column its own name.",
            name=name,
            found=", ".join(header)[:200],
        )
    return header


def _check_row(columns: Mapping[str, Any], *, line: int, path: Path) -> Row:
    document = _require_text(columns, "document", line=line, name=path.name)
    reference = _require_text(columns, "reference", line=line, name=path.name)
    optional = {column: _optional_text(columns, column, line=line, name=path.name) for column in _NAMED_COLUMNS[3:]}
    row_id = columns.get("id")
    if isinstance(row_id, int) and not isinstance(row_id, bool):
        row_id = str(row_id)
    elif row_id is not None and not isinstance(row_id, str):
        raise _bad_text("id", line=line, name=path.name)
    return Row(
        id=(row_id or "").strip() or hash_document(document),
        document=document,
        reference=reference,
        dataset=path.stem,
        topic=optional["topic"],
        kind=optional["kind"],
        language=optional["language"] or _guess_language(document),
        extra={key: value for key, value in columns.items() if key not in _NAMED_COLUMNS},
    )


def _require_text(columns: Mapping[str, Any], column: str, *, line: int, name: str) -> str:
    if column not in columns or columns[column] is None:
        raise DataError(
            "data.missing",
            "Line {line} of {name} has no {column}. Every row needs a document and a reference summary.",
            name=name,
            line=line,
            column=column,
        )
    value = columns[column]
    if not isinstance(value, str) or _has_lone_surrogate(value):
        raise _bad_text(column, line=line, name=name)
    if not value.strip():
        raise DataError(
            "data.blank",
            "The {column} on line {line} of {name} is empty. Fill it in or remove the row.",
            name=name,
            line=line,
            column=column,
        )
    return value


def _optional_text(columns: Mapping[str, Any], column: str, *, line: int, name: str) -> str:
    value = columns.get(column)
    if value is None:
        return ""
    if not isinstance(value, str) or _has_lone_surrogate(value):
        raise _bad_text(column, line=line, name=name)
    return value.strip()


def _bad_text(column: str, *, line: int, name: str) -> DataError:
    return DataError(
        "data.text",
        "The {column} on line {line} of {name} is not text. Write one string without broken characters.",
        name=name,
        line=line,
        column=column,
    )


def _has_lone_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _guess_language(text: str) -> str:
    return "ja" if _KANA.search(text) else "en"


def _refuse_repeats(numbered: Iterable[tuple[int, Row]], *, name: str) -> list[Row]:
    first_lines: dict[str, int] = {}
    rows = []
    for line, row in numbered:
        if row.id in first_lines:
            raise DataError(
                "data.repeated",
                "Line {line} of {name} has the same id or document as line {first}. Remove one of them, "
                "or give each row its own id.",
                name=name,
                line=line,
                first=first_lines[row.id],
            )
        first_lines[row.id] = line
        rows.append(row)
    return rows
