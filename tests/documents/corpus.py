"""The bad-input corpus: files and pasted texts that people and attackers bring, and what must come of each.

`FILES` maps a name to a `Case`, `PASTED` to a `PastedCase`; `expected` is `"result"` or the code of the one
refusal. Files are built when asked for, by the libraries that write such files in real life. Other tests (the
browser's) reuse this.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import docx
import openpyxl
from PIL import Image
from pypdf import PdfReader, PdfWriter
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

RESULT = "result"
LOG_EN = (
    "Incoming inspection log\nLot: A-1042\nInspector: K. Sato\n"
    "Shaft diameter 12.03 mm, tolerance 12.00 ± 0.05 mm: OK\nSurface scratch on piece 7: NG, lot on hold.\n"
)
LOG_JA = (
    "受入検査記録\nロット番号：A-1042\n検査員：佐藤\n軸径 12.03 mm（公差 12.00±0.05 mm）：合格\n"
    "No.7 の表面にキズあり：不合格。ロットは保留とする。\n"
)


@dataclass(frozen=True, slots=True)
class Case:
    """One bad input: the uploaded file's name, its bytes on demand, and the expected outcome."""

    file_name: str
    build: Callable[[], bytes]
    expected: str
    notes: tuple[str, ...] = field(default=())

    def write(self, folder: Path) -> Path:
        """Write the file into a folder and return its path."""
        path = folder / self.file_name
        path.write_bytes(self.build())
        return path


@dataclass(frozen=True, slots=True)
class PastedCase:
    """One bad pasted text and the expected outcome."""

    text: str
    expected: str
    notes: tuple[str, ...] = field(default=())


@cache
def make_docx(*paragraphs: str) -> bytes:
    """Write a Word file with one heading, the paragraphs and a table."""
    document = docx.Document()
    document.add_heading("Inspection of lot A-1042", 0)
    for paragraph in paragraphs or LOG_EN.splitlines():
        document.add_paragraph(paragraph)
    table = document.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, ("Diameter", "12.03 mm", "OK"), strict=True):
        cell.text = text
    return _save(document.save)


@cache
def make_xlsx() -> bytes:
    """Write a workbook with one filled sheet."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in (["Lot", "Diameter", "Verdict"], ["A-1042", 12.03, "OK"], ["A-1043", 12.09, "NG"]):
        sheet.append(row)
    return _save(workbook.save)


@cache
def make_pdf(*lines: str) -> bytes:
    """Write a PDF page with a text layer, Japanese included."""
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    out = io.BytesIO()
    page = canvas.Canvas(out)
    page.setFont("HeiseiMin-W3", 12)
    for number, line in enumerate(lines or (LOG_EN + LOG_JA).splitlines()):
        page.drawString(40, 800 - 20 * number, line)
    page.save()
    return out.getvalue()


@cache
def make_picture_pdf() -> bytes:
    """Write a PDF whose only page is a picture, as a scanner does."""
    out = io.BytesIO()
    page = canvas.Canvas(out)
    page.drawImage(ImageReader(Image.new("L", (60, 80), 200)), 0, 0)
    page.save()
    return out.getvalue()


@cache
def lock_pdf(*, user_password: str) -> bytes:
    """Encrypt a PDF; with an empty user password anyone can open it, and only the owner can change it."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf())))
    writer.encrypt(user_password, owner_password="owner", algorithm="AES-256")
    return _save(writer.write)


def make_blank_pages(count: int) -> bytes:
    """Write a PDF of many empty pages."""
    writer = PdfWriter()
    for _ in range(count):
        writer.add_blank_page(width=100, height=100)
    return _save(writer.write)


def make_looping_pdf() -> bytes:
    """Write a PDF whose page tree contains itself."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[2 0 R]/Count 1>>",
    )
    return assemble_pdf(objects)


def make_stream_bomb_pdf() -> bytes:
    """Write a PDF whose page content unpacks to 105 MB."""
    packer = zlib.compressobj(9)
    piece = b"BT /F 9 Tf (x) Tj ET " * 80_000
    content = b"".join(packer.compress(piece) for _ in range(60)) + packer.flush()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    return assemble_pdf(objects)


def assemble_pdf(objects: tuple[bytes, ...]) -> bytes:
    """Write numbered objects with a valid cross-reference table."""
    body, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    trailer = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body))
    return body + head + table + trailer


def rewrite_zip(data: bytes, changes: dict[str, bytes | None]) -> bytes:
    """Return the archive with some entries replaced, added or (`None`) removed."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        kept = {entry: source.read(entry) for entry in source.namelist()}
        for entry, content in (kept | changes).items():
            if content is not None:
                target.writestr(entry, content)
    return out.getvalue()


def make_zip_bomb() -> bytes:
    """Write a Word file with an entry that unpacks to 160 MB."""
    return rewrite_zip(make_docx(), {"word/media/image1.png": bytes(160 * 1024 * 1024)})


