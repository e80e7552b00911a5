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
        resolution: value of a one in the last written place: 0.01 of 1.25, 1e4 of 3万, 1e-6 of 5e-6.
        written: its digits with exponent and scale as the text has them, without sign and unit; "" of a word.
    """

    start_char: int
    end_char: int
    values: tuple[float, ...]
    sign: str = ""
    comparison: str = ""
    unit: Unit | None = None
    decimals: int = 0
    resolution: float = 1.0
    written: str = ""


_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?(?!\d)|\d+(?:[.,]\d+)?|\.\d+)"
_SCALES = {"百": 1e2, "千": 1e3, "万": 1e4, "億": 1e8, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_AT_MOST_WORDS = (
    "max(?:imum)?(?: of)?",
    "at most",
    "up to",
    "no more than",
    "not (?:more|over) than",
    "below",
    "under",
)
_AT_LEAST_WORDS = ("min(?:imum)?(?: of)?", "at least", "no less than", "not less than")
_AT_MOST_KANJI, _AT_LEAST_KANJI = ("最大", "上限"), ("最小", "下限")
_QUANTITY = re.compile(
    r"(?P<comparison>(?:<=|>=|[≤≥≦≧<>])[ ]?|"
    rf"(?i:(?<![a-z])(?:{'|'.join(_AT_MOST_WORDS + _AT_LEAST_WORDS)})\.?[ :=]{{0,3}})|"
    rf"(?:{'|'.join(_AT_MOST_KANJI + _AT_LEAST_KANJI)})[ :=は]{{0,2}})?"
    r"(?P<sign>±[ ]?|\+/-[ ]?|"
    # a dash behind a number or its unit is that of a range
    r"(?<![\w.)\]%°℃℉\u3300-\u33ff])(?<!\d[\"'])[+-](?=[\d.])|"
    r"(?i:(?<![a-z])minus )|マイナス[ ]?)?"
    r"(?P<mark>[φ$¥€][ ]?|(?<![A-Za-z])(?:pH|Ra|Rz|RA|RZ)[ ]?)?"
    rf"(?<![\d.])(?P<digits>{_DIGITS})(?:[eE](?P<power>[+-]?\d{{1,2}})(?![\w]))?"
    r"(?P<scale>[百千万億](?:\d{1,4}[百千]?万?(?:\d{1,3})?)?|[ ](?:thousand|million|billion)\b)?"
    rf"(?P<unit>{UNIT_PATTERN})?(?P<ordinal>(?:st|nd|rd|th|TH|ST|ND|RD)\b)?"
    r"(?P<bound>[ ]?(?:以下|以内|未満|以上|超|or less|or more|max\b|min\b))?"
)
_JOIN = re.compile(r" ?(?:-|~|から|to|[x×*]|\.\.\.?|/) ?")
_UPPER = re.compile("|".join((*_AT_MOST_WORDS, *_AT_MOST_KANJI)), re.IGNORECASE)
_AT_MOST = ("<=", "≤", "≦", "<", "以下", "以内", "未満", "or less", "max")
#: What stands behind the first scale of 1億2千万500: digits, 百 or 千, 万, digits.
_SCALE_REST = re.compile(r"(\d{1,4})([百千]?)(万?)(\d{0,3})")
#: With a space before them and a word behind them these are rather words: "3 in lot 4", "5 A parts".
_WORDLIKE_UNITS = frozenset({" in", " IN", " A", " C", " F", " K", " t", " h", " l", " mil", " MIL", " J"})

_ENGLISH = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
).split()
_WORD_VALUES = {word: float(value) for value, word in enumerate(_ENGLISH, start=2)} | {
    "thirty": 30.0, "forty": 40.0, "fifty": 50.0, "dozen": 12.0, "twice": 2.0,
}  # fmt: skip
_KANJI_STEPS = {"十": 10, "百": 100, "千": 1000}
_WORD_NUMBER = re.compile(
    rf"\b(?P<en>{'|'.join(_ENGLISH)}|thirty|forty|fifty|dozen|twice)\b"
    r"|(?<![一-龠])(?P<ja>[一二三四五六七八九十百千万]{2,9}|[二三四五六七八九十百千])(?=(?:個|件|本|枚|台|点|名|回|箇所|か所|つ)(?![検析称別帳車数転速当目]))",
    re.IGNORECASE,
)


def find_quantities(folded: str) -> Iterator[Quantity]:
    """Every number of the text, in order, written with digits."""
    for match in _QUANTITY.finditer(folded):
        yield _read(match, folded)


def find_number_words(folded: str) -> Iterator[Quantity]:
    """Counts that are written as words: "three", "二件". "One" is left out: it is rarely a count."""
    for match in _WORD_NUMBER.finditer(folded):
        value = _read_kanji(match["ja"]) if match["ja"] else _WORD_VALUES[match.group().lower()]
        yield Quantity(match.start(), match.end(), (value,))


def _read_kanji(text: str) -> float:
    """The value of 三百二十 or 一万二千: digits, each multiplied by what stands behind it."""
    total = section = digit = 0
    for kanji in text:
        if kanji == "万":
            total, section, digit = total + max(1, section + digit) * 10_000, 0, 0
        elif kanji in _KANJI_STEPS:
            section, digit = section + max(1, digit) * _KANJI_STEPS[kanji], 0
        else:
            digit = "一二三四五六七八九".index(kanji) + 1
    return float(total + section + digit)


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
    return [_share_unit(group) for group in _with_tolerances(groups, folded)]


def _with_tolerances(groups: list[list[Quantity]], folded: str) -> list[list[Quantity]]:
    """Puts a tolerance of two signs (+0.05/-0.02) to the nominal before it."""
    joined: list[list[Quantity]] = []
    for group in groups:
        is_tolerance = sorted(quantity.sign for quantity in group) == ["+", "-"]
        if is_tolerance and joined and len(joined[-1]) == 1 and joined[-1][0].sign in ("", "-"):
            before = joined[-1][0]
            gap = folded[before.end_char : group[0].start_char]
            if gap in ("", " ") and are_comparable(before.unit, group[0].unit):
                joined[-1] = [before, *group]
                continue
        joined.append(group)
    return joined


def signed_value(quantity: Quantity) -> float:
    """The likeliest value with its minus sign; that of ± is the upper one."""
    return -quantity.values[0] if quantity.sign == "-" else quantity.values[0]


def bounds(quantities: tuple[Quantity, ...]) -> tuple[float, float] | None:
    """The ends of what nominal and tolerance, or a range, allow; None of anything else."""
    first, *others = quantities
    value = signed_value(first)
    if len(others) == 1 and others[0].sign == "±":
        return value - others[0].values[0], value + others[0].values[0]
    if sorted(other.sign for other in others) == ["+", "-"]:
        by_sign = {other.sign: other.values[0] for other in others}
        return value - by_sign["-"], value + by_sign["+"]
    if len(others) == 1 and first.sign == others[0].sign == "" and value < others[0].values[0]:
        return value, others[0].values[0]
    return None


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
    resolution = 10.0**-decimals
    if match["power"]:
        factor = 10.0 ** int(match["power"])
        values, resolution = tuple(value * factor for value in values), resolution * factor
    if match["scale"]:
        scale = match["scale"].strip()
        values = tuple(_scale(value, scale) for value in values)
        resolution = _scale_resolution(resolution, scale)
    unit, end_char = _read_unit(match, folded)
    values += _other_reading(match["digits"], unit)
    sign = (match["sign"] or "").strip()
    last = "scale" if match["scale"] else "power" if match["power"] else "digits"
    return Quantity(
        start_char=match.start(),
        end_char=end_char,
        values=values,
        sign={"+/-": "±", "minus": "-", "マイナス": "-"}.get(sign.lower(), sign),
        comparison=_read_comparison(match),
        unit=unit,
        decimals=decimals,
        resolution=resolution,
        written=folded[match.start("digits") : match.end(last)],
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
    is_upper = mark in _AT_MOST or _UPPER.match(mark) is not None
    return "at_most" if is_upper else "at_least"


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


def _other_reading(digits: str, unit: Unit | None) -> tuple[float, ...]:
    """What a point or a comma before three digits means elsewhere: 12,345 mm is 12.345 mm, 1.234 pcs are 1234."""
    if unit is None or re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", digits) is None:
        return ()
    if unit.dimension == "count":
        return (float(digits.replace(".", "")),) if "." in digits else ()
    return (float(digits.replace(",", ".")),) if "," in digits else ()


def _scale(value: float, scale: str) -> float:
    """Value of 12 万, of 12 万 3 千, of 3 million: `scale` is what stands behind the digits."""
    if scale in _SCALES:
        return value * _SCALES[scale]
    total = value * _SCALES[scale[0]]
    rest = _SCALE_REST.fullmatch(scale[1:])
    if rest is None:
        return total
    return total + float(rest[1]) * _rest_factor(rest) + float(rest[4] or 0)


def _scale_resolution(resolution: float, scale: str) -> float:
    """Value of a one in the last place of 12 万 (1e4), of 12 万 3 千 (1e3), of 1.25 million (1e4)."""
    if scale in _SCALES:
        return resolution * _SCALES[scale]
    rest = _SCALE_REST.fullmatch(scale[1:])
    return 1.0 if rest is None or rest[4] else _rest_factor(rest)


def _rest_factor(rest: re.Match[str]) -> float:
    return _SCALES.get(rest[2], 1.0) * (1e4 if rest[3] else 1.0)
