r"""Any string → text that is safe to store, to show and to count offsets in.

In: a string with whatever a file or a clipboard held. Out: the clean string and the codes of what was
changed: only `\n` ends a line; no NUL or other control character, no lone surrogate, no mark that shows
text in another order than it is read, and nothing invisible that a model would read and a person would not
see. Knows nothing of files, formats or limits.
"""

from __future__ import annotations

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n|[\r\v\x1c\x1d\x1e\x85\u2028\u2029]")
_PAGE_BREAKS = re.compile("\n?\f\n?")
_SURROGATE_PAIRS = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
# Embeddings, overrides and isolates can show "9.5" as "5.9". The plain marks U+200E, U+200F and U+061C
# only help real right-to-left text and stay.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
# C0 and C1 controls, DEL, noncharacters, and invisible characters that carry no meaning of their own. The
# joiners U+200C and U+200D stay: emoji and several scripts need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u2060-\u2064\ufeff\ufdd0-\ufdef\ufffe\uffff"
    "\U000e0000-\U000e007f\U0001fffe\U0001ffff]"
)
# A few marks on one letter are spelling; a pile of them is decoration, and slow to put in order.
_DECOMPOSED = re.compile("[^\\W\\d_][\u0300-\u036f\u3099\u309a]{1,4}(?![\u0300-\u036f\u3099\u309a])")
# The look-behind keeps this linear: a run of spaces is tried once, not once a space.
_TRAILING_SPACES = re.compile("(?<![ \t\u3000\xa0])[ \t\u3000\xa0]+$", re.MULTILINE)
_BLANK_LINES = re.compile("\n{4,}")


def clean_text(raw: str) -> tuple[str, tuple[str, ...]]:
    """Return the clean text and the notes, in the order in which the steps ran.

    Args:
        raw: any string.

    Returns:
        The text, and the codes among `characters.replaced`, `bidi.removed`, `characters.removed`.
    """
    notes: list[str] = []
    text = _join_surrogate_pairs(raw)
    for pattern, replacement, note in (
        (_SURROGATES, "\ufffd", "characters.replaced"),
        (_BIDI, "", "bidi.removed"),
        (_LINE_ENDS, "\n", None),
        (_PAGE_BREAKS, "\n\n", None),
        (_INVISIBLE, "", "characters.removed"),
    ):
        text, changes = pattern.subn(replacement, text)
        if changes and note:
            notes.append(note)
    # Only sequences with a combining mark: NFC of everything would also change kanji in people's names.
    text = _DECOMPOSED.sub(lambda match: unicodedata.normalize("NFC", match[0]), text)
    text = _BLANK_LINES.sub("\n\n\n", _TRAILING_SPACES.sub("", text))
    return text.strip("\n"), tuple(notes)


def clean_line(raw: str, *, max_characters: int = 80) -> str:
    """Return a name or title as one clean line, shortened by an ellipsis.

    Args:
        raw: any string.
        max_characters: longest result, the ellipsis included.
    """
    line = " ".join(clean_text(raw)[0].split())
    return line if len(line) <= max_characters else line[: max_characters - 1].rstrip() + "…"


def _join_surrogate_pairs(raw: str) -> str:
    """Turn pairs of surrogates (as JSON or a Windows clipboard has them) into the character they mean."""
    return _SURROGATE_PAIRS.sub(_join_pair, raw)


def _join_pair(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")
