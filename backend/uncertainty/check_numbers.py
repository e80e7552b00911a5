"""Checks numbers and dates of a summary against the document: value, unit, sign, limit, tolerance.

In: a fact and its context. Out: a `Check`. Knows nothing of tokens, scores or words.
"""

from __future__ import annotations

import re

from backend.uncertainty.context import Check, Context, rank_lines
from backend.uncertainty.dates import agree, years
from backend.uncertainty.facts import Fact
from backend.uncertainty.numbers import Quantity, bounds, signed_value
from backend.uncertainty.source import DocumentIndex, Place, value_key
from backend.uncertainty.units import Unit, are_comparable, have_one_factor, read_unit, spellings, to_base

#: Dimensions whose unit is a counting word: three lots may be three lines.
_COUNTED = ("count",)
#: Dimensions in which a lost minus sign is another value, not another way to write a tolerance.
_SIGNED = ("temperature", "level")

#: Findings that limits in another form explain; a wrong unit they do not.
_MISSING = ("reason.number_not_in_source", "reason.number_rounded")

_TIME_AFTER, _TIME_BEFORE = re.compile(r":\d\d(?!\d)"), re.compile(r"\d:$")
_INDENT_CHARS = 8
_LINE_NUMBER = re.compile(r"[.)](?=\s)")

_Finding = tuple[str, dict[str, str]]


def check_number(context: Context, fact: Fact) -> Check:
    """A number is grounded when each of its parts is: value, and unit where both texts write one."""
    if len(fact.quantities) > 1 and not any(quantity.unit for quantity in fact.quantities):
        verbatim = _verbatim_lines(context.index, context.text_of(fact))
        if verbatim:
            return Check(True, (), rank_lines(context, fact.start_char, own=(), lines=verbatim))
    findings: list[_Finding] = []
    lines: list[int] = []
    for quantity in fact.quantities:
        finding, places = _check_quantity(context, quantity)
        findings += [finding] if finding else []
        lines += [place.line for place in places]
    if not lines and not findings:
        lines = _verbatim_lines(context.index, context.text_of(fact))
    is_only_missing = bool(findings) and all(code in _MISSING for code, _ in findings)
    if is_only_missing and (same_limits := _same_limits(context.index, fact)):
        findings, lines = [], same_limits
    contradiction = _contradicts_limit(context, fact, findings)
    ranked = rank_lines(context, fact.start_char, own=(), lines=lines) if lines else ()
    is_grounded = not findings or all(code == "reason.number_rounded" for code, _ in findings)
    return Check(is_grounded and not contradiction, (*contradiction, *findings), ranked)


def _same_limits(index: DocumentIndex, fact: Fact) -> list[int]:
    """Lines with the same limits in another form: 12.00 ±0.05 is 11.95 to 12.05, and 11.95 is its lower end."""
    first = fact.quantities[0]
    ends = bounds(fact.quantities)
    if ends is not None:
        places = index.by_bounds.get((value_key(ends[0]), value_key(ends[1])), [])
    elif len(fact.quantities) == 1 and first.sign != "±":
        places = index.by_bound.get(value_key(signed_value(first)), [])
    else:
        places = []
    return [place.line for place in places if _fits(first.unit, place.quantity.unit)]


def check_date(context: Context, fact: Fact) -> Check:
    """A date is grounded when the document has one that can be the same day, and its year."""
    index = context.index
    assert fact.moment is not None
    known = [
        (other, line)
        for other, line in index.by_kind.get("date", ())
        if other.moment is not None and agree(fact.moment, other.moment)
    ]
    text = context.text_of(fact)
    if known and _has_year(index, fact, [other for other, _ in known]):
        ranked = rank_lines(context, fact.start_char, own=(), lines=[line for _, line in known])
        return Check(True, (), ranked)
    verbatim = _verbatim_lines(index, text) or _compact_lines(index, fact)
    if verbatim:
        return Check(True, (), rank_lines(context, fact.start_char, own=(), lines=verbatim))
    return Check(False, (("reason.date_not_in_source", {"text": text}),))


