"""What every database can hold: any Unicode except NUL and half surrogate pairs, numbers of 32 bits.

In: text typed by a person, or text that must already be clean. Out: clean text, or a refusal.
Knows nothing of the tables.
"""

from __future__ import annotations

import re

from backend.errors import ReviewError

MAX_NUMBER = 2**31 - 1  # of a key
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean_typed(text: str) -> str:
    """What a person typed, with one kind of line end; a broken character becomes U+FFFD."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return _UNSTORABLE.sub("\ufffd", unified)


def require_storable(*texts: str) -> None:
    """Refuse text that offsets already point into and that cannot be stored as it is.

    Raises:
        ReviewError: naming the character and its place.
    """
    for text in texts:
        found = _UNSTORABLE.search(text)
        if found is not None:
            raise ReviewError(
                "review.text_unstorable",
                "Character {position} of the text (U+{code_point}) cannot be stored; remove it.",
                position=found.start() + 1,
                code_point=f"{ord(found.group()):04X}",
            )
