"""Reads a container in a process of its own, and ends that process when the file takes too much.

In: the bytes of an xlsx, docx or pdf file. Out: an `Extraction`, or the `DocumentError` that the process
reports. Nothing is written to disk. Knows nothing of the formats.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from backend.documents.extraction import Extraction
from backend.documents.limits import MAX_SECONDS
from backend.documents.refusals import refuse_costly
from backend.errors import DocumentError


class ReadingFailure(Exception):
    """What the reading process said about a file, kept as the cause of the sentence that a person gets."""


def read_isolated(data: bytes, *, content: str, name: str, max_seconds: float = MAX_SECONDS) -> Extraction:
    """Read one file in a process of its own.

    Args:
        data: the whole file.
        content: "xlsx", "docx" or "pdf".
        name: the file's name for the refusal.
        max_seconds: wall-clock time after which the process is ended.

    Raises:
        DocumentError: what the process reports, or that it took too much, or that it could not start.
    """
    command = [sys.executable, "-P", "-m", "backend.documents.container_reader", content, name]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=max_seconds, env=_environment(), check=False
        )
    except subprocess.TimeoutExpired as error:
        raise refuse_costly(name) from error
    except OSError as error:
        raise DocumentError(
            "document.reader_unavailable",
            "{name} was not read because this computer could not start another process; "
            "close other programs and try again, or paste its text.",
            name=name,
        ) from error
    if done.returncode != 0:
        # Killed for memory or processor time, or crashed inside a C library.
        raise refuse_costly(name) from ReadingFailure(done.stderr[-2000:].decode("utf-8", "replace"))
    return _unpack(json.loads(done.stdout))


def _environment() -> dict[str, str]:
    """Return an environment in which the process finds the same packages as this one."""
    # "" in the path means the current folder.
    path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
    # One thread: numerical libraries reserve address space for each, and that is capped.
    return {**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"}


def _unpack(outcome: dict) -> Extraction:
    if "refusal" in outcome:
        refusal = outcome["refusal"]
        cause = ReadingFailure(outcome["cause"]) if outcome["cause"] else None
        raise DocumentError(refusal["code"], refusal["sentence"], **refusal["parameters"]) from cause
    fields = outcome["extraction"]
    return Extraction(fields["text"], heading=fields["heading"], notes=tuple(fields["notes"]))
