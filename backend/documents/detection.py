"""Bytes → what they really are, whatever the file name says.

In: the bytes and the extension. Out: the name of a content ("txt", "csv", "xlsx", "docx", "pdf"), or a
`DocumentError` for what is recognised and not supported. Text is recognised by exclusion: whether it can be
decoded is asked elsewhere. Knows nothing of how a format is read.
"""

from __future__ import annotations

import io
import zipfile

from backend.documents.refusals import refuse_broken, refuse_locked
from backend.errors import DocumentError

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")
_TABLE_EXTENSIONS = frozenset({".csv", ".tsv", ".xls", ".xlsx", ".xlsm"})
_CONTENT_EXTENSIONS = {
    "xlsx": frozenset({".xlsx", ".xlsm"}),
    "docx": frozenset({".docx"}),
    "pdf": frozenset({".pdf"}),
}
_NOT_TEXT_EXTENSIONS = frozenset({".xlsx", ".xlsm", ".xls", ".docx", ".doc", ".pdf", ".png", ".jpg"})


def detect_content(data: bytes, *, extension: str, name: str) -> str:
    """Return the content that the bytes are, "txt" or "csv" where nothing says otherwise.

    Args:
        data: the whole file.
        extension: lower case, with its dot.
        name: the file's name for the refusal.

    Raises:
        DocumentError: for Office 97 files, locked files, archives and formats that are not read.
    """
    head = data[:1024]
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"%PDF-") or (extension == ".pdf" and b"%PDF-" in head):
        return "pdf"
    if data.startswith(_OLE):
        raise _refuse_ole(data, name)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _detect_in_zip(data, name)
    if data.startswith(b"{\\rtf"):
        raise _refuse_format("RTF", name)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html")):
        raise _refuse_format("HTML", name)
    return "csv" if extension in _TABLE_EXTENSIONS else "txt"


def is_mismatch(content: str, extension: str) -> bool:
    """Say whether the extension promises something else than the content is.

    Args:
        content: what `detect_content` returned.
        extension: lower case, with its dot.
    """
    if content in _CONTENT_EXTENSIONS:
        return extension not in _CONTENT_EXTENSIONS[content]
    return extension in _NOT_TEXT_EXTENSIONS


def refuse_binary(data: bytes, *, name: str) -> DocumentError:
    """Return the refusal for bytes that are no text: a picture is named, anything else is not guessed at.

    Args:
        data: the whole file.
        name: the file's name.
    """
    if data.startswith(_PICTURES) or data[4:12] in (b"ftypheic", b"ftypavif"):
        return DocumentError(
            "document.picture",
            "{name} is a picture, and text in pictures cannot be read; "
            "type or paste its text, or upload a PDF with a text layer (OCR).",
            name=name,
        )
    return DocumentError(
        "document.binary",
        "{name} is not a text: its content is binary, in no format that is read here; "
        "upload the original as txt, md, csv, xlsx, docx or pdf, or paste its text.",
        name=name,
    )


def _refuse_ole(data: bytes, name: str) -> DocumentError:
    """Tell a locked Office file from an Office 97 one by the stream names in the container's directory."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return refuse_locked(name)
    return DocumentError(
        "document.legacy_office",
        "{name} is in the old Office format (.doc, .xls or .ppt); "
        "open it and save it as docx or xlsx, then upload that.",
        name=name,
    )


def _detect_in_zip(data: bytes, name: str) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    # A damaged directory makes zipfile fail in many ways, down to struct.error and NotImplementedError.
    except Exception as error:
        raise refuse_broken(name) from error
    if "word/vbaProject.bin" in names:
        raise _refuse_format("DOCM", name)
    if "word/document.xml" in names:
        return "docx"
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        raise _refuse_format("XLSB", name)
    if any(entry.startswith("ppt/") for entry in names):
        raise _refuse_format("PowerPoint", name)
    if "mimetype" in names and "content.xml" in names:
        raise _refuse_format("OpenDocument", name)
    if "[Content_Types].xml" in names:
        raise refuse_broken(name)
    raise DocumentError(
        "document.archive",
        "{name} is a ZIP archive; unpack it and upload the documents in it one by one.",
        name=name,
    )


def _refuse_format(found: str, name: str) -> DocumentError:
    return DocumentError(
        "document.unsupported",
        "{name} is a file of the kind {found}, which is not read here; "
        "save it as docx, xlsx, pdf or txt and upload that.",
        name=name,
        found=found,
    )
