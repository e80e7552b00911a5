"""The one place where a library opens a file: xlsx, docx or pdf bytes → `Extraction` or `DocumentError`.

Run as a program (`python -m backend.documents.container_reader CONTENT NAME`) it reads the bytes from
standard input and writes the outcome as JSON: that is how `isolation` uses it, so that a hostile file that
loops or eats memory ends with that process. Knows nothing of cleaning.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import json
import sys
import warnings
from collections.abc import Callable

from backend.documents.container import check_container
from backend.documents.extraction import Extraction
from backend.documents.limits import MAX_MEMORY_BYTES, MAX_SECONDS
from backend.documents.refusals import refuse_broken, refuse_costly
from backend.errors import DocumentError

# By name: each process imports one of these libraries only, and the process that asks imports none.
_READERS = {
    "xlsx": ("backend.documents.workbook", "extract_workbook"),
    "docx": ("backend.documents.word", "extract_word"),
    "pdf": ("backend.documents.pdf", "extract_pdf"),
}


def read_container(data: bytes, *, content: str, name: str) -> Extraction:
    """Read one file; whatever goes wrong inside a library becomes one sentence here.

    Args:
        data: the whole file.
        content: "xlsx", "docx" or "pdf".
        name: the file's name for the refusal.

    Raises:
        DocumentError: with the library's own exception as its cause.
    """
    try:
        # Libraries warn about oddities of a file (a missing style); the person can do nothing about them.
        with warnings.catch_warnings(action="ignore"):
            if content != "pdf":
                check_container(data, name=name)
            return _find_reader(content)(data, name=name)
    except DocumentError:
        raise
    except (MemoryError, RecursionError) as error:
        raise refuse_costly(name) from error
    except Exception as error:
        raise refuse_broken(name) from error


def _find_reader(content: str) -> Callable[..., Extraction]:
    module, function = _READERS[content]
    return getattr(importlib.import_module(module), function)


def _limit_process() -> None:
    """Cap this process's memory and processor time where the system can (not on Windows)."""
    try:
        resource = importlib.import_module("resource")
    except ImportError:
        return
    for kind, wanted in ((resource.RLIMIT_AS, MAX_MEMORY_BYTES), (resource.RLIMIT_CPU, MAX_SECONDS)):
        _, hard = resource.getrlimit(kind)
        # macOS refuses some of these; the wall clock outside still holds.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (wanted, hard))


def main(content: str, name: str) -> None:
    """Read standard input and write the outcome to standard output.

    Args:
        content: "xlsx", "docx" or "pdf".
        name: the file's name for the refusal.
    """
    _limit_process()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            extraction = read_container(sys.stdin.buffer.read(), content=content, name=name)
        outcome: dict[str, object] = {"extraction": dataclasses.asdict(extraction)}
    except DocumentError as error:
        refusal = {"code": error.code, "sentence": error.sentence, "parameters": error.parameters}
        outcome = {"refusal": refusal, "cause": repr(error.__cause__) if error.__cause__ else ""}
    sys.stdout.write(json.dumps(outcome))


if __name__ == "__main__":
    main(*sys.argv[1:])