def make_lying_zip() -> bytes:
    """Write a Word file whose directory says that a part of 20 MB unpacks to 10 bytes."""
    size = 20 * 1024 * 1024
    data = rewrite_zip(make_docx(), {"word/big.xml": b" " * size})
    return data.replace(struct.pack("<I", size), struct.pack("<I", 10))


def make_entity_bomb() -> bytes:
    """Write a Word file whose text is an entity that multiplies itself."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    xml = (
        f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY e0 "lol">{entities}]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<w:body><w:p><w:r><w:t>&e8;</w:t></w:r></w:p></w:body></w:document>"
    )
    return rewrite_zip(make_docx(), {"word/document.xml": xml.encode()})


def make_many_entries() -> bytes:
    """Write a workbook with more parts than any program writes."""
    return rewrite_zip(make_xlsx(), {f"xl/media/{number}": b"" for number in range(5_001)})


def make_ole(stream_name: str) -> bytes:
    """Write the start of an OLE container (Office 97, or a locked file) with one stream name in it."""
    entry = stream_name.encode("utf-16-le").ljust(64, b"\0")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(1024, b"\0") + entry.ljust(512, b"\0")


def make_plain_zip() -> bytes:
    """Write an archive that is no Office file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("log.txt", LOG_EN)
    return out.getvalue()


def make_noise() -> bytes:
    """Return 4 kB of random bytes, the same each time."""
    return random.Random(7).randbytes(4096)


def _save(save: Callable[[io.BytesIO], object]) -> bytes:
    out = io.BytesIO()
    save(out)
    return out.getvalue()


def _text(file_name: str, data: bytes, *notes: str) -> Case:
    return Case(file_name, lambda: data, RESULT, notes)


HOSTILE_TEXT = "Lot ${alert(1)} `${x}` <img src=x onerror=alert(1)> </script> C:\\new\\users {name} {0} %s cost ${5}\n"
REVERSED_TEXT = "Diameter \u202e5.9\u202c mm \u2066OK\u2069 \u200fשלום\n"

