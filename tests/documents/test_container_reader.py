"""Whatever a library raises on a damaged file is one sentence."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.documents import container_reader
from backend.documents.container_reader import read_container
from backend.errors import DocumentError
from tests.documents import corpus

SEEDS = {"docx": corpus.make_docx(), "xlsx": corpus.make_xlsx(), "pdf": corpus.make_pdf()}
XML_PARTS = {"docx": "word/document.xml", "xlsx": "xl/worksheets/sheet1.xml"}


def damage(data: bytes, places: list[tuple[int, int]], cut: float) -> bytes:
    damaged = bytearray(data)
    for place, value in places:
        damaged[place % len(damaged)] = value
    return bytes(damaged[: int(len(damaged) * cut)])


places = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=8)


@pytest.mark.parametrize("content", SEEDS)
@given(places=places, cut=st.sampled_from([1.0, 1.0, 1.0, 0.5, 0.9]))
@settings(max_examples=15, deadline=None)
def test_any_damage_gives_text_or_one_sentence(content, places, cut):
    try:
        assert isinstance(read_container(damage(SEEDS[content], places, cut), content=content, name="x").text, str)
    except DocumentError as refusal:
        assert refusal.code.startswith("document.")


@pytest.mark.parametrize("content", XML_PARTS)
@given(places=places)
@settings(max_examples=15, deadline=None)
def test_any_damage_inside_the_package_gives_text_or_one_sentence(content, places):
    part = XML_PARTS[content]
    with zipfile.ZipFile(io.BytesIO(SEEDS[content])) as archive:
        xml = damage(archive.read(part), places, 1.0)
    data = corpus.rewrite_zip(SEEDS[content], {part: xml})
    try:
        assert isinstance(read_container(data, content=content, name="x").text, str)
    except DocumentError as refusal:
        assert refusal.code.startswith("document.")


@pytest.mark.parametrize(
    ("error", "code"),
    [(KeyError("x"), "broken"), (RecursionError(), "too_costly"), (MemoryError(), "too_costly")],
)
def test_an_exception_of_a_library_stays_as_the_cause(monkeypatch, error, code):
    def fail(*_args, **_options):
        raise error

    monkeypatch.setattr(container_reader, "_find_reader", lambda content: fail)
    with pytest.raises(DocumentError) as refusal:
        read_container(SEEDS["pdf"], content="pdf", name="x")
    assert refusal.value.code == f"document.{code}"
    assert refusal.value.__cause__ is error
