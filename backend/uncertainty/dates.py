"""Finds dates and times of day, in English and Japanese forms, era years included.

In: a folded text, in its own and in lower case. Out: `Moment` values: every calendar reading that the spelling allows.
Knows nothing of documents or summaries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

#: (year or 0, month, day or 0), or for a time of day (-1, hour, minute).
Reading = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or a time of day, with every reading that its spelling allows."""

    start_char: int
    end_char: int
    readings: tuple[Reading, ...]


_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "㋿": 2018, "㍻": 1988, "㍼": 1925, "r": 2018, "h": 1988, "s": 1925}
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:19|20)\d\d"
_PATTERNS = {
    "era": (
        r"(?P<era>令和|平成|昭和|[㋿㍻㍼])[ ]?(?P<ey>\d{1,2}|元)年(?:度)?"
        r"(?:[ ]?(?P<em>\d{1,2})月(?:[ ]?(?P<ed>\d{1,2})日)?)?"
    ),
    "short_era": (r"(?<![a-z0-9])(?P<se>[rhs])(?P<sy>\d{1,2})[./年](?P<sm>\d{1,2})[./月](?P<sd>\d{1,2})日?(?!\d)"),
    "kanji": (rf"(?<!\d)(?P<ky>{_YEAR}|\d\d)年(?:[ ]?(?P<km>\d{{1,2}})月(?:[ ]?(?P<kd>\d{{1,2}})日)?)?(?!間|以)"),
    "kanji_day": r"(?<!\d)(?P<kdm>\d{1,2})月[ ]?(?P<kdd>\d{1,2})日",
    "iso": (
        rf"(?<![\d.])(?P<iy>{_YEAR})(?P<isep>[-/.])(?P<im>\d{{1,2}})(?P=isep)(?P<id>\d{{1,2}})"
        r"(?![\d.]\d|\d)"
    ),
    "digits": (
        r"(?<![\d.])(?P<d1>\d{1,2})(?P<dsep>[-/.])(?P<d2>\d{1,2})(?P=dsep)"
        r"(?P<d3>(?:19|20)?\d\d)(?!\d|[./-]\d)"
    ),
    "day_first": (rf"(?<!\d)(?P<fd>{_DAY})(?P<fo>st|nd|rd|th)?[ -](?P<fm>{_MONTH})(?:,?[ -](?P<fy>{_YEAR})\b)?"),
    "month_first": (rf"\b(?P<mm>{_MONTH})[ ](?P<md>{_DAY})(?:st|nd|rd|th)?\b(?:,?[ ](?P<my>{_YEAR})\b)?"),
    "month_year": rf"\b(?P<om>{_MONTH})[ ,]{{1,2}}(?P<oy>{_YEAR})\b",
    "clock": (
        r"(?<![\d:.])(?P<ch>[01]?\d|2[0-4]):(?P<cm>[0-5]\d)(?::[0-5]\d)?(?![\d:])"
        r"(?:[ ]?(?P<half>[ap]\.?m\b))?"
    ),
    "kanji_clock": r"(?<!\d)(?P<jh>\d{1,2})時(?:(?P<jm>\d{1,2})分)?(?!間)",
    "slash": (
        r"(?<![\w./-])(?P<s1>\d{1,2})/(?P<s2>\d{1,2})(?![\w./%-])"
        r"(?![ ]?(?:pcs|pieces|parts|units|個|本|枚|台|件|samples|inch|in\b))"
    ),
}
#: The look-ahead names what any date begins with: it saves trying every form at every character.
_ANY = re.compile(
    r"(?=[\djfmasondrh令平昭㋿㍻㍼])(?:" + "|".join(f"(?P<is_{name}>{form})" for name, form in _PATTERNS.items()) + ")"
)
#: What makes a date of "12 may", which without a capital is rather "sample 12 may …".
_DATE_CUE = re.compile(
    r"\b(?:on|by|until|till|since|from|before|after|dated?|due|between|through|as of|effective|\w+day)[ ,.:]{1,3}$"
)
_CUE_CHARS = 16
#: Behind the verb "may", also in capitals ("SAMPLE 12 MAY NEED REWORK").
_AFTER_VERB = re.compile(
    r"[ ]+(?:not|also|only|still|then|well|even|never|no longer|be|have|need|require|fail|pass|cause|show|exceed|occur|"
    r"result|indicate|contain|include|lead|lose|break|crack|leak|take|become|affect|apply|use|go|get|give|make|move|remain|"
    r"reach|vary|differ|come|start|run|stop|want|ship|continue|proceed|return|replace|suffer|stay|fall|rise|change|"
    r"deviate|drift|receive|see|do)\b"
)


