"""Finds quantities in text: numbers with sign, comparison, tolerance, range and unit.

In: a folded text (`folding.fold`). Out: `Quantity` values with code-point offsets.
Knows nothing of documents or summaries, nor whether a number belongs to a date or an identifier.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from backend.uncertainty.units import UNIT_PATTERN, Unit, are_comparable, read_unit


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of a text.

    Attributes:
        start_char: first code point, sign and comparison included.
        end_char: one past the last code point, unit included.
        values: what the digits can mean ("1,2" is 1.2, or 1 and 2), the likeliest first; without sign.
        sign: "", "+", "-" or "±".
        comparison: "", "at_most" or "at_least".
        unit: the unit, when one is written; in a range, that of its last number.
        decimals: digits behind the point.
    """

    start_char: int
    end_char: int
    values: tuple[float, ...]
    sign: str = ""
    comparison: str = ""
    unit: Unit | None = None
    decimals: int = 0


_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?(?!\d)|\d+(?:[.,]\d+)?|\.\d+)"
_SCALES = {"千": 1e3, "万": 1e4, "億": 1e8, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_QUANTITY = re.compile(
    r"(?P<comparison>(?:<=|>=|[≤≥≦≧<>])[ ]?)?"
    r"(?P<sign>±[ ]?|\+/-[ ]?|(?<![\w.)\]])[+-](?=[\d.]))?"
    r"(?P<mark>[φ$¥€][ ]?|(?<![A-Za-z])(?:pH|Ra|Rz|RA|RZ)[ ]?)?"
    rf"(?<![\d.])(?P<digits>{_DIGITS})(?:[eE](?P<power>[+-]?\d{{1,2}})(?![\w]))?"
    r"(?P<scale>[千万億](?:\d{1,4}千?万?)?|[ ](?:thousand|million|billion)\b)?"
    rf"(?P<unit>{UNIT_PATTERN})?(?P<ordinal>(?:st|nd|rd|th|TH|ST|ND|RD)\b)?"
    r"(?P<bound>[ ]?(?:以下|以内|未満|以上|超|or less|or more|max\b|min\b))?"
)
_JOIN = re.compile(r" ?(?:-|~|から|to|[x×*]|\.\.\.?|/) ?")
_AT_MOST = ("<=", "≤", "≦", "<", "以下", "以内", "未満", "or less", "max")
#: With a space before them and a word behind them these are rather words: "3 in lot 4", "5 A parts".
_WORDLIKE_UNITS = frozenset({" in", " A", " C", " F", " K", " t", " h", " l", " mil", " J"})

_ENGLISH = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
).split()
_WORD_VALUES = {word: float(value) for value, word in enumerate(_ENGLISH, start=2)} | {
    "thirty": 30.0, "forty": 40.0, "fifty": 50.0, "dozen": 12.0, "twice": 2.0,
    **{kanji: float(value) for value, kanji in enumerate("二三四五六七八九十", start=2)},
}  # fmt: skip
_WORD_NUMBER = re.compile(
    rf"\b(?P<en>{'|'.join(_ENGLISH)}|thirty|forty|fifty|dozen|twice)\b"
    r"|(?<![一-龠])(?P<ja>[二三四五六七八九十])(?=(?:個|件|本|枚|台|点|名|回|箇所|か所|つ)(?![検析称別帳車数転速当目]))",
    re.IGNORECASE,
)


def find_quantities(folded: str) -> Iterator[Quantity]:
    """Every number of the text, in order, written with digits."""
    for match in _QUANTITY.finditer(folded):
        yield _read(match, folded)


def find_number_words(folded: str) -> Iterator[Quantity]:
    """Counts that are written as words: "three", "二件". "One" is left out: it is rarely a count."""
    for match in _WORD_NUMBER.finditer(folded):
        value = _WORD_VALUES[match.group().lower()]
        yield Quantity(match.start(), match.end(), (value,))


