"""PDF → text, page by page.

In: the bytes of a pdf file. Out: an `Extraction`, or a `DocumentError` for a file that is locked, too long,
made of pictures, or whose fonts do not say which characters they draw. Filled-in form fields follow the
pages. Knows nothing of cleaning, and relies on the process around it to end a file that would loop.
"""

from __future__ import annotations

import io
import unicodedata

from pypdf import PasswordType, PdfReader
from pypdf.errors import LimitReachedError

from backend.documents.extraction import Extraction
from backend.documents.limits import MAX_PAGES, STOP_CHARACTERS
from backend.documents.refusals import refuse_costly, refuse_locked
from backend.errors import DocumentError

_MAX_GARBLED_SHARE = 0.2
# Bullets and check boxes of Word's symbol fonts arrive as private characters.
_SYMBOLS = {
    0xF0B7: "•",
    0xF0A7: "▪",
    0xF0D8: "➢",
    0xF0FC: "✓",
    0xF0FB: "✗",
    0xF0FE: "☑",
    0xF0FD: "☒",
    0xF0A8: "☐",
}


def extract_pdf(data: bytes, *, name: str) -> Extraction:
    """Read the text layer of every page.

    Args:
        data: the whole file.
        name: the file's name for the refusal.

    Raises:
        DocumentError: locked, too many pages, only pictures, fonts without characters, or too costly.
    """
    try:
        return _extract(PdfReader(io.BytesIO(data)), name=name)
    except LimitReachedError as error:
        raise refuse_costly(name) from error


def _extract(reader: PdfReader, *, name: str) -> Extraction:
    # Many files are only protected against changes: those open with the empty password, as in any viewer.
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise refuse_locked(name)
    if len(reader.pages) > MAX_PAGES:
        raise DocumentError(
            "document.too_many_pages",
            "{name} has {pages} pages, and at most {limit} are read; upload the part that matters.",
            name=name,
            pages=len(reader.pages),
            limit=MAX_PAGES,
        )
    pages, notes = _read_pages(reader)
    text = "\n\n".join([*filter(None, pages), *_read_form(reader)])
    _check_text(text, name=name)
    return Extraction(text, notes=notes)


def _read_pages(reader: PdfReader) -> tuple[list[str], tuple[str, ...]]:
    pages: list[str] = []
    characters = 0
    for page in reader.pages:
        pages.append(page.extract_text().translate(_SYMBOLS).strip())
        characters += len(pages[-1])
        if characters > STOP_CHARACTERS:
            break
    has_picture_pages = any(pages) and not all(pages)
    return pages, ("pages.without_text",) if has_picture_pages else ()


def _read_form(reader: PdfReader) -> list[str]:
    """Return the filled-in fields: what stands in them is not part of the pages' text."""
    fields = reader.get_form_text_fields()
    lines = [f"{label}: {value}" for label, value in fields.items() if value]
    return ["\n".join(lines)] if lines else []


def _check_text(text: str, *, name: str) -> None:
    visible = [character for character in text if not character.isspace()]
    if not visible:
        raise DocumentError(
            "document.image_only",
            "{name} has no text layer: its pages are pictures; "
            "run text recognition (OCR) on it and upload the result, or paste the text.",
            name=name,
        )
    # Private-use, control and replacement characters: glyph numbers that no table turns into characters.
    garbled = sum(c == "\ufffd" or unicodedata.category(c) in ("Cc", "Co", "Cn", "Cs") for c in visible)
    if garbled > _MAX_GARBLED_SHARE * len(visible):
        raise DocumentError(
            "document.garbled",
            "{name} draws its text with fonts that do not say which characters they show; "
            "save it as a PDF again from the original program, or paste the text.",
            name=name,
        )
