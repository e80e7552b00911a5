"""Finds identifiers: lot, part, serial, drawing and report numbers.

In: a folded text. Out: ranges with a canonical form (no case, hyphens or spaces).
Knows nothing of documents or summaries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name made of letters and digits; `canonical` is upper case without hyphens, spaces and slashes."""

    start_char: int
    end_char: int
    canonical: str


#: Letters and digits in one word, joined by hyphens, underscores, slashes, points.
_MIXED = (
    r"(?<![A-Za-z0-9_])(?=[A-Za-z0-9_/.-]{0,40}\d)(?=[0-9_/.-]{0,40}[A-Za-z])"
    r"[A-Za-z0-9]+(?:[-_/.][A-Za-z0-9]+)*(?![A-Za-z0-9_])"
)
#: Digits alone, grouped by hyphens as a number or a range never is: a leading zero or three groups.
_DIGIT_GROUPS = r"(?<![\d.,-])(?:\d{2,}-0\d+|\d+(?:-\d+){2,})(?![\d.,]\d|[\d-])"
_ACRONYM = r"\b(?:NCR|CAR|CAPA|PO|SN|WO|ISO|JIS|ASTM|DIN|FL|RFI|ECN|ECO|DWG)[ .#:]{1,2}\d{2,}\b"
_CUE = (
    r"(?:#|№|(?:\b(?:lot|part|serial|drawing|batch|order|report|item|no|s/n|p/n|sample|ref|rev|op|line|machine|gauge|gage)"
    r"|ロット|品番|図番|部品|製番|番号|伝票|管理)(?:[ ]?(?:no\.?|number|番号|#|№))?[ .:#]{0,2})"
)
_AFTER_CUE = rf"(?i:{_CUE})(?P<bare>\d{{2,}}(?:-\d+)*)(?![\d.,]\d|[A-Za-z0-9])(?![ ]?[%°μ個本枚件])"
#: A short number with a number sign: "No. 2", "#4". The sign is part of what people read as the name.
_NUMBERED = r"(?i:(?<![A-Za-z])no\.[ ]?|#[ ]?|№[ ]?)\d(?![\d.,]\d|[A-Za-z0-9-])"
#: A capital that names a lot or the like: "Lot B". "I" is rather a word.
_LETTERED = (
    r"(?:\b(?i:lot|batch|part|serial|drawing)(?i:[ ]?(?:no\.?|number))?[ ]|(?:ロット|品番|図番)[ ]?)"
    r"(?P<letter>[A-HJ-Z])(?![A-Za-z0-9/.-])"
)
_ANY = re.compile(
    f"(?P<acronym>{_ACRONYM})|(?P<numbered>{_NUMBERED})|{_AFTER_CUE}|{_LETTERED}|(?P<mixed>{_MIXED})"
    f"|(?P<groups>{_DIGIT_GROUPS})"
)
#: 12x30, 3rd, 1.2e5, 2D, pH7.0 and the like are not names.
_NO_NAME = re.compile(
    r"\d+(?:\.\d+)?(?:st|nd|rd|th|x|e[+-]?\d+|x\d+(?:\.\d+)?)|\d+(?:s|d)|(?:ph|ra|rz)[\d.-]+", re.IGNORECASE
)
_WORDS_WITH_DIGIT = re.compile(r"[A-Za-z]+(?:[./-][A-Za-z]+)+|[a-z]+[./][\d.]+", re.IGNORECASE)


def find_identifiers(folded: str) -> Iterator[Identifier]:
    """Every identifier of the text, in order."""
    for match in _ANY.finditer(folded):
        group = match.lastgroup or "mixed"
        start_char, end_char = match.span(group)
        text = match[group]
        if group == "mixed" and (_NO_NAME.fullmatch(text) or _WORDS_WITH_DIGIT.fullmatch(text)):
            continue
        yield Identifier(start_char, end_char, text[-1] if group == "numbered" else canonical(text))


def canonical(text: str) -> str:
    """The identifier without what people vary: case, hyphens, spaces, slashes, number signs.

    A point between digits stays: Ra 1.6 is not Ra 16.
    """
    return re.sub(r"[\s_/:#-]|(?<!\d)\.|\.(?!\d)", "", text).upper()


def spelling_pattern(canonical_text: str) -> re.Pattern[str]:
    """Finds an identifier however it is broken up: RA1.6 in "Ra 1.6", NCR2031 in "NCR no. 2031"."""
    runs = re.findall(r"[A-Z]+|\d|[^A-Z\d]+", canonical_text)
    body = ""
    for before, run in zip(["", *runs], runs, strict=False):
        is_word_border = bool(before) and before.isalpha() != run.isalpha()
        gap = r"[\s_/.:#-]{0,2}(?:no\.?\s?)?" if is_word_border else "[-/_]?" if before else ""
        body += gap + re.escape(run)
    return re.compile(rf"(?<![A-Za-z0-9]){body}(?![A-Za-z0-9])", re.IGNORECASE)
