"""What a summary claims that can be checked: identifiers, dates, limits, numbers with units, verdicts.

In: any text.
Out: `Claim`s in reading order, with exact code points of that text. Full-width digits, case and spacing
do not matter.
Knows nothing of facts: whether a claim is true is `check`'s business.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from backend.corpus.gauging import UNIT_STYLES
from backend.corpus.vocabulary import CHARACTERISTICS


@dataclass(frozen=True, slots=True)
class Claim:
    """One checkable statement.

    Attributes:
        kind: date, identifier, revision, limit, share (N of M), number, verdict.
        value: a normal form: `03-14` or `2025-03-14`; an identifier without spaces; `low..high`; `n/m`;
            decimal text; ok/ng/hold.
        unit: the unit after the number, in its usual spelling, or "".
        cue: the words directly before a number (they decide its role), or the words of a verdict.
        after: the characters directly after.
    """

    kind: str
    value: str
    start_char: int
    end_char: int
    unit: str = ""
    cue: str = ""
    after: str = ""


@lru_cache(maxsize=4096)  # the vocabulary is folded for every summary
def fold(text: str) -> str:
    """Return the text in one spelling, code point by code point, so that offsets stay the same."""
    folded = []
    for character in text:
        plain = unicodedata.normalize("NFKC", character).lower()
        folded.append(_SAME.get(character) or (plain if len(plain) == 1 else character))
    return "".join(folded)


_SAME = {"−": "-", "‐": "-", "‑": "-", "—": "–", "〜": "~", "～": "~", "≦": "≤", "≧": "≥", "⌀": "ø", "µ": "μ"}
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_UNITS = {fold(spelling): unit for unit, spellings in UNIT_STYLES.items() for spelling in spellings}
_UNITS |= {
    fold(characteristic.unit): characteristic.unit for characteristic in CHARACTERISTICS.values() if characteristic.unit
}
_UNITS |= {
    "ml/分": "mL/min",
    "μm": "µm",
    "kpa": "kPa",
    "bar": "bar",
    "kg": "kg",
    "cm": "cm",
    "m": "m",
    "inch": "inch",
    "°c": "°C",
    "℃": "°C",
    "hb": "HB",
    "hv": "HV",
}
_UNIT = "(?:" + "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True)) + r")(?![a-z0-9])"
_EDGE, _END = r"(?<![a-z0-9.\-])", r"(?![a-z0-9])"
_RANGE = r"(?:\s*[-–~]\s*|\s+to\s+|\s+and\s+|から)"


def _value(group: str) -> str:
    return rf"(?P<{group}>{_NUMBER})(?:\s*{_UNIT})?"


_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "date",
        re.compile(
            rf"(?<![\d-])(?P<y>20\d\d)[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}})(?![\d-])"
            r"|(?:(?P<y2>20\d\d)年)?(?P<m2>\d{1,2})月(?P<d2>\d{1,2})日"
            rf"|(?<![a-z0-9.])(?P<d3>\d{{1,2}})[ -](?P<n3>{_MONTH})(?![a-z])(?:,? (?P<y3>20\d\d)(?![-/\d]))?"
            rf"|(?<![a-z])(?P<n4>{_MONTH})[ -](?P<d4>\d{{1,2}})(?!\d)(?:,? (?P<y4>20\d\d)(?![-/\d]))?"
            r"|(?<![\d/.a-z-])(?P<m5>\d{1,2})/(?P<d5>\d{1,2})(?!\d|/|\.\d)"
        ),
    ),
    ("time", re.compile(r"(?<![\d:])\d{1,2}:\d{2}(?![\d:])")),
    ("revision", re.compile(r"(?:(?<![a-z])rev(?:ision)?\.?\s*|改訂|版数)(?P<r>[a-z]|\d{1,2})(?![a-z0-9])")),
    ("limit", re.compile(rf"{_EDGE}{_value('n')}\s*(?:±|\+\s*/\s*-)\s*{_value('t')}")),
    (
        "share",
        re.compile(
            rf"{_EDGE}(?P<a>\d+)\s*(?:[a-z]+ )?(?:out )?of (?:the )?(?P<b>\d+){_END}"
            r"|(?P<b2>\d+)\s*[個本枚缶件]?中の?(?P<a2>\d+)"
        ),
    ),
    (
        "limit",
        re.compile(rf"(?P<op>≤|≥|<=|>=|max\.?|min\.?|最大|最小|上限|下限)\s*(?P<s>{_NUMBER})(?![\d.]*[a-z]*\d)"),
    ),
    (
        "limit",
        re.compile(rf"{_EDGE}(?P<s2>{_NUMBER})\s*(?:{_UNIT})?\s*(?P<op2>max(?![a-z])|min(?![a-z])|以下|以上)"),
    ),
    (
        "identifier",
        re.compile(
            rf"{_EDGE}\d{{3,}}(?:-\d+)+{_END}"
            rf"|(?<![a-z0-9./-])(?!g/cm3|{_NUMBER}-{_NUMBER}\s*{_UNIT})"
            rf"(?!{_NUMBER}\s*{_UNIT}(?!-\d{{3,}}(?![\d.])))"
            rf"(?=[a-z0-9_/-]*[a-z])(?=[a-z0-9_/-]*\d)[a-z0-9]+(?:[-_/][a-z0-9]+)*{_END}"
        ),
    ),
    ("limit", re.compile(rf"{_EDGE}{_value('l')}{_RANGE}{_value('h')}{_END}")),
    ("number", re.compile(rf"(?<![\d.])(?P<v>{_NUMBER})(?:\s*(?P<u>{_UNIT}))?")),
)

_VERDICTS = re.compile(
    r"(?P<hold>(?<![a-z0-9-])(?:on hold|hold|held|quarantined?)(?![a-z0-9]|-\d)|保留)"
    r"|(?P<ng>不合格|規格外れ?|を外れ|超過|未達"
    r"|(?<![a-z0-9-])(?:ng|reject(?:ed|ion)?|fail(?:ed|s|ure)?|non-?conforming|oot"
    r"|out of (?:tolerance|spec(?:ification)?|limits?)"
    r"|exceed(?:s|ed|ing)?|above (?:the )?(?:limit|max\w*)|below (?:the )?(?:limit|min\w*))(?![a-z0-9]|-\d))"
    r"|(?P<ok>合格|規格内|良好"
    r"|(?<![a-z0-9-])(?:ok|accept(?:ed|able)?|pass(?:ed|es)?|released|conforms?|conforming"
    r"|in tolerance|in spec"
    r"|within (?:the |its |all )?(?:limits?|tolerance|spec(?:ification)?))(?![a-z0-9]|-\d))"
)


def read_number(text: str) -> str:
    """Return the normal form of a number: no thousands' commas, no trailing zeros."""
    value = Decimal(text.replace(",", ""))
    return format(value.normalize(), "f") if value else "0"


