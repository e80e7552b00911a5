"""Places of a text where one small change makes it wrong: numbers, units, lot numbers, verdict words.

In: a text, its document, a generator. Out: ranges and what comes in their place. A swapped-in number is never one that
the document holds in the same spelling. The places are found by rules of this module's own, not by those of the
grounding checks, which are tested on them. Knows nothing of what the swapped copies are for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

Swap = tuple[int, int, str]  # half-open range of the text, and what comes in its place

_UNITS = (
    ("mm", "cm", "µm"), ("kg", "g", "lb"), ("MPa", "kPa", "bar"), ("ft", "m", "in"), ("FT", "NM", "M"),
    ("feet", "meters", "inches"), ("FEET", "METERS", "INCHES"), ("hours", "minutes", "days"),
    ("HRS", "MINS", "DAYS"), ("HOURS", "MINUTES", "DAYS"), ("pounds", "kilograms"), ("KTS", "MPH"), ("psi", "bar"),
    ("PSI", "BAR"), ("volts", "amps"), ("years", "months", "weeks"), ("seconds", "minutes"), ("個", "本", "枚"),
)  # fmt: skip
_NUMBER = re.compile(r"(?<![\w.,/-])\d{1,3}(?:,\d{3})+(?![\w,])|(?<![\w.,/-])\d+(?:\.\d+)?(?![\w.]*\d)(?![A-Za-z])")
_UNIT = re.compile(r"(?<=\d)\s?(?P<unit>[A-Za-zµ個本枚]+)(?![A-Za-z0-9])")
_IDENTIFIER = re.compile(r"(?<![\w-])(?=[\w-]*[A-Za-z])(?=[\w-]*\d)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?![\w-])")
_OPPOSITES = (
    ("OK", "NG"), ("passed", "failed"), ("pass", "fail"), ("accepted", "rejected"), ("accept", "reject"),
    ("acceptable", "unacceptable"), ("conforming", "nonconforming"), ("within", "outside"), ("不合格", "合格"),
    ("不適合", "適合"),
)  # fmt: skip
_OTHER_VERDICT = {word: other for pair in _OPPOSITES for word, other in (pair, pair[::-1])}
_VERDICT = re.compile(
    "|".join(rf"(?<![A-Za-z]){word}(?![A-Za-z])" if word.isascii() else word for word in _OTHER_VERDICT), re.IGNORECASE
)


def swap_numbers(text: str, document: str, rng: Random) -> Iterator[Swap]:
    """Each number with one digit changed."""
    for match in _NUMBER.finditer(text):
        other = _other_digits(match.group(), document, rng)
        if other:
            yield *match.span(), other


def swap_identifiers(text: str, document: str, rng: Random) -> Iterator[Swap]:
    """Each lot, part or serial number with one digit changed."""
    for match in _IDENTIFIER.finditer(text):
        other = _other_digits(match.group(), document, rng)
        if other:
            yield *match.span(), other


def swap_units(text: str, document: str, rng: Random) -> Iterator[Swap]:
    """Each unit behind a number, as another one of its kind."""
    for match in _UNIT.finditer(text):
        for family in _UNITS:
            if match["unit"] in family:
                yield *match.span("unit"), rng.choice([unit for unit in family if unit != match["unit"]])
                break


def swap_verdicts(text: str, document: str, rng: Random) -> Iterator[Swap]:
    """Each word of a verdict as its opposite, in the same case."""
    for match in _VERDICT.finditer(text):
        word = match.group()
        other = _OTHER_VERDICT.get(word) or _OTHER_VERDICT.get(word.lower()) or _OTHER_VERDICT.get(word.upper())
        if other is not None:
            yield *match.span(), _in_case_of(word, other)


def _in_case_of(word: str, other: str) -> str:
    if word.isupper():
        return other.upper()
    if word.islower():
        return other.lower()
    return other.capitalize()


def _other_digits(text: str, document: str, rng: Random) -> str:
    """The same form with one digit changed, not found in the document; "" after some tries."""
    places = [index for index, character in enumerate(text) if character.isdecimal()]
    for _ in range(8):
        place = rng.choice(places)
        digit = rng.choice([other for other in "123456789" if other != text[place]])
        changed = text[:place] + digit + text[place + 1 :]
        if not re.search(rf"(?<![\w.]){re.escape(changed)}(?!\w)", document):
            return changed
    return ""
