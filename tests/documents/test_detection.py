"""The content decides what a file is, not its name."""

from __future__ import annotations

import pytest

from backend.documents.detection import detect_content, is_mismatch
from backend.errors import DocumentError
from tests.documents import corpus


@pytest.mark.parametrize(
    ("data", "extension", "content", "is_lie"),
    [
        (corpus.make_docx(), ".docx", "docx", False),
        (corpus.make_docx(), ".xlsx", "docx", True),
        (corpus.make_xlsx(), ".xlsx", "xlsx", False),
        (corpus.make_pdf(), ".txt", "pdf", True),
        (b"junk before\n" + corpus.make_pdf(), ".pdf", "pdf", False),
        (b"About the header %PDF-1.7 of files", ".txt", "txt", False),
        (b"a,b", ".CSV".lower(), "csv", False),
        (b"plain", ".docx", "txt", True),
        (b"plain", "", "txt", False),
        (b"BM is a text, not a bitmap", ".txt", "txt", False),
    ],
)
def test_content_is_found_behind_any_extension(data, extension, content, is_lie):
    assert detect_content(data, extension=extension, name="x") == content
    assert is_mismatch(content, extension) is is_lie


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("word/vbaProject.bin", "document.unsupported"),
        ("xl/workbook.bin", "document.unsupported"),
        ("ppt/presentation.xml", "document.unsupported"),
        ("[Content_Types].xml", "document.broken"),
        ("readme.txt", "document.archive"),
    ],
)
def test_other_archives_are_named(entry, code):
    removed = {"word/document.xml": None, "[Content_Types].xml": None}
    data = corpus.rewrite_zip(corpus.make_docx(), removed | {entry: b"x"})
    with pytest.raises(DocumentError) as refusal:
        detect_content(data, extension=".docx", name="x.docx")
    assert refusal.value.code == code