def join_quantities(quantities: list[Quantity], folded: str) -> list[list[Quantity]]:
    """Groups what is one statement: nominal with tolerance, range, dimensions.

    In a group, a number without a unit takes that of the next one: 11.95–12.05 mm.
    """
    groups: list[list[Quantity]] = []
    for quantity in quantities:
        if groups and _belongs(groups[-1][-1], quantity, folded):
            groups[-1].append(quantity)
        else:
            groups.append([quantity])
    return [_share_unit(group) for group in groups]


def _belongs(before: Quantity, after: Quantity, folded: str) -> bool:
    gap = folded[before.end_char : after.start_char]
    if len(gap) > 5 or not are_comparable(before.unit, after.unit):
        return False
    if after.sign and gap.strip() in ("", "/"):
        return after.sign == "±" or gap.strip() != ""
    return after.sign == "" and _JOIN.fullmatch(gap) is not None and gap.strip() != "/"


def _share_unit(group: list[Quantity]) -> list[Quantity]:
    unit = next((quantity.unit for quantity in reversed(group) if quantity.unit), None)
    return [quantity if quantity.unit else replace(quantity, unit=unit) for quantity in group]


def _read(match: re.Match[str], folded: str) -> Quantity:
    values, decimals = _read_digits(match["digits"])
    if match["power"]:
        values = tuple(value * 10.0 ** int(match["power"]) for value in values)
    if match["scale"]:
        values = tuple(_scale(value, match["scale"].strip()) for value in values)
    unit, end_char = _read_unit(match, folded)
    sign = (match["sign"] or "").strip()
    return Quantity(
        start_char=match.start(),
        end_char=end_char,
        values=values,
        sign="±" if sign == "+/-" else sign,
        comparison=_read_comparison(match),
        unit=unit,
        decimals=decimals,
    )


def _read_unit(match: re.Match[str], folded: str) -> tuple[Unit | None, int]:
    spelling = match["unit"]
    if not spelling:
        return None, match.end()
    if spelling in _WORDLIKE_UNITS and re.match(r" [A-Za-z]", folded[match.end("unit") :][:2]):
        return None, match.start("unit")
    return read_unit(spelling), match.end()


def _read_comparison(match: re.Match[str]) -> str:
    mark = (match["comparison"] or match["bound"] or "").strip()
    if not mark:
        return ""
    return "at_most" if mark in _AT_MOST else "at_least"


def _read_digits(digits: str) -> tuple[tuple[float, ...], int]:
    """The values that a run of digits, points and commas can have, and its decimals.

    1,234 is 1234 (0,012 is 0.012); 12,4 is 12.4 or the list 12, 4; 1.234.567,8 is 1234567.8.
    """
    if digits.count(".") > 1:
        whole, _, rest = digits.replace(".", "").partition(",")
        return (float(f"{whole}.{rest or 0}"),), len(rest)
    if "," not in digits:
        return (float(digits),), len(digits.partition(".")[2])
    whole, _, rest = digits.partition(",")
    is_grouped = re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", digits) is not None
    if is_grouped:
        return (float(digits.replace(",", "")),), len(digits.partition(".")[2])
    if "," in rest or "." in rest:
        return tuple(float(part) for part in re.split(",", digits) if part), 0
    decimal = float(f"{whole}.{rest}")
    return ((decimal, float(whole), float(rest)) if whole != "0" else (decimal,)), len(rest)


def _scale(value: float, scale: str) -> float:
    """Value of 12 万, of 12 万 3 千, of 3 million: `scale` is what stands behind the digits."""
    if scale in _SCALES:
        return value * _SCALES[scale]
    total = value * _SCALES[scale[0]]
    rest = re.fullmatch(r"(\d{1,4})(千?)(万?)", scale[1:])
    if rest is None:
        return total
    factor = (1e3 if rest[2] else 1.0) * (1e4 if rest[3] else 1.0)
    return total + float(rest[1]) * factor
