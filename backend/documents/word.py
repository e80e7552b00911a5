"""Word documents → text in the order in which a reader meets it, tables included.

In: the bytes of a docx file. Out: an `Extraction`. python-docx opens the package; its own paragraph text
leaves out tracked insertions, content controls and text boxes, so the XML is walked here. Tracked changes
are read as if accepted, hidden text is left out, and both are noted. Automatic list numbers are not in the
text of the file and are not made up. Knows nothing of cleaning or limits in bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from docx import Document as open_docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from backend.documents.extraction import Extraction
from backend.documents.rows import format_rows

_ALTERNATIVES = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_CHARACTERS = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_SKIPPED = frozenset({qn("w:pPr"), qn("w:rPr"), qn("w:rt"), qn("w:sectPr"), qn("w:tblPr"), qn("w:tblGrid")})
_DELETIONS = frozenset({qn("w:del"), qn("w:moveFrom")})
_INSERTIONS = frozenset({qn("w:ins"), qn("w:moveTo")})
# Verdict boxes are often drawn with these characters of the font Wingdings.
_SYMBOLS = {
    "F0FC": "✓",
    "F0FB": "✗",
    "F0FE": "☑",
    "F0FD": "☒",
    "F0A8": "☐",
    "F06F": "☐",
    "F0A1": "○",
    "F06C": "●",
}


def extract_word(data: bytes, *, name: str) -> Extraction:
    """Read headers, body, notes and footers of a Word document.

    Args:
        data: a docx file that passed the container check.
        name: not used; every reader takes it.
    """
    document = open_docx(io.BytesIO(data))
    walk = _Walk()
    body = list(walk.read_blocks(document.element.body))
    headers, footers = _read_margins(document, walk)
    text = "\n".join([*headers, *body, *_read_notes(document, walk), *footers])
    return Extraction(text, heading=_find_heading(document), notes=tuple(dict.fromkeys(walk.notes)))


class _Walk:
    """One pass over a document's XML; remembers what it left out."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def read_blocks(self, element) -> Iterator[str]:
        """Yield the lines of paragraphs and tables below an element, in document order."""
        for child in element:
            if child.tag == qn("w:p"):
                yield from self.read_paragraph(child)
            elif child.tag == qn("w:tbl"):
                yield from format_rows(self._read_table(child))
            elif child.tag in _DELETIONS:
                self.notes.append("changes.accepted")
            elif child.tag not in _SKIPPED and isinstance(child.tag, str):
                yield from self.read_blocks(_choose_form(child))

    def read_paragraph(self, paragraph) -> Iterator[str]:
        """Yield the paragraph's text, then the lines of text boxes that are anchored in it."""
        boxes: list[str] = []
        yield "".join(self._read_inline(paragraph, boxes))
        yield from boxes

    def _read_table(self, table) -> Iterator[list[str]]:
        for row in self._find(table, qn("w:tr")):
            yield [" ".join(self.read_blocks(cell)) for cell in self._find(row, qn("w:tc"))]

    def _find(self, element, tag: str) -> Iterator:
        """Yield rows or cells, through the content controls and changes that may wrap them."""
        for child in element:
            if child.tag == tag:
                yield child
            elif child.tag not in _DELETIONS and child.tag not in _SKIPPED:
                yield from self._find(child, tag)

    def _read_inline(self, element, boxes: list[str]) -> Iterator[str]:
        for child in element:
            tag = child.tag
            if tag in (qn("w:t"), _MATH_TEXT):
                yield child.text or ""
            elif tag in _CHARACTERS:
                yield _CHARACTERS[tag]
            elif tag == qn("w:sym"):
                yield _SYMBOLS.get(child.get(qn("w:char"), "").upper(), "")
            elif tag == qn("w:txbxContent"):
                boxes.extend(self.read_blocks(child))
            elif not self._is_left_out(child):
                yield from self._read_inline(_choose_form(child), boxes)

    def _is_left_out(self, child) -> bool:
        if child.tag in _DELETIONS or child.tag in _INSERTIONS:
            self.notes.append("changes.accepted")
        if child.tag == qn("w:r") and _is_hidden(child):
            self.notes.append("text.hidden_skipped")
            return True
        return child.tag in _DELETIONS or child.tag in _SKIPPED or not isinstance(child.tag, str)


def _choose_form(element):
    """Return the children to read: of a drawing that is there in a new and an old form, only the new one."""
    return element[:1] if element.tag == _ALTERNATIVES else element


def _is_hidden(run) -> bool:
    vanish = run.find(f"{qn('w:rPr')}/{qn('w:vanish')}")
    return vanish is not None and vanish.get(qn("w:val")) not in ("0", "false", "off")


def _read_margins(document, walk: _Walk) -> tuple[list[str], list[str]]:
    """Return the lines of all headers and of all footers, each once."""
    headers: list[str] = []
    footers: list[str] = []
    for section in document.sections:
        for margins, lines in (
            ((section.first_page_header, section.header, section.even_page_header), headers),
            ((section.first_page_footer, section.footer, section.even_page_footer), footers),
        ):
            for margin in margins:
                if not margin.is_linked_to_previous:
                    lines.extend(walk.read_blocks(margin._element))
    return _drop_blank(headers), _drop_blank(footers)


def _drop_blank(lines: list[str]) -> list[str]:
    return list(dict.fromkeys(line for line in lines if line.strip()))


def _read_notes(document, walk: _Walk) -> list[str]:
    """Return the lines of footnotes and endnotes."""
    lines: list[str] = []
    for relation in document.part.rels.values():
        if relation.reltype in (RELATIONSHIP_TYPE.FOOTNOTES, RELATIONSHIP_TYPE.ENDNOTES):
            lines.extend(walk.read_blocks(parse_xml(relation.target_part.blob)))
    return _drop_blank(lines)


def _find_heading(document) -> str:
    """Return the first paragraph whose style is a title or a heading."""
    for paragraph in document.paragraphs[:50]:
        style = paragraph.style.name if paragraph.style is not None else ""
        if style and style.startswith(("Title", "Heading", "表題", "見出し")) and paragraph.text.strip():
            return paragraph.text
    return ""