FILES: dict[str, Case] = {
    # Texts in other encodings, and texts that hurt what shows them.
    "cp932": _text("cp932.txt", LOG_JA.replace("±", "＋").encode("cp932"), "encoding.cp932"),
    "cp932_half_width_kana": _text("kana.txt", "ﾛｯﾄ A-12 ｹﾝｻ OK\n".encode("cp932"), "encoding.cp932"),
    "euc_jp": _text("euc.txt", LOG_JA.encode("euc_jp"), "encoding.euc_jp"),
    "iso_2022_jp": _text("jis.txt", LOG_JA.encode("iso2022_jp"), "encoding.iso_2022_jp"),
    "utf_16": _text("utf16.txt", LOG_JA.encode("utf-16"), "encoding.utf_16"),
    "utf_16_be": _text("utf16be.txt", b"\xfe\xff" + LOG_JA.encode("utf-16-be"), "encoding.utf_16"),
    "utf_16_no_mark": _text("utf16le.txt", LOG_JA.encode("utf-16-le"), "encoding.utf_16"),
    "utf_16_no_mark_english": _text("utf16en.txt", LOG_EN.encode("utf-16-be"), "encoding.utf_16"),
    "utf_8_mark": _text("bom.csv", "ロット,合否\nA-1,合格\n".encode("utf-8-sig")),
    "windows_1252": _text("western.txt", LOG_EN.encode("cp1252"), "encoding.windows_1252"),
    "broken_utf_8": _text("cut.txt", LOG_JA.encode()[:-3] + b"\xe3\x81", "characters.replaced"),
    "nul_bytes": _text("nul.txt", b"Lot A-1042\0\0 OK\0\n", "characters.removed"),
    "hostile_text": _text("hostile.md", HOSTILE_TEXT.encode()),
    "bidi_override": _text("bidi.txt", REVERSED_TEXT.encode(), "bidi.removed"),
    "encoded_surrogates": _text("surrogate.txt", LOG_EN.encode() + b"\xed\xa0\x80", "characters.replaced"),
    "emoji": _text("emoji.txt", "Lot 5 ✅ 👩‍🏭 e\u0301 か\u3099\n".encode()),
    "old_mac_lines": _text("mac.txt", b"Lot 5\rOK\r"),
    "form_feed": _text("feed.txt", b"page one\x0cpage two"),
    "unclosed_quote": _text(
        "quote.csv", b'Lot,Verdict\nA-1,"OK\nA-2,NG\n' + b"A-3,OK\n" * 20_000, "table.kept_as_text"
    ),
    # Names that lie where the content can be read.
    "pdf_named_docx": Case("pdf.docx", make_pdf, RESULT, ("content.pdf",)),
    "docx_named_txt": Case("word.txt", make_docx, RESULT, ("content.docx",)),
    "text_named_xlsx": _text("table.xlsx", b"Lot,Verdict\nA-1,OK\n", "content.csv"),
    "owner_locked_pdf": Case("owner.pdf", lambda: lock_pdf(user_password=""), RESULT),
    # Refusals.
    "empty": Case("empty.txt", bytes, "document.empty"),
    "empty_docx": Case("empty.docx", bytes, "document.empty"),
    "white_space": Case("space.txt", " \n\t\u3000\u200b\r\n".encode, "document.blank"),
    "blank_workbook": Case("blank.xlsx", lambda: _save(openpyxl.Workbook().save), "document.blank"),
    "blank_word": Case("blank.docx", lambda: _save(docx.Document().save), "document.blank"),
    "fifty_megabytes": Case("huge.txt", lambda: bytes(50 * 1024 * 1024), "document.too_large"),
    "two_million_characters": Case("long.txt", lambda: b"Lot 5 OK.\n" * 200_000, "document.too_long"),
    "long_csv": Case("long.csv", lambda: b"Lot,5,OK\n" * 30_000, "document.too_long"),
    "long_word": Case("long.docx", lambda: make_docx("検査" * 110_000), "document.too_long"),
    "binary_named_txt": Case("noise.txt", make_noise, "document.binary"),
    "binary_named_csv": Case("noise.csv", make_noise, "document.binary"),
    "program_named_txt": Case("program.txt", lambda: b"\x7fELF\x02\x01\x01" + bytes(400), "document.binary"),
    "picture_named_txt": Case(
        "picture.txt",
        lambda: _save(lambda out: Image.new("RGB", (90, 90)).save(out, "PNG")),
        "document.picture",
    ),
    # Files that no dialog offers, and that are dropped on the form all the same.
    "picture": Case(
        "photo.png",
        lambda: _save(lambda out: Image.new("RGB", (90, 90)).save(out, "PNG")),
        "document.picture",
    ),
    "zipped_logs": Case("logs.zip", make_plain_zip, "document.archive"),
    "no_extension": _text("inspection", LOG_EN.encode()),
    "json": _text("log.json", b'{"lot": "A-1042", "verdict": "OK"}\n'),
    "locked_pdf": Case("locked.pdf", lambda: lock_pdf(user_password="secret"), "document.password"),
    "locked_xlsx": Case("locked.xlsx", lambda: make_ole("EncryptedPackage"), "document.password"),
    "locked_docx": Case("locked.docx", lambda: make_ole("EncryptedPackage"), "document.password"),
    "old_excel": Case("old.xls", lambda: make_ole("Workbook"), "document.legacy_office"),
    "old_word": Case("old.doc", lambda: make_ole("WordDocument"), "document.legacy_office"),
    "picture_pdf": Case("scan.pdf", make_picture_pdf, "document.image_only"),
    "many_pages": Case("pages.pdf", lambda: make_blank_pages(301), "document.too_many_pages"),
    "looping_pdf": Case("loop.pdf", make_looping_pdf, "document.broken"),
    "bomb_pdf": Case("bomb.pdf", make_stream_bomb_pdf, "document.too_costly"),
    "cut_pdf": Case("cut.pdf", lambda: make_pdf()[:300], "document.broken"),
    "only_pdf_header": Case("header.pdf", lambda: b"%PDF-1.7\n", "document.broken"),
    "cut_docx": Case("cut.docx", lambda: make_docx()[:5_000], "document.broken"),
    "cut_xlsx": Case("cut.xlsx", lambda: make_xlsx()[:2_000], "document.broken"),
    "docx_without_body": Case(
        "body.docx", lambda: rewrite_zip(make_docx(), {"word/document.xml": b"<oops"}), "document.broken"
    ),
    "xlsx_without_sheet": Case(
        "sheet.xlsx", lambda: rewrite_zip(make_xlsx(), {"xl/worksheets/sheet1.xml": None}), "document.broken"
    ),
    "zip_bomb": Case("bomb.docx", make_zip_bomb, "document.too_expansive"),
    "many_entries": Case("entries.xlsx", make_many_entries, "document.too_expansive"),
    "lying_zip": Case("lying.docx", make_lying_zip, "document.broken"),
    "entity_bomb": Case("entity.docx", make_entity_bomb, "document.unsafe"),
    "archive": Case("archive.docx", make_plain_zip, "document.archive"),
    "rich_text": Case("rich.txt", lambda: rb"{\rtf1\ansi Lot 5}", "document.unsupported"),
    "web_page": Case("page.txt", lambda: b"<!DOCTYPE html><html><p>Lot 5</p></html>", "document.unsupported"),
}

PASTED: dict[str, PastedCase] = {
    "hostile_text": PastedCase(HOSTILE_TEXT, RESULT),
    "bidi_override": PastedCase(REVERSED_TEXT, RESULT, ("bidi.removed",)),
    "lone_surrogate": PastedCase("Lot 5 \ud800 OK \udc00", RESULT, ("characters.replaced",)),
    "nul": PastedCase("Lot\0 5", RESULT, ("characters.removed",)),
    "empty": PastedCase("", "document.paste_empty"),
    "white_space": PastedCase(" \u3000\n\u200b", "document.paste_empty"),
    "two_million_characters": PastedCase("Lot 5 OK.\n" * 200_000, "document.paste_too_long"),
}
