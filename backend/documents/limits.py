"""How much one document may be, and how much work reading it may cost.

Plain numbers, in one place because the refusals name them. Knows nothing of any format.
"""

from __future__ import annotations

MAX_BYTES = 20 * 1024 * 1024
"""Size of an uploaded file; larger ones are refused before they are read into memory."""

MAX_CHARACTERS = 200_000
"""Code points of the text that reaches the model's room."""

STOP_CHARACTERS = 2_000_000
"""Where a reader of containers stops counting: the text is refused anyway."""

MAX_PAGES = 300
"""Pages of a PDF."""

MAX_ENTRIES = 5_000
"""Files inside an Office container."""

MAX_UNPACKED_BYTES = 150 * 1024 * 1024
"""Unpacked size of an Office container, all files together."""

MAX_UNPACK_RATIO = 200
"""Unpacked size over packed size; real workbooks stay below 60, a bomb reaches 1,000."""

SMALL_UNPACKED_BYTES = 5 * 1024 * 1024
"""Below this the ratio does not matter: a few repeated rows compress very well."""

MAX_SECONDS = 60
"""Wall-clock and processor time for one container."""

MAX_MEMORY_BYTES = 2 * 1024**3
"""Address space of the process that reads one container."""
