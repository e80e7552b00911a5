"""A PDF's text layer is read by page; what has none is refused with the reason."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen import canvas

from backend.documents.pdf import extract_pdf
from backend.errors import DocumentError
from tests.documents import corpus


def join(*files: bytes) -> bytes:
    writer = PdfWriter()
    for file in files:
        writer.append(PdfReader(io.BytesIO(file)))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_both_scripts_are_read_line_by_line():
    lines = extract_pdf(corpus.make_pdf(), name="x").text.splitlines()
    assert lines == (corpus.LOG_EN + corpus.LOG_JA).splitlines()


def test_pages_are_apart_and_a_scanned_page_between_is_noted():
    data = join(corpus.make_pdf("one"), corpus.make_picture_pdf(), corpus.make_pdf("two"))
    extraction = extract_pdf(data, name="x")
    assert (extraction.text, extraction.notes) == ("one\n\ntwo", ("pages.without_text",))


def test_a_file_without_user_password_opens():
    assert "A-1042" in extract_pdf(corpus.lock_pdf(user_password=""), name="x").text


def test_filled_in_fields_are_read():
    out = io.BytesIO()
    page = canvas.Canvas(out)
    page.drawString(40, 800, "Inspection form")
    page.acroForm.textfield(name="Diameter", value="12.03 mm", x=40, y=700)
    page.save()
    assert extract_pdf(out.getvalue(), name="x").text == "Inspection form\n\nDiameter: 12.03 mm"


def make_font_pdf(first_character: str) -> bytes:
    """Write "ABCDEFGH" in a font whose table says that A is this character, B the next, and so on."""
    cmap = b"1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfrange <41> <5A> <%04X> endbfrange"
    cmap = cmap % ord(first_character)
    content = b"BT /F 9 Tf (ABCDEFGH) Tj ET"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(cmap), cmap),
    )
    return corpus.assemble_pdf(objects)


def test_glyph_numbers_instead_of_characters_are_refused():
    with pytest.raises(DocumentError) as refusal:
        extract_pdf(make_font_pdf("\ue041"), name="x")
    assert refusal.value.code == "document.garbled"


def test_check_boxes_of_symbol_fonts_become_characters():
    prose = corpus.make_pdf("a long line of readable prose beside the boxes")
    # F0F7 to F0FE: four of the eight are boxes and ticks that have a character of their own.
    text = extract_pdf(join(make_font_pdf("\uf0f7"), prose), name="x").text
    assert [box for box in "✗✓☒☑" if box in text] == ["✗", "✓", "☒", "☑"]