def find_moments(lower: str, folded: str) -> Iterator[Moment]:
    """Every date and time of day, in order.

    Args:
        lower: the text in `folding.fold_case`.
        folded: the same in `folding.fold`, whose capitals tell the month May from the verb.
    """
    for match in _ANY.finditer(lower):
        if _is_verb(match, folded):
            continue
        readings = tuple(r for r in _read(match) if _is_possible(r))
        if readings:
            yield Moment(match.start(), match.end(), readings)


def agree(one: Moment, other: Moment) -> bool:
    """Whether two spellings can mean the same day or time; a part that one leaves out fits any."""
    return any(_readings_agree(a, b) for a in one.readings for b in other.readings)


def years(moment: Moment) -> frozenset[int]:
    """The years that the spelling names."""
    return frozenset(reading[0] for reading in moment.readings if reading[0] > 0)


def _is_verb(match: re.Match[str], folded: str) -> bool:
    """Whether "12 may" of no year is "sample 12 may …" and no day."""
    if match["fm"] != "may" or match["fy"]:
        return False
    if _AFTER_VERB.match(match.string, match.end()):
        return True
    start_char, month_char = match.start(), match.start("fm")
    cue = _DATE_CUE.search(match.string, max(0, start_char - _CUE_CHARS), start_char)
    return not (cue or match["fo"] or folded[month_char] == "M" or folded[month_char - 1] == "-")


def _readings_agree(a: Reading, b: Reading) -> bool:
    if (a[0] < 0) != (b[0] < 0):
        return False
    if a[0] < 0:
        return a == b
    return all(x == y or x == 0 or y == 0 for x, y in zip(a, b, strict=True))


def _is_possible(reading: Reading) -> bool:
    year, month, day = reading
    if year < 0:
        return month <= 24 and day <= 59
    return 0 <= month <= 12 and 0 <= day <= 31 and (year > 0 or month > 0)


def _number(text: str | None) -> int:
    return int(text) if text else 0


def _full_year(text: str) -> int:
    year = int(text)
    return year if year > 99 else 2000 + year


def _read(match: re.Match[str]) -> list[Reading]:
    """The readings of a match, by the pattern that made it."""
    g = match.groupdict()
    readers = {
        "era": lambda: [(_ERAS[g["era"]] + _era_year(g["ey"]), _number(g["em"]), _number(g["ed"]))],
        "short_era": lambda: [(_ERAS[g["se"]] + int(g["sy"]), int(g["sm"]), int(g["sd"]))],
        "kanji": lambda: [(_full_year(g["ky"]), _number(g["km"]), _number(g["kd"]))],
        "kanji_day": lambda: [(0, int(g["kdm"]), int(g["kdd"]))],
        "iso": lambda: [(int(g["iy"]), int(g["im"]), int(g["id"]))],
        "digits": lambda: _read_three(g["d1"], g["d2"], g["d3"]),
        "day_first": lambda: [(_number(g["fy"]), _month(g["fm"]), int(g["fd"]))],
        "month_first": lambda: [(_number(g["my"]), _month(g["mm"]), int(g["md"]))],
        "month_year": lambda: [(int(g["oy"]), _month(g["om"]), 0)],
        "clock": lambda: [(-1, _hour(int(g["ch"]), g["half"]), int(g["cm"]))],
        "kanji_clock": lambda: [(-1, int(g["jh"]), _number(g["jm"]))],
        "slash": lambda: [(0, m, d) for m, d in {(int(g["s1"]), int(g["s2"])), (int(g["s2"]), int(g["s1"]))}
                          if m and d],
    }  # fmt: skip
    name = next(name for name in _PATTERNS if g[f"is_{name}"] is not None)
    return readers[name]()


def _read_three(first: str, second: str, third: str) -> list[Reading]:
    """3/12/2026 is 3 December or March 12; 26/03/12 may begin with the year."""
    year, a, b = _full_year(third), int(first), int(second)
    readings = {(year, a, b), (year, b, a)}
    if len(third) == 2:
        readings.add((2000 + a, b, int(third)))
    return sorted(reading for reading in readings if reading[1] and reading[2])


def _era_year(text: str) -> int:
    return 1 if text == "元" else int(text)


def _month(text: str) -> int:
    return _MONTHS.index(text[:3]) + 1


def _hour(hour: int, half: str | None) -> int:
    is_afternoon = half is not None and half.startswith("p")
    if is_afternoon and hour < 12:
        return hour + 12
    return 0 if half is not None and not is_afternoon and hour == 12 else hour
