"""A Word document reads in the order in which a person meets its text."""

from __future__ import annotations

import io

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from backend.documents.word import extract_word


def save(document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def add_xml(document, xml: str) -> None:
    name, _, rest = xml.partition(">")
    namespaces = (
        nsdecls("w")
        + ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
        + ' xmlns:v="urn:schemas-microsoft-com:vml"'
    )
    document.element.body.insert(-1, parse_xml(f"{name} {namespaces}>{rest}"))


def test_paragraphs_tables_headers_and_footers_come_in_order():
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "ACME QA"
    document.sections[0].footer.paragraphs[0].text = "Form 7"
    document.add_heading("Lot A-1042", 1)
    document.add_paragraph("before")
    table = document.add_table(rows=2, cols=3)
    for index, text in enumerate(["a", "b", "c", "d", "", "f\ng"]):
        table.cell(index // 3, index % 3).text = text
    document.add_paragraph("after\ttab")
    extraction = extract_word(save(document), name="x")
    assert extraction.text == "ACME QA\nLot A-1042\nbefore\na | b | c\nd |  | f g\nafter\ttab\nForm 7"
    assert extraction.heading == "Lot A-1042"


def test_tracked_changes_are_read_as_accepted():
    document = docx.Document()
    add_xml(
        document,
        "<w:p><w:r><w:t>limit </w:t></w:r><w:del><w:r><w:delText>12.0</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>12.5</w:t></w:r></w:ins></w:p>",
    )
    extraction = extract_word(save(document), name="x")
    assert (extraction.text.strip(), extraction.notes) == ("limit 12.5", ("changes.accepted",))


def test_content_controls_links_and_symbols_are_read():
    document = docx.Document()
    add_xml(document, "<w:sdt><w:sdtContent><w:p><w:r><w:t>in control</w:t></w:r></w:p></w:sdtContent></w:sdt>")
    add_xml(
        document,
        "<w:p><w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink><w:r>"
        '<w:sym w:font="Wingdings" w:char="F0FE"/>'
        "<w:br/><w:t>next</w:t></w:r></w:p>",
    )
    assert extract_word(save(document), name="x").text.strip() == "in control\nlink☑\nnext"


def test_a_text_box_is_read_once_and_hidden_text_is_not():
    document = docx.Document()
    box = "<w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent>"
    add_xml(
        document,
        f'<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps">{box}</mc:Choice>'
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:t>seen</w:t></w:r></w:p>",
    )
    extraction = extract_word(save(document), name="x")
    assert extraction.text.split() == ["seen", "boxed"]
    assert extraction.notes == ("text.hidden_skipped",)
