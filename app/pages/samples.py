"""The sample documents, one click away for somebody who has no own at hand.

In: a name. Out: the text of the file in `app/samples/`. Knows nothing of pages.
"""

from __future__ import annotations

from pathlib import Path

SAMPLES = ("inspection", "specification", "japanese")
SAMPLES_DIR = Path(__file__).parent.parent / "samples"


def read_sample(name: str) -> str:
    """The text of one sample."""
    return (SAMPLES_DIR / f"{name}.txt").read_text(encoding="utf-8")