def _compact_lines(index: DocumentIndex, fact: Fact) -> list[int]:
    """Lines that write the date as eight digits: 20260312."""
    assert fact.moment is not None
    days = [year * 10_000 + month * 100 + day for year, month, day in fact.moment.readings if year > 0 and day]
    return [place.line for day in days for place in index.by_value.get(value_key(float(day)), ())]


def _has_year(index: DocumentIndex, fact: Fact, known: list[Fact]) -> bool:
    """Whether a year that the summary adds to a day is found anywhere in the document."""
    assert fact.moment is not None
    wanted = years(fact.moment)
    if not wanted or any(not other.moment or years(other.moment) & wanted for other in known):
        return True
    return any(value_key(float(year)) in index.by_value or str(year) in index.text for year in wanted)


def _check_quantity(context: Context, quantity: Quantity) -> tuple[_Finding | None, list[Place]]:
    index = context.index
    text = context.summary[quantity.start_char : quantity.end_char].strip()
    same_value = _with_value(index, quantity)
    if not _is_mark(context.lower, quantity):
        same_value = [place for place in same_value if not _is_mark(index.lower, place.quantity)]
    fitting = [place for place in same_value if _fits(quantity.unit, place.quantity.unit)]
    if other := _unit_of_rows(index, quantity, fitting):
        return ("reason.unit_differs", {"text": text, "found": other}), fitting[:1]
    if fitting and _is_sign_lost(quantity, fitting):
        return ("reason.number_not_in_source", {"text": text}), fitting[:1]
    if fitting:
        missing = _missing_unit(index, quantity, fitting)
        return (("reason.unit_not_in_source", {"text": text, "unit": missing}), fitting) if missing else (None, fitting)
    converted = _converted(index, quantity)
    if converted:
        return None, converted
    if same_value:
        found = _spelling(index, same_value[0])
        return ("reason.unit_differs", {"text": text, "found": found}), same_value[:1]
    rounded = _rounded(index, quantity)
    if rounded:
        return ("reason.number_rounded", {"text": text, "found": _spelling(index, rounded[0])}), rounded[:1]
    if quantity.sign != "-" and _verbatim_lines(index, quantity.written):
        return None, []
    return ("reason.number_not_in_source", {"text": text}), []


def _is_mark(lower: str, quantity: Quantity) -> bool:
    """Whether the digits are a part of a time (21:05) or number a line (3. …): they measure and count nothing."""
    start_char, end_char = quantity.start_char, quantity.end_char
    if quantity.unit is not None or quantity.comparison or quantity.sign:
        return False
    if _TIME_AFTER.match(lower, end_char) or _TIME_BEFORE.search(lower[max(0, start_char - 2) : start_char]):
        return True
    before = lower[max(0, start_char - _INDENT_CHARS) : start_char]
    begins_line = not before.strip() and ("\n" in before or start_char <= _INDENT_CHARS)
    return begins_line and _LINE_NUMBER.match(lower, end_char) is not None


def _is_sign_lost(quantity: Quantity, places: list[Place]) -> bool:
    """Whether 5 °C stands for a document's −5 °C, or +5 for −5 of anything."""
    if quantity.sign != "+" and not _has_own_sign(quantity):
        return False
    return all(place.quantity.sign == "-" for place in places)


def _has_own_sign(quantity: Quantity) -> bool:
    """Whether no sign means plus."""
    return quantity.sign == "" and quantity.unit is not None and quantity.unit.dimension in _SIGNED


def _signed_values(quantity: Quantity) -> tuple[float, ...]:
    """The values that the quantity may stand for, the likeliest first: "0.02 mm" may be a deviation of −0.02 mm."""
    value = signed_value(quantity)
    return (value,) if quantity.sign in ("+", "-") or _has_own_sign(quantity) else (value, -value)


def _with_value(index: DocumentIndex, quantity: Quantity) -> list[Place]:
    """Places with the same digits and no contrary sign; a list like "1,2" must be found in all its parts."""
    first, *others = quantity.values
    places = index.by_value.get(value_key(first), [])
    if not places and others:
        parts = [index.by_value.get(value_key(value), []) for value in others]
        places = [place for part in parts for place in part] if all(parts) else []
    if quantity.sign != "-":
        return places
    return [place for place in places if place.quantity.sign in ("-", "±")]


