"""File or pasted text → `Document`: clean text with a guessed kind and language, or one clear refusal.

In: a path, or a string. Out: a frozen `Document`, or a `DocumentError` that says what is wrong with the
input. Knows nothing of the model, the database or the screen.
"""

from __future__ import annotations

from backend.documents.document import Document, paste_too_long, read_file, read_text
from backend.documents.limits import MAX_BYTES, MAX_CHARACTERS

__all__ = ["MAX_BYTES", "MAX_CHARACTERS", "Document", "paste_too_long", "read_file", "read_text"]
