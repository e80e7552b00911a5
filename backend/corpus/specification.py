"""The truth of a specification draft: what it requires, what changed, what is still open, who has approved.

In: a `random.Random` and a style. Out: a `SpecificationCase` and the surfaces in which it is written.
Knows nothing of layouts or of the summary.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from backend.corpus.drawing import LETTERS, Limit, draw_day, draw_due, draw_limit, draw_part
from backend.corpus.products import FAMILIES, Family
from backend.corpus.quality import INSPECTORS, SPECIFICATION_OPEN_ITEMS
from backend.corpus.surfaces import Style, Surface, Surfaces, write_day, write_gap, write_limit, write_unit
from backend.corpus.vocabulary import CHARACTERISTICS, Characteristic

_STATUS = {
    "draft": ("draft", "草案"),
    "in_review": ("in review", "審査中"),
    "approved": ("approved", "承認済み"),
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One limited characteristic; `former` is its limit in the revision before, if that was another one."""

    characteristic: Characteristic
    limit: Limit
    former: Limit | None


@dataclass(frozen=True, slots=True)
class SpecificationCase:
    """All that is true of one specification draft."""

    number: str
    revision: str
    family: Family
    product: int
    part: str
    requirements: tuple[Requirement, ...]
    open_items: tuple[tuple[str, date | None], ...]
    status: str
    day: date
    author: int
    test_temperature: int
    humidity: int

    def changed(self) -> int | None:
        """Return the index of the changed requirement."""
        return next((index for index, requirement in enumerate(self.requirements) if requirement.former), None)


def _shift_limit(rng: Random, limit: Limit) -> Limit:
    """Return the limit as an earlier revision had it: wider, narrower, or elsewhere."""
    if limit.tolerance is not None:
        tolerance = limit.tolerance * rng.choice((2, 3))
        return Limit(limit.nominal - tolerance, limit.nominal + tolerance, limit.nominal, tolerance)
    if limit.low is not None and limit.high is not None:
        step = (limit.high - limit.low) * rng.choice((Decimal("0.2"), Decimal("0.4"), Decimal("0.5")))
        step = step.quantize(limit.high) or Decimal(1).scaleb(limit.high.as_tuple().exponent)
        return Limit(limit.low, limit.high + step)
    factor = rng.choice((Decimal("1.2"), Decimal("1.5"), Decimal("0.8"), Decimal("2")))
    single = limit.low if limit.low is not None else limit.high
    other = (single * factor).quantize(single)
    other = other if other != single else single + Decimal(1).scaleb(single.as_tuple().exponent)
    return Limit(None, other) if limit.low is None else Limit(other, None)


def draw_specification(rng: Random, *, language: str) -> SpecificationCase:
    """Draw the truth of one draft; Japanese drafts are smaller, as their text costs more tokens."""
    family, day = rng.choice(FAMILIES), draw_day(rng)
    most = 3 if language == "ja" else 5
    keys = rng.sample(family.characteristics, min(rng.randint(2, most), len(family.characteristics)))
    limits = [draw_limit(rng, CHARACTERISTICS[key]) for key in keys]
    changed = rng.randrange(len(keys)) if rng.random() < 0.7 else None
    status = rng.choice(("draft", "draft", "in_review", "approved"))
    open_count = 0 if status == "approved" else rng.choice((1, 1, 1, 2)) if language == "en" else 1
    return SpecificationCase(
        number=rng.choice(
            (
                f"SPEC-{rng.randrange(1000, 9999)}",
                f"QS-{rng.randrange(100, 999)}",
                f"PS{rng.randrange(1000, 9999)}",
                f"TS-{rng.randrange(10, 99)}-{rng.randrange(100, 999)}",
                f"WN{rng.choice(LETTERS)}-{rng.randrange(100, 999)}",
            )
        ),
        revision=rng.choice("ABCDEFGH"),
        family=family,
        product=rng.randrange(len(family.products)),
        part=draw_part(rng),
        requirements=tuple(
            Requirement(CHARACTERISTICS[key], limit, _shift_limit(rng, limit) if index == changed else None)
            for index, (key, limit) in enumerate(zip(keys, limits, strict=True))
        ),
        open_items=tuple(
            (key, draw_due(rng, day) if rng.random() < 0.75 else None)
            for key in rng.sample(sorted(SPECIFICATION_OPEN_ITEMS), open_count)
        ),
        status=status,
        day=day,
        author=rng.randrange(len(INSPECTORS)),
        test_temperature=rng.choice((20, 23, 25)),
        humidity=rng.choice((50, 55, 60, 65)),
    )


def write_specification(rng: Random, case: SpecificationCase, *, style: Style) -> Surfaces:
    """Choose how this writer writes every value of the case."""
    side = 1 if style.language == "ja" else 0
    written: Surfaces = {
        "product": Surface(case.family.products[case.product][side]),
        "specification": Surface(case.number, "specification", case.number, "specification"),
        "revision": Surface(case.revision, "revision", case.revision, "specification"),
        "part": Surface(case.part, "part", case.part, "part"),
        "status": Surface(_STATUS[case.status][side], "status", case.status, "specification"),
        "day": Surface(write_day(case.day, style), "date", case.day.isoformat(), "specification"),
        "author": Surface(INSPECTORS[case.author][side], "inspector", INSPECTORS[case.author][side], "specification"),
    }
    for index, requirement in enumerate(case.requirements):
        characteristic, unit = requirement.characteristic, write_unit(requirement.characteristic.unit, rng)
        names = characteristic.ja if side else characteristic.en
        written[f"name{index}"] = Surface(rng.choice((names[0], *names)))
        written[f"unit{index}"] = Surface(write_gap(unit, style) + unit)
        written[f"bare_unit{index}"] = Surface(unit or "-")
        for key, kind, limit in (
            (f"limit{index}", "limit", requirement.limit),
            (f"former{index}", "former_limit", requirement.former),
        ):
            if limit is not None:
                written[key] = Surface(
                    write_limit(limit, style),
                    kind,
                    f"{limit.normal_form()} {characteristic.unit}".strip(),
                    characteristic.key,
                )
    for index, (key, due) in enumerate(case.open_items):
        written[f"open{index}"] = Surface(rng.choice(SPECIFICATION_OPEN_ITEMS[key][side]), "open_item", key, key)
        if due:
            written[f"due{index}"] = Surface(write_day(due, style), "date", due.isoformat(), key)
    return written
