"""Bytes in the encodings of factories become the text that was written."""

from __future__ import annotations

import pytest

from backend.documents.encoding import decode_text
from tests.documents.corpus import LOG_EN, LOG_JA, make_noise

JAPANESE = {
    "log": LOG_JA.replace("±", "＋"),
    "label": "検査成績書\r\n",
    "half-width kana": "ｼｬﾌﾄ ｹｲ 12.03 OK\r\nｷｽﾞ ｱﾘ NG\r\n",
    "table": "品番,測定値,判定\nA-1042,12.03,合格\nA-1043,12.09,不合格\n",
    "circled numbers": "①外観 ②寸法 φ12.0 25℃ ㎜\n",
}
WESTERN = [
    "Ø 12 ± 0.05 mm at 25°C\n",
    "Prüfung der Größe: 5 µm, Gerät geprüft\n",
    "Pièce vérifiée, très bien – OK\n",
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("sample", JAPANESE)
def test_japanese_is_read_in_every_encoding(sample, encoding):
    if encoding == "euc_jp" and sample in ("circled numbers", "half-width kana"):
        pytest.skip("EUC-JP has no circled numbers, and nobody writes half-width kana in it")
    text = JAPANESE[sample]
    assert decode_text(text.encode(encoding)).text == text


@pytest.mark.parametrize("text", WESTERN)
def test_western_symbols_are_not_taken_for_half_width_kana(text):
    decoded = decode_text(text.encode("cp1252"))
    assert (decoded.text, decoded.notes) == (text, ("encoding.windows_1252",))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32", "utf-7"])
def test_english_is_read_in_wide_encodings(encoding):
    assert decode_text("Lot A-1042 OK\n".encode(encoding)).text == "Lot A-1042 OK\n"


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "euc_jp"])
def test_one_broken_byte_does_not_lose_the_text(encoding):
    data = JAPANESE["table"].encode(encoding)
    decoded = decode_text(data[:40] + b"\xff" + data[40:])
    assert "合格" in decoded.text
    assert "characters.replaced" in decoded.notes


def test_other_languages_go_to_the_detector():
    text = "轴的直径在公差范围内，表面没有划痕，检验员已经确认并签字，批次合格。\n" * 5
    decoded = decode_text(text.encode("gbk"))
    assert (decoded.text, decoded.notes) == (text, ("encoding.guessed",))


@pytest.mark.parametrize("data", [make_noise(), bytes(range(256)) * 8, b"\x7fELF" + bytes(999), b"\0" * 50])
def test_binary_is_not_text(data):
    assert decode_text(data) is None


def test_plain_english_needs_no_note():
    assert decode_text(LOG_EN.encode()).notes == ()
