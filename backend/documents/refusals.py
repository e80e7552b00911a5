"""The refusals that more than one reader gives.

In: the file's name. Out: a `DocumentError` for the caller to raise. Knows nothing of formats.
"""

from __future__ import annotations

from backend.errors import DocumentError


def refuse_broken(name: str) -> DocumentError:
    """Return the refusal for a file that has a known format but is damaged.

    Args:
        name: the file's name.
    """
    return DocumentError(
        "document.broken",
        "{name} is damaged or incomplete and cannot be opened; "
        "open it in the program that made it, save it again, and upload the new file.",
        name=name,
    )


def refuse_locked(name: str) -> DocumentError:
    """Return the refusal for a file that opens with a password only.

    Args:
        name: the file's name.
    """
    return DocumentError(
        "document.password",
        "{name} is protected by a password; save a copy without a password and upload that.",
        name=name,
    )


def refuse_costly(name: str) -> DocumentError:
    """Return the refusal for a file that takes more time or memory than one document may.

    Args:
        name: the file's name.
    """
    return DocumentError(
        "document.too_costly",
        "{name} takes more time or memory to read than one document may; "
        "copy the part that matters into a new file, or paste its text.",
        name=name,
    )
