"""Files of one JSON value a line: data that somebody gives, and results that are kept as they are made.

A line is on the disk when `append_lines` returns; one that a kill cut off is removed by `drop_torn_line` before the
file is read again. One process writes to a file at a time. Knows nothing of what the values mean.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from backend.errors import DataError

Kept = TypeVar("Kept")


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbers, from 1, and contents of the lines that are not blank, as text that is still to be parsed.

    Raises:
        DataError: the file cannot be read as UTF-8 text.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            "evaluation.unreadable",
            "The file {name} cannot be read as UTF-8 text. Check the path, its permissions and its encoding.",
            name=str(path),
        ) from error
    for line, content in enumerate(text.split("\n"), start=1):  # splitlines() would also break at U+2028 in a string
        if content.strip():
            yield line, content


def append_lines(path: Path, values: Iterable[object]) -> None:
    """Add a line for each value."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", newline="\n") as file:
        # ASCII escapes: a text with a lone surrogate must not stop a run
        file.writelines(json.dumps(value) + "\n" for value in values)
        file.flush()
        os.fsync(file.fileno())


def read_kept(path: Path | None, parse: Callable[[Any], Kept]) -> Iterator[Kept]:
    """What `parse` makes of each line of a file of kept results; nothing where there is no file yet.

    A last line that a kill cut off is removed from the file first.

    Args:
        parse: a line's value → result; raises ValueError, KeyError, TypeError or AttributeError if it is none.

    Raises:
        DataError: a line is damaged.
    """
    if path is None or not path.exists():
        return
    drop_torn_line(path)
    for line, content in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            kept = parse(json.loads(content))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                "evaluation.cache",
                "Line {line} of {name} is not a kept summary. Delete that line, or the file to start again.",
                name=str(path),
                line=line,
            ) from error
        yield kept


def drop_torn_line(path: Path) -> None:
    """Remove a last line that a kill cut off."""
    with path.open("r+b") as file:
        content = file.read()
        whole = content.rfind(b"\n") + 1
        if whole != len(content):
            file.truncate(whole)
