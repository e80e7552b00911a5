"""The folder that everything is written into, made at the start of a command.

In: a path of the settings. Out: the folder, or a sentence about what is in its way. Knows nothing of what lies there.
"""

from __future__ import annotations

from pathlib import Path

from backend.errors import ReviewError


def make_folder(folder: Path, *, mode: int = 0o777) -> Path:
    """Make a folder with those above it, unless it is there.

    Raises:
        ReviewError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=mode)
    except OSError as error:
        raise ReviewError(
            "data.unusable",
            "The data folder {folder} cannot be made ({reason}); set TASHIKA_DATA to a folder that you may write to.",
            folder=str(folder),
            reason=error.strerror or type(error).__name__,
        ) from error
    return folder
