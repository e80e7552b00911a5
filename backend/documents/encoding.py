"""Bytes of a text file → string, for the encodings that factories still write.

In: the bytes. Out: the string and a note of the encoding when it is not UTF-8, or `None` when the bytes are
no text. A byte order mark decides; then valid UTF-8 and ISO-2022-JP; then every candidate is read and
scored by how much its characters look like Japanese or western technical prose; what none of them explains
goes to charset-normalizer. Knows nothing of file names or formats.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from charset_normalizer import from_bytes

_SAMPLE_BYTES = 64 * 1024
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", None),
    (codecs.BOM_UTF32_LE, "utf-32", "encoding.utf_32"),
    (codecs.BOM_UTF32_BE, "utf-32", "encoding.utf_32"),
    (codecs.BOM_UTF16_LE, "utf-16", "encoding.utf_16"),
    (codecs.BOM_UTF16_BE, "utf-16", "encoding.utf_16"),
)
_CANDIDATES = {
    "utf-8": None,
    "cp932": "encoding.cp932",
    "euc_jp": "encoding.euc_jp",
    "utf-16-le": "encoding.utf_16",
    "utf-16-be": "encoding.utf_16",
    "cp1252": "encoding.windows_1252",
}
_ISO_2022_JP = re.compile(rb"\x1b(\$[@B]|\([IJ])")
# Python maps the bytes that CP932 leaves undefined (A0, FD, FE, FF) to these private characters.
_CP932_LEFTOVERS = dict.fromkeys(range(0xF8F0, 0xF8F4), "\ufffd")
_WESTERN_SYMBOLS = frozenset("°±µØø×÷§²³·–—‘’“”•…€®©¼½¾£«»¿¡ºª¹")
_WHITESPACE = frozenset("\t\n\r\f\v\x1b")
# A text with more than this share of controls, private-use or undecodable characters is not a text.
_MAX_BAD_SHARE = 0.05
_MAX_NUL_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A decoded file and what there is to tell about its encoding."""

    text: str
    notes: tuple[str, ...]


def decode_text(data: bytes) -> DecodedText | None:
    """Decode a text file, or return `None` where the bytes are not text in any encoding that is known here.

    Args:
        data: the whole file.
    """
    encoding, note = _find_encoding(data)
    # Surrogates that someone encoded one by one pass: cleaning joins or replaces them.
    errors = "surrogatepass" if encoding == "utf-8" and _is_nearly_utf8(data) else "replace"
    # On a sample first: decoding megabytes of noise is slow.
    if encoding is None or _is_binary(data[:_SAMPLE_BYTES].decode(encoding, "replace")):
        return None
    text = data.decode(encoding, errors).translate(_CP932_LEFTOVERS if encoding == "cp932" else {})
    notes = [note] if note else []
    if "\ufffd" in text:
        notes.append("characters.replaced")
    return DecodedText(text.removeprefix("\ufeff"), tuple(notes))


def _find_encoding(data: bytes) -> tuple[str | None, str | None]:
    """Return the name of the encoding and its note."""
    for mark, encoding, note in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return encoding, note
    if _ISO_2022_JP.search(data) and data.isascii():
        return "iso2022_jp_ext", "encoding.iso_2022_jp"
    if b"\0" not in data and _is_nearly_utf8(data):
        return "utf-8", None
    sample = data[:_SAMPLE_BYTES]
    texts = {name: sample.decode(name, "replace") for name in _CANDIDATES}
    best = max(texts, key=lambda name: _score(texts[name], is_western=name == "cp1252"))
    if _is_settled(texts[best], best):
        return best, _CANDIDATES[best]
    guess = from_bytes(sample).best()
    return (guess.encoding, "encoding.guessed") if guess else (None, None)


def _is_nearly_utf8(data: bytes) -> bool:
    """Say whether the bytes are UTF-8, surrogates included."""
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _score(text: str, *, is_western: bool) -> float:
    """Return the mean plausibility of the characters: 1 for plain ASCII, 2 for kana, below 0 for noise."""
    weigh = _weigh_western if is_western else _weigh_japanese
    padded = f" {text} "
    total = sum(weigh(padded[i], padded[i - 1], padded[i + 1]) for i in range(1, len(padded) - 1))
    return total / max(len(text), 1)


def _weigh_japanese(character: str, before: str, after: str) -> float:
    code = ord(character)
    if code < 0x7F:
        return _weigh_ascii(character)
    if 0x3041 <= code <= 0x30FF:
        return 2.0
    if 0x3000 <= code <= 0x3020 or 0xFF01 <= code <= 0xFF5E:
        return 1.5
    if 0x4E00 <= code <= 0x9FFF:
        return 1.5 if _is_common_kanji(character) else -0.5
    if _is_half_kana(character):
        # Half-width kana come in words; a lone one is usually a misread "±" or "°" of a western encoding.
        return 0.8 if _is_half_kana(before) or _is_half_kana(after) else -1.0
    if 0x2010 <= code <= 0x2BFF or 0x391 <= code <= 0x3C9 or character in _WESTERN_SYMBOLS:
        return 1.0
    return -5.0 if _is_bad(character) else 0.0


def _weigh_western(character: str, before: str, after: str) -> float:
    if ord(character) < 0x7F:
        return _weigh_ascii(character)
    if character in _WESTERN_SYMBOLS:
        return 0.6
    if character.isalpha():
        is_in_word = (before + after).strip().isascii() and (before.isalpha() or after.isalpha())
        return 0.6 if is_in_word else -1.0
    return -5.0 if _is_bad(character) else -1.0


def _weigh_ascii(character: str) -> float:
    return 1.0 if character.isprintable() or character in _WHITESPACE else -5.0


def _is_common_kanji(character: str) -> bool:
    """Say whether the kanji is of JIS level 1 (the 2,965 common ones), by its lead byte in CP932."""
    try:
        return 0x88 <= character.encode("cp932")[0] <= 0x97
    except UnicodeEncodeError:
        return False


def _is_half_kana(character: str) -> bool:
    return "\uff61" <= character <= "\uff9f"


def _is_settled(text: str, encoding: str) -> bool:
    """Say whether the best candidate explains its non-ASCII characters well enough to be taken."""
    strange = [c for c in text if ord(c) >= 0x7F]
    if sum(map(_is_bad, strange)) > 2 + 0.02 * len(text):
        return False
    if encoding == "cp1252":
        return _score(text, is_western=True) > 0.5
    if encoding in ("cp932", "euc_jp"):
        kana = sum("\u3041" <= c <= "\u30ff" or _is_half_kana(c) for c in strange)
        # Chinese read as EUC-JP is all kanji; Japanese prose never is. A short label may be.
        return len(strange) < 20 or kana >= 0.05 * len(strange)
    return True


def _is_bad(character: str) -> bool:
    """Say whether a character has no place in a text: undecodable, control, private use or unassigned."""
    if character == "\ufffd":
        return True
    return character not in _WHITESPACE and unicodedata.category(character) in ("Cc", "Co", "Cn", "Cs")


def _is_binary(sample: str) -> bool:
    nul = sample.count("\0")
    bad = sum(map(_is_bad, sample)) - nul
    return nul > _MAX_NUL_SHARE * len(sample) or bad > _MAX_BAD_SHARE * len(sample)
