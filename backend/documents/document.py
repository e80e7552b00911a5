"""The document that the other rooms work with, and the two ways to get one: from a file, from a pasted text.

In: a path or a string. Out: a `Document`, or exactly one `DocumentError`: there is no third outcome. Knows
nothing of the model, the database or the screen.
"""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from pathlib import Path

from backend.documents.classification import find_heading, find_title, guess_kind, guess_language
from backend.documents.cleaning import clean_line, clean_text
from backend.documents.delimited import extract_csv
from backend.documents.detection import detect_content, is_mismatch, refuse_binary
from backend.documents.encoding import decode_text
from backend.documents.extraction import Extraction
from backend.documents.isolation import read_isolated
from backend.documents.limits import MAX_BYTES, MAX_CHARACTERS, STOP_CHARACTERS
from backend.errors import DocumentError

_MEGABYTE = 1024 * 1024
_MAX_NAME_CHARACTERS = 255
# Marks that a reader takes for an empty page although they are no white space.
_BLANK = re.compile("[\\s\u200c-\u200f\u061c\u2800\u3164\ufe0f\ufffc]*")


@dataclass(frozen=True, slots=True)
class Document:
    r"""One text to summarize.

    Args:
        title: first heading, file name or first line; at most 80 characters.
        text: clean: `\n` ends a line, no controls, no surrogates. Offsets everywhere are its code points.
        kind: "inspection_log", "specification" or "report".
        language: "en" or "ja".
        source_name: file name as uploaded, or "".
        notes: codes of what was done to the text.
    """

    title: str
    text: str
    kind: str
    language: str
    source_name: str
    notes: tuple[str, ...]


def read_file(path: Path, *, name: str | None = None) -> Document:
    """Read a txt, md, csv, xlsx, docx or pdf file; the content decides, not the extension.

    Args:
        path: where the file lies.
        name: its name as uploaded, if that is another than the path's.

    Raises:
        DocumentError: what is wrong with the file, and what to do.
    """
    bare_name = re.split(r"[\\/]", (str(path) if name is None else name).rstrip("\\/"))[-1]
    source_name = clean_line(bare_name, max_characters=_MAX_NAME_CHARACTERS)
    # A refusal names the file even where the upload came without a name.
    shown_name = source_name or "The file"
    data = _read_bytes(Path(path), name=shown_name)
    extension = Path(bare_name).suffix.lower()
    content = detect_content(data, extension=extension, name=shown_name)
    if content in ("txt", "csv"):
        extraction = _extract_text(data, content=content, name=shown_name)
    else:
        extraction = read_isolated(data, content=content, name=shown_name)
    _check_length(extraction.text, limit=STOP_CHARACTERS, name=shown_name)
    text, cleaning_notes = clean_text(extraction.text)
    _check_length(text, limit=MAX_CHARACTERS, name=shown_name)
    if _BLANK.fullmatch(text):
        raise DocumentError(
            "document.blank",
            "{name} contains no text, only blank space; check that it is the right file.",
            name=shown_name,
        )
    notes = [*extraction.notes, *cleaning_notes]
    if is_mismatch(content, extension):
        notes.insert(0, f"content.{content}")
    first_line = text.partition("\n")[0] if content == "txt" else ""
    heading = clean_line(extraction.heading) or find_heading(first_line)
    title = heading or clean_line(Path(source_name).stem) or find_title(text)
    return _build(text, title=title, source_name=source_name, notes=notes)


def read_text(text: str, *, title: str = "") -> Document:
    """Take a pasted text.

    Args:
        text: any string.
        title: what the person calls it; the first heading or line where this is empty.

    Raises:
        DocumentError: `document.paste_empty` or `document.paste_too_long`.
    """
    if len(text) > MAX_CHARACTERS:
        raise paste_too_long(len(text))
    clean, notes = clean_text(text)
    if _BLANK.fullmatch(clean):
        raise DocumentError("document.paste_empty", "There is no text to summarize; paste a document or upload a file.")
    return _build(clean, title=clean_line(title) or find_title(clean), source_name="", notes=notes)


def _read_bytes(path: Path, *, name: str) -> bytes:
    """Return the file's bytes, without ever reading more than the limit."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DocumentError(
                "document.not_a_file",
                "{name} is a folder or a device, not a file; choose a document.",
                name=name,
            )
        _check_size(status.st_size, name=name)
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    # ValueError: a NUL in the path.
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise DocumentError(
            "document.missing",
            "{name} does not exist (any more); check the path, or upload the file again.",
            name=name,
        ) from error
    except OSError as error:
        raise DocumentError(
            "document.unreadable",
            "{name} cannot be opened for reading; check its permissions, or close the program that holds it.",
            name=name,
        ) from error
    _check_size(len(data), name=name)
    if not data:
        raise DocumentError(
            "document.empty",
            "{name} is empty (0 bytes); upload the file again, or paste its text.",
            name=name,
        )
    return data


def _check_size(size_bytes: int, *, name: str) -> None:
    if size_bytes > MAX_BYTES:
        raise DocumentError(
            "document.too_large",
            "{name} has {megabytes:.1f} MB, and at most {limit} MB are read; upload the part that matters.",
            name=name,
            # Rounded up, so that the sentence never says "20.0 MB, and at most 20 MB".
            megabytes=-(-size_bytes * 10 // _MEGABYTE) / 10,
            limit=MAX_BYTES // _MEGABYTE,
        )


def _extract_text(data: bytes, *, content: str, name: str) -> Extraction:
    decoded = decode_text(data)
    if decoded is None:
        raise refuse_binary(data, name=name)
    if content == "txt" or len(decoded.text) > MAX_CHARACTERS:
        return Extraction(decoded.text, notes=decoded.notes)
    table = extract_csv(decoded.text)
    return Extraction(table.text, notes=(*decoded.notes, *table.notes))


def paste_too_long(characters: int) -> DocumentError:
    """Why a text of this many characters is not read."""
    return DocumentError(
        "document.paste_too_long",
        "The pasted text has {characters:,} characters, and at most {limit:,} can be read; "
        "paste the part that matters.",
        characters=characters,
        limit=MAX_CHARACTERS,
    )


def _check_length(text: str, *, limit: int, name: str) -> None:
    if len(text) > limit:
        raise DocumentError(
            "document.too_long",
            "{name} has {characters:,} characters or more, and at most {limit:,} can be read; "
            "upload the part that matters.",
            name=name,
            characters=len(text),
            limit=MAX_CHARACTERS,
        )


def _build(text: str, *, title: str, source_name: str, notes: tuple[str, ...] | list[str]) -> Document:
    return Document(
        title=title,
        text=text,
        kind=guess_kind(f"{title}\n{text}"),
        language=guess_language(text),
        source_name=source_name,
        notes=tuple(dict.fromkeys(notes)),
    )