def _fits(unit: Unit | None, other: Unit | None) -> bool:
    if unit is None or other is None:
        return True
    return are_comparable(unit, other) and (have_one_factor(unit, other) or unit.dimension in _COUNTED)


def _missing_unit(index: DocumentIndex, quantity: Quantity, places: list[Place]) -> str:
    """The unit, when the document writes it nowhere and gives the value without one; else ""."""
    unit = quantity.unit
    if unit is None or unit.dimension in _COUNTED or any(place.quantity.unit for place in places):
        return ""
    for word in spellings(unit):
        is_latin = word.isascii() and word.isalpha()
        pattern = rf"(?<![a-z]){re.escape(word.lower())}(?![a-z])" if is_latin else re.escape(word.lower())
        if re.search(pattern, index.lower):
            return ""
    return unit.name


def _unit_of_rows(index: DocumentIndex, quantity: Quantity, places: list[Place]) -> str:
    """The value with the unit that its table gives in another cell, when that is always another one; else ""."""
    unit = quantity.unit
    if unit is None or unit.dimension in _COUNTED or not places or any(place.quantity.unit for place in places):
        return ""
    found = ""
    for place in places:
        cells = [(cell, read_unit(cell)) for cell in index.rows.cells(place.line)]
        units = [(cell, other) for cell, other in cells if other is not None]
        if not units or any(_fits(unit, other) for _, other in units):
            return ""
        found = found or f"{_spelling(index, place)} {units[0][0]}"
    return found


def _converted(index: DocumentIndex, quantity: Quantity) -> list[Place]:
    """The same quantity in another unit: exactly, or as rounded as the summary writes it across systems."""
    unit = quantity.unit
    if unit is None:
        return []
    bases = [to_base(value, unit) for value in _signed_values(quantity)]
    places = [place for base in bases for place in index.near(unit.dimension, base, 1e-9 * abs(base) + 1e-15)]
    if places:
        return places
    half_digit = 0.5 * quantity.resolution * unit.factor
    near = [place for base in bases for place in index.near(unit.dimension, base, half_digit * 1.0001)]
    return [place for place in near if place.quantity.unit is not None and place.quantity.unit.system != unit.system]


def _rounded(index: DocumentIndex, quantity: Quantity) -> list[Place]:
    """Values that are written more finely, in the same unit, and round to this one."""
    unit = quantity.unit
    if unit is None or unit.dimension in _COUNTED:
        return []
    half_digit = 0.5 * quantity.resolution * unit.factor
    bases = [to_base(value, unit) for value in _signed_values(quantity)]
    near = [place for base in bases for place in index.near(unit.dimension, base, half_digit * 1.0001)]
    own = quantity.resolution * (1 - 1e-9)  # powers of ten are not exact
    return [place for place in near if place.quantity.resolution < own and _fits(unit, place.quantity.unit)]


def _contradicts_limit(context: Context, fact: Fact, findings: list[_Finding]) -> list[_Finding]:
    """At most where the document says at least, for the same value."""
    if findings:
        return []
    for quantity in fact.quantities:
        limits = [p for p in _with_value(context.index, quantity) if p.quantity.comparison]
        if quantity.comparison and limits and all(p.quantity.comparison != quantity.comparison for p in limits):
            parameters = {"text": context.text_of(fact), "found": _spelling(context.index, limits[0])}
            return [("reason.limit_contradicts", parameters)]
    return []


def _spelling(index: DocumentIndex, place: Place) -> str:
    return index.text[place.quantity.start_char : place.quantity.end_char].strip()


def _verbatim_lines(index: DocumentIndex, text: str) -> list[int]:
    """Lines where exactly these characters stand, not as a part of a longer number."""
    wanted = text.strip().lower()
    if not any(char.isdigit() for char in wanted):
        return []
    pattern = rf"(?<![\d.,])(?<!\d:){re.escape(wanted)}(?!\d|[.,:]\d)"
    return [index.line_of(match.start()) for match in re.finditer(pattern, index.lower)]
