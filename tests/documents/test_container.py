"""Bombs are refused before a library opens them."""

from __future__ import annotations

import zipfile

import pytest

from backend.documents.container import check_container
from backend.errors import DocumentError
from tests.documents import corpus


def refused_code(data: bytes) -> str:
    with pytest.raises(DocumentError) as refusal:
        check_container(data, name="x.docx")
    return refusal.value.code


def test_real_files_pass():
    check_container(corpus.make_docx(), name="x.docx")
    check_container(corpus.make_xlsx(), name="x.xlsx")


def test_a_high_ratio_is_refused_only_where_it_is_large():
    check_container(corpus.rewrite_zip(corpus.make_docx(), {"a.xml": b" " * 4_000_000}), name="x.docx")
    assert (
        refused_code(corpus.rewrite_zip(corpus.make_docx(), {"a.xml": b" " * 40_000_000})) == "document.too_expansive"
    )


def test_a_size_that_is_declared_too_small_is_found():
    with pytest.raises(zipfile.BadZipFile):
        check_container(corpus.make_lying_zip(), name="x.docx")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_document_type_is_found_in_every_encoding_and_across_pieces(encoding):
    xml = (" " * (1024 * 1024 // 2 - 4) + '<!DOCTYPE a SYSTEM "file:///etc/passwd">').encode(encoding)
    assert refused_code(corpus.rewrite_zip(corpus.make_docx(), {"word/a.xml": xml})) == "document.unsafe"


def test_an_encrypted_entry_is_a_password():
    data = bytearray(corpus.make_docx())
    flags_at = data.rindex(b"PK\x01\x02") + 8
    data[flags_at] |= 1
    assert refused_code(bytes(data)) == "document.password"
