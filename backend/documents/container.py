"""Office files are ZIP archives of XML: is it safe to let a library open this one?

In: the bytes. Out: nothing, or a `DocumentError`. Everything is counted before and while unpacking, so that
a bomb costs no more than the limits say; a document type declaration, the door to entity bombs and to files
outside, is refused: no Office program writes one. Knows nothing of sheets or paragraphs.
"""

from __future__ import annotations

import io
import zipfile

from backend.documents.limits import (
    MAX_ENTRIES,
    MAX_UNPACK_RATIO,
    MAX_UNPACKED_BYTES,
    SMALL_UNPACKED_BYTES,
)
from backend.documents.refusals import refuse_locked
from backend.errors import DocumentError

_CHUNK_BYTES = 1024 * 1024
_DECLARATIONS = tuple(
    word.encode(encoding) for word in ("<!DOCTYPE", "<!ENTITY") for encoding in ("ascii", "utf-16-le", "utf-16-be")
)
_ENCRYPTED_FLAG = 0x1


def check_container(data: bytes, *, name: str) -> None:
    """Refuse an archive that is a bomb, is encrypted, or declares XML entities.

    Args:
        data: the whole file.
        name: the file's name for the refusal.

    Raises:
        DocumentError: `document.too_expansive`, `document.password` or `document.unsafe`.
        zipfile.BadZipFile: where an entry is damaged (its checksum is verified here).
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        _check_declared_sizes(entries, packed_bytes=len(data), name=name)
        if any(entry.flag_bits & _ENCRYPTED_FLAG for entry in entries):
            raise refuse_locked(name)
        unpacked_bytes = 0
        for entry in entries:
            room_bytes = MAX_UNPACKED_BYTES - unpacked_bytes
            unpacked_bytes += _unpack(archive, entry, room_bytes=room_bytes, name=name)


def _check_declared_sizes(entries: list[zipfile.ZipInfo], *, packed_bytes: int, name: str) -> None:
    declared_bytes = sum(entry.file_size for entry in entries)
    is_bomb = declared_bytes > max(SMALL_UNPACKED_BYTES, MAX_UNPACK_RATIO * packed_bytes)
    if len(entries) > MAX_ENTRIES or declared_bytes > MAX_UNPACKED_BYTES or is_bomb:
        raise _refuse_expansive(name)


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, room_bytes: int, name: str) -> int:
    """Unpack one entry in pieces and drop them; return its real size."""
    size_bytes, tail = 0, b""
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            size_bytes += len(chunk)
            if size_bytes > room_bytes:
                raise _refuse_expansive(name)
            # The tail of the piece before, so that a declaration across the seam is seen.
            is_xml = entry.filename.lower().endswith((".xml", ".rels", ".vml"))
            if is_xml and any(word in tail + chunk for word in _DECLARATIONS):
                raise DocumentError(
                    "document.unsafe",
                    "{name} contains XML declarations that no Office program writes, and is not opened; "
                    "save it again in Word or Excel, or paste its text.",
                    name=name,
                )
            tail = chunk[-64:]
    return size_bytes


def _refuse_expansive(name: str) -> DocumentError:
    return DocumentError(
        "document.too_expansive",
        "{name} unpacks to far more than a document needs and is not opened; "
        "copy the part that matters into a new file, or paste its text.",
        name=name,
    )
