"""What a reader of one format hands on: raw text before cleaning, a heading where there is one, and notes.

Plain data that also crosses the border of the reading process. Knows nothing of any format.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extraction:
    """Text as it stood in the file, not yet cleaned."""

    text: str
    heading: str = ""
    notes: tuple[str, ...] = ()
