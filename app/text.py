"""Every text a person reads, in the language of the page.

In: a language (`en` or `ja`), a key of `locale/<language>.json`, plain parameters. Out: the sentence.
An English error sentence stands where the error is raised; only its translation is looked up here by code.
Knows nothing of pages, requests or the database.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from backend.errors import TashikaError

LANGUAGES = ("en", "ja")
LOCALE_DIR = Path(__file__).parent / "locale"
DATE_FORMATS = {"en": "%d %b %Y", "ja": "%Y年%m月%d日"}
TIME_FORMATS = {"en": "%d %b %Y, %H:%M", "ja": "%Y年%m月%d日 %H:%M"}


@cache
def catalogue(language: str) -> dict[str, str]:
    """All texts of one language by key."""
    return json.loads((LOCALE_DIR / f"{language}.json").read_text(encoding="utf-8"))


def text(language: str, key: str, /, **parameters: object) -> str:
    """The text of `key`, filled in. With `count=1`, the key's `.one` form is taken where there is one."""
    texts = catalogue(language)
    singular = f"{key}.one"
    chosen = singular if parameters.get("count") == 1 and singular in texts else key
    return texts[chosen].format(**parameters)


def has_text(language: str, key: str) -> bool:
    """Whether the catalogue has this key."""
    return key in catalogue(language)


def error_text(language: str, error: TashikaError) -> str:
    """The sentence of an error in the language of the page."""
    key = f"error.{error.code}"
    if not has_text(language, key):
        return str(error)
    role = f"role.{error.parameters.get('role')}"
    named = {"role": text(language, role)} if has_text(language, role) else {}
    return text(language, key, **{**error.parameters, **named})


def percent(probability: float, *, digits: int = 0) -> str:
    """A probability as `42 %`; never 0 % or 100 % for a value that is not exactly that."""
    if math.isnan(probability):
        return "–"
    smallest = 10.0 ** -(digits + 2)
    if 0 < probability < smallest:
        return f"< {100 * smallest:.{digits}f} %"
    if 1 - smallest < probability < 1:
        return f"> {100 * (1 - smallest):.{digits}f} %"
    return f"{100 * probability:.{digits}f} %"


def local_time(language: str, moment: datetime) -> str:
    """A date and time as people of this language write it, in the zone of the machine that serves the page."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone().strftime(TIME_FORMATS[language])


def local_date(language: str, day: date) -> str:
    """A day as people of this language write it."""
    return day.strftime(DATE_FORMATS[language])


def preferred_language(accept_language: str) -> str:
    """The supported language that an `Accept-Language` header ranks highest; English when it names none."""
    ranked: list[tuple[float, str]] = []
    for part in accept_language.split(","):
        name, _, quality = part.strip().partition(";q=")
        base = name.split("-")[0].lower()
        if base in LANGUAGES:
            ranked.append((_quality(quality), base))
    return max(ranked, key=lambda entry: entry[0])[1] if ranked else LANGUAGES[0]


def _quality(value: str) -> float:
    try:
        return float(value) if value else 1.0
    except ValueError:
        return 0.0
