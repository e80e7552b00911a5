"""Surfaces: how one value is written in one document, and where it lands when the text is put together.

In: templates with marks (`mark("lot")`), a table of surfaces.
Out: the text and the place of every mark, exact to the code point.
Knows nothing of which values exist or what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from random import Random

from backend.corpus.drawing import Limit
from backend.corpus.gauging import UNIT_STYLES

_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")
_CAPITAL = "^"  # before a key: the surface begins a sentence
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@dataclass(frozen=True, slots=True)
class Surface:
    """One value as this document writes it; `fact_kind` "" means that it is no fact (a name, a unit)."""

    text: str
    fact_kind: str = ""
    value: str = ""
    subject: str = ""


Surfaces = dict[str, Surface]


@dataclass(frozen=True, slots=True)
class Style:
    """The habits of one writer: they hold for a whole document, and for its summary."""

    language: str
    date_form: str
    symmetric_form: str
    range_form: str
    upper_form: str
    lower_form: str
    unit_gap: str


def draw_style(rng: Random, language: str) -> Style:
    """Draw the writer's habits."""
    if language == "ja":
        return Style(
            "ja",
            rng.choice(("{m}/{d}", "{m}月{d}日", "{y}/{m:02d}/{d:02d}")),
            rng.choice(("{n}±{t}", "{n}±{t}", "{l}～{h}")),
            rng.choice(("{l}～{h}", "{l}-{h}", "{l}〜{h}")),
            rng.choice(("{h}以下", "{h}以下", "≤{h}")),
            rng.choice(("{l}以上", "{l}以上", "≥{l}")),
            "",
        )
    return Style(
        "en",
        rng.choice(("{d} {mon}", "{d} {mon}", "{mon} {d}", "{y}-{m:02d}-{d:02d}", "{m}/{d}", "{d}-{mon}")),
        rng.choice(("{n} ±{t}", "{n} ± {t}", "{n}±{t}", "{n} +/-{t}", "{l}-{h}", "{l}–{h}", "{l} to {h}")),
        rng.choice(("{l}-{h}", "{l}–{h}", "{l} to {h}", "{l} - {h}")),
        rng.choice(("max {h}", "≤ {h}", "≤{h}", "<= {h}", "max. {h}")),
        rng.choice(("min {l}", "≥ {l}", "≥{l}", ">= {l}", "min. {l}")),
        rng.choice((" ", " ", " ", "")),
    )


def write_limit(limit: Limit, style: Style) -> str:
    """Write a limit in the style's form."""
    if limit.nominal is not None:
        form = style.symmetric_form
    elif limit.low is not None and limit.high is not None:
        form = style.range_form
    else:
        form = style.upper_form if limit.low is None else style.lower_form
    return form.format(n=limit.nominal, t=limit.tolerance, l=limit.low, h=limit.high)


def write_day(day: date, style: Style) -> str:
    """Write a date in the style's form."""
    return style.date_form.format(d=day.day, m=day.month, y=day.year, mon=_MONTHS[day.month - 1])


def write_unit(unit: str, rng: Random) -> str:
    """Choose one of the usual spellings of a unit."""
    return rng.choice(UNIT_STYLES.get(unit, (unit,)))


def write_gap(unit: str, style: Style) -> str:
    """Return what stands between a number and its unit: a word such as HRC never sticks to the number."""
    if unit in ("", "%"):
        return ""
    return style.unit_gap or (" " if unit in ("HRC", "Shore A") and style.language == "en" else "")


def mark(key: str) -> str:
    """Return the placeholder of a surface, to be put into a template."""
    return f"{_OPEN}{key}{_CLOSE}"


def marked_keys(template: str) -> frozenset[str]:
    """Return the keys of all placeholders in a template."""
    return frozenset(key.lstrip(_CAPITAL) for key in _MARK.findall(template))


def capitalise_sentences(template: str) -> str:
    """Let every sentence begin with a capital letter, except where it begins with an identifier."""

    def capitalise(match: re.Match[str]) -> str:
        key = match.group(3)
        if key is None:
            return match.group(1) + match.group(2).upper()
        return match.group(1) + mark(_CAPITAL + key if _is_word(key) else key)

    return re.sub(f"(^|[.] )(?:([a-z])|{_MARK.pattern})", capitalise, template)


def _is_word(key: str) -> bool:
    return key.startswith(("product", "name", "disposition", "open", "defect"))


def _surface_text(key: str, surfaces: Mapping[str, Surface]) -> str:
    text = surfaces[key.lstrip(_CAPITAL)].text
    is_plain = not text[1:2].isupper()  # "pH" keeps its small letter
    return text[0].upper() + text[1:] if key.startswith(_CAPITAL) and is_plain else text


def map_words(template: str, replacements: Mapping[str, str]) -> str:
    """Replace words of the template, never inside a placeholder."""
    pieces = re.split(f"({_MARK.pattern.replace('(', '(?:')})", template)
    for index, piece in enumerate(pieces):
        if not piece.startswith(_OPEN):
            for word, other in replacements.items():
                piece = piece.replace(word, other)
            pieces[index] = piece
    return "".join(pieces)


def assemble(template: str, surfaces: Mapping[str, Surface]) -> tuple[str, dict[str, tuple[int, int]]]:
    """Fill a template in.

    Returns:
        The text, and for every key the half-open code points of its first place.
    """
    pieces: list[str] = []
    spans: dict[str, tuple[int, int]] = {}
    length = position = 0
    for match in _MARK.finditer(template):
        before, text = template[position : match.start()], _surface_text(match.group(1), surfaces)
        start_char = length + len(before)
        spans.setdefault(match.group(1), (start_char, start_char + len(text)))
        pieces += [before, text]
        length = start_char + len(text)
        position = match.end()
    pieces.append(template[position:])
    return "".join(pieces), spans
