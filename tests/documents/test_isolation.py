"""A file that takes too much ends with its own process."""

from __future__ import annotations

import subprocess

import pytest

from backend.documents import isolation
from backend.documents.isolation import read_isolated
from backend.errors import DocumentError
from tests.documents import corpus


def test_text_and_heading_come_back_from_the_process():
    extraction = read_isolated(corpus.make_docx(), content="docx", name="x.docx")
    assert extraction.heading == "Inspection of lot A-1042"
    assert extraction.text.endswith("Diameter | 12.03 mm | OK")


def test_a_refusal_comes_back_with_its_cause():
    with pytest.raises(DocumentError) as refusal:
        read_isolated(b"PK\x03\x04", content="docx", name="x{0}.docx")
    assert refusal.value.code == "document.broken"
    assert "x{0}.docx" in str(refusal.value)
    assert "BadZipFile" in str(refusal.value.__cause__)


def test_a_slow_file_is_ended():
    with pytest.raises(DocumentError) as refusal:
        read_isolated(corpus.make_docx(), content="docx", name="x.docx", max_seconds=0.001)
    assert refusal.value.code == "document.too_costly"
    assert isinstance(refusal.value.__cause__, subprocess.TimeoutExpired)


@pytest.mark.parametrize(("executable", "code"), [("/bin/false", "too_costly"), ("/nowhere", "reader_unavailable")])
def test_a_process_that_dies_or_never_starts_is_a_sentence(monkeypatch, executable, code):
    monkeypatch.setattr(isolation.sys, "executable", executable)
    with pytest.raises(DocumentError) as refusal:
        read_isolated(corpus.make_docx(), content="docx", name="x.docx")
    assert refusal.value.code == f"document.{code}"