def read_unit(text: str) -> str:
    """Return the usual spelling of a unit; only MΩ and mΩ differ by case alone."""
    spelling = unicodedata.normalize("NFKC", text).strip()
    if fold(spelling) in ("mω", "mohm"):
        return "MΩ" if spelling[0] == "M" else "mΩ"
    return _UNITS.get(fold(spelling), spelling)


def _read(kind: str, match: re.Match[str]) -> str:
    named = {key: value for key, value in match.groupdict().items() if value is not None}
    readers = {"date": _read_date, "limit": _read_limit}
    if kind in readers:
        return readers[kind](named)
    if kind == "share":
        return f"{named.get('a') or named.get('a2')}/{named.get('b') or named.get('b2')}"
    if kind == "number":
        return read_number(named["v"])
    return named.get("r") or re.sub(r"\s", "", match.group(0))


def _read_date(named: dict[str, str]) -> str:
    parts = {key[0]: value for key, value in named.items()}
    month = (
        int(parts["m"])
        if "m" in parts
        else "jan feb mar apr may jun jul aug sep oct nov dec".split().index(parts["n"][:3]) + 1
    )
    year = f"{parts['y']}-" if "y" in parts else ""
    return f"{year}{month:02d}-{int(parts['d']):02d}"


def _read_limit(named: dict[str, str]) -> str:
    if "t" in named:
        nominal, tolerance = (Decimal(named[key].replace(",", "")) for key in ("n", "t"))
        return f"{read_number(str(nominal - tolerance))}..{read_number(str(nominal + tolerance))}"
    if "l" in named:
        return f"{read_number(named['l'])}..{read_number(named['h'])}"
    single, sign = read_number(named.get("s") or named["s2"]), named.get("op") or named["op2"]
    is_upper = sign.rstrip(".") in ("≤", "<=", "max", "最大", "上限", "以下")
    return f"..{single}" if is_upper else f"{single}.."


def mask(text: str, names: tuple[str, ...]) -> str:
    """Blank the letters of names ("Ra", "8D report") so that they do not stick to the number beside them."""
    folded = fold(text)
    for name in sorted(names, key=len, reverse=True):
        word = rf"(?<![a-z0-9]){re.escape(fold(name))}(?![a-z]|-?\d{{3}})"
        folded = re.sub(word, "\x00" * len(name), folded)
    return folded


def extract_claims(text: str, *, names: tuple[str, ...] = ()) -> tuple[Claim, ...]:
    """Return all claims of a text; `names` are words that are no claims although they hold digits."""
    folded, claims = mask(text, names), []
    for match in _VERDICTS.finditer(folded):
        claims.append(Claim("verdict", match.lastgroup or "", match.start(), match.end(), cue=match.group(0)))
    rest = folded
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(rest):
            if kind != "time":
                start_char, end_char = _find_unit(folded, kind, match)
                claims.append(
                    Claim(
                        kind,
                        _read(kind, match),
                        match.start(),
                        match.end(),
                        read_unit(text[start_char:end_char]),
                        folded[max(0, match.start() - 24) : match.start()],
                        folded[match.end() : match.end() + 12],
                    )
                )
        rest = pattern.sub(lambda match: "\x01" * len(match.group(0)), rest)
    return tuple(sorted(claims, key=lambda claim: claim.start_char))


def _find_unit(folded: str, kind: str, match: re.Match[str]) -> tuple[int, int]:
    """Return where the unit of a number or a limit stands: after or inside it; (0, 0) when nowhere."""
    if kind == "number":
        return match.span("u") if match.group("u") else (0, 0)
    if kind != "limit":
        return 0, 0
    after = re.compile(rf"\s*({_UNIT})").match(folded, match.end())
    inside = list(re.compile(rf"\d\s*({_UNIT})").finditer(folded, *match.span()))
    return after.span(1) if after else inside[-1].span(1) if inside else (0, 0)
