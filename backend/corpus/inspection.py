"""The truth of an inspection: what was checked, what came out, what was decided, what stays open.

In: a `random.Random` and a style.
Out: an `InspectionCase` (the truth) and the surfaces in which it is written.
Knows nothing of layouts or of the summary.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from backend.corpus.drawing import (
    Limit,
    draw_day,
    draw_due,
    draw_excess,
    draw_limit,
    draw_lot,
    draw_nonconformance,
    draw_part,
    draw_reading,
    draw_weighted,
)
from backend.corpus.gauging import GAUGES
from backend.corpus.products import FAMILIES, Family
from backend.corpus.quality import (
    CHECK_VERDICTS,
    DEFECTS,
    DISPOSITIONS,
    INSPECTORS,
    LOT_VERDICTS,
    MISSING,
    OPEN_ITEMS,
    STAGES,
)
from backend.corpus.surfaces import Style, Surface, Surfaces, write_day, write_gap, write_limit, write_unit
from backend.corpus.vocabulary import CHARACTERISTICS, Characteristic

SCENARIOS = {
    "ok": 0.24,
    "ok_open": 0.11,
    "rejected": 0.17,
    "hold": 0.18,
    "concession": 0.06,
    "missing": 0.08,
    "conflict": 0.07,
    "defects": 0.09,
}
_DISPOSITIONS = {
    "rejected": ("scrap", "return", "rework"),
    "hold": ("rework", "sort", "remeasure", "quarantine"),
    "concession": ("concession",),
    "missing": ("remeasure", "quarantine"),
    "conflict": ("remeasure",),
    "defects": ("sort", "rework", "scrap"),
}
_VERDICTS = {
    "ok": "ok",
    "ok_open": "ok",
    "rejected": "ng",
    "hold": "hold",
    "concession": "ok",
    "missing": "hold",
    "conflict": "hold",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One characteristic of one lot; `state` is ok, ng, missing or conflict (two readings that disagree)."""

    characteristic: Characteristic
    limit: Limit
    readings: tuple[Decimal, ...]
    state: str
    gauge: str


@dataclass(frozen=True, slots=True)
class InspectionCase:
    """All that is true of one inspected lot."""

    scenario: str
    stage: str
    family: Family
    product: int
    checks: tuple[Check, ...]
    lot: str
    part: str
    revision: str
    lot_quantity: int
    sample: int
    affected: int
    defect: str
    verdict: str
    disposition: str
    open_items: tuple[tuple[str, date | None], ...]
    day: date
    inspector: int
    nonconformance: str

    def findings(self) -> tuple[int, ...]:
        """Return the indexes of the checks that are not simply OK."""
        return tuple(index for index, check in enumerate(self.checks) if check.state != "ok")


def _draw_check(rng: Random, key: str, *, state: str) -> Check:
    characteristic = CHARACTERISTICS[key]
    limit = draw_limit(rng, characteristic)
    inside = draw_reading(rng, characteristic, limit)
    readings = (
        {"ok": (inside,), "missing": ()}.get(state)
        if state in ("ok", "missing")
        else (draw_excess(rng, characteristic, limit),)
    )
    if state == "conflict":
        readings = (inside, *readings)
    gauge = f"{GAUGES.get(key, 'G')}-{rng.randrange(1, 99):02d}"
    return Check(characteristic, limit, readings, state, gauge)


def _draw_checks(rng: Random, *, family: Family, scenario: str, most: int) -> tuple[Check, ...]:
    keys = rng.sample(family.characteristics, min(rng.randint(2, most), len(family.characteristics)))
    states = ["ok"] * len(keys)
    abnormal = {
        "rejected": "ng",
        "hold": "ng",
        "concession": "ng",
        "missing": "missing",
        "conflict": "conflict",
    }.get(scenario)
    if abnormal:
        states[rng.randrange(len(keys))] = abnormal
        if abnormal == "ng" and len(keys) > 3 and rng.random() < 0.2:
            states[rng.randrange(len(keys))] = "ng"
    return tuple(_draw_check(rng, key, state=state) for key, state in zip(keys, states, strict=True))


def _draw_open_items(rng: Random, *, scenario: str, day: date, most: int) -> tuple[tuple[str, date | None], ...]:
    chances = {"ok": 0.0, "ok_open": 1.0, "missing": 0.5, "conflict": 0.4}
    count = 1 if rng.random() < chances.get(scenario, 0.55) else 0
    count = min(most, count + (count and rng.random() < 0.2))
    return tuple(
        (key, draw_due(rng, day) if rng.random() < 0.88 else None) for key in rng.sample(sorted(OPEN_ITEMS), count)
    )


def draw_case(rng: Random, *, language: str) -> InspectionCase:
    """Draw the truth of one inspection; Japanese cases are smaller, as their text costs more tokens."""
    scenario, family, day = draw_weighted(rng, SCENARIOS), rng.choice(FAMILIES), draw_day(rng)
    sample = rng.choice((3, 5, 8, 10, 13, 20, 30, 32, 50, 80))
    lot_quantity = sample * rng.choice((5, 8, 10, 12, 15, 20)) + rng.choice((0, 0, 0, 4, 16))
    verdict = _VERDICTS.get(scenario) or rng.choice(("ng", "hold"))
    return InspectionCase(
        scenario=scenario,
        stage=rng.choice(sorted(STAGES)),
        family=family,
        product=rng.randrange(len(family.products)),
        checks=_draw_checks(rng, family=family, scenario=scenario, most=3 if language == "ja" else 6),
        lot=draw_lot(rng, day),
        part=draw_part(rng),
        revision=rng.choice("ABCDEFGH"),
        lot_quantity=lot_quantity,
        sample=sample,
        affected=rng.randint(1, max(1, min(sample // 2, 7))),
        defect=rng.choice(family.defects),
        verdict=verdict,
        disposition=rng.choice(_DISPOSITIONS.get(scenario, ("",))),
        open_items=_draw_open_items(rng, scenario=scenario, day=day, most=1 if language == "ja" else 2),
        day=day,
        inspector=rng.randrange(len(INSPECTORS)),
        nonconformance=draw_nonconformance(rng, day),
    )


def _write_check(rng: Random, check: Check, *, index: int, style: Style, side: int) -> Surfaces:
    characteristic, subject = check.characteristic, check.characteristic.key
    unit = write_unit(characteristic.unit, rng)
    names = characteristic.ja if style.language == "ja" else characteristic.en
    polarity = {"ok": "ok", "ng": "ng"}.get(check.state, "hold")
    written = {
        f"name{index}": Surface(rng.choice((names[0], *names))),
        f"unit{index}": Surface(write_gap(unit, style) + unit),
        f"bare_unit{index}": Surface(unit or "-"),
        f"limit{index}": Surface(
            write_limit(check.limit, style),
            "limit",
            f"{check.limit.normal_form()} {characteristic.unit}".strip(),
            subject,
        ),
        f"verdict{index}": Surface(rng.choice(CHECK_VERDICTS[polarity][side]), "verdict", polarity, subject),
        f"gauge{index}": Surface(check.gauge, "gauge", check.gauge, subject),
    }
    for place, reading in enumerate(check.readings):
        written[f"reading{index}.{place}"] = Surface(
            str(reading), "measurement", f"{reading} {characteristic.unit}".strip(), subject
        )
    if check.state == "missing":
        written[f"missing{index}"] = Surface(rng.choice(MISSING[side]), "missing", "missing", subject)
    return written


def write_case(rng: Random, case: InspectionCase, *, style: Style) -> Surfaces:
    """Choose how this writer writes every value of the case."""
    side = 1 if style.language == "ja" else 0
    verdict_kind = "hold" if case.verdict == "hold" else "verdict"
    written: Surfaces = {
        "product": Surface(case.family.products[case.product][side]),
        "pcs": Surface(case.family.counted[side]),
        "stage": Surface(rng.choice(STAGES[case.stage][side])),
        "lot": Surface(case.lot, "lot", case.lot, "lot"),
        "part": Surface(case.part, "part", case.part, "part"),
        "revision": Surface(case.revision, "revision", case.revision, "part"),
        "quantity": Surface(str(case.lot_quantity), "count", str(case.lot_quantity), "lot_quantity"),
        "sample": Surface(str(case.sample), "count", str(case.sample), "sample"),
        "affected": Surface(str(case.affected), "count", str(case.affected), "affected"),
        "verdict": Surface(rng.choice(LOT_VERDICTS[case.verdict][side]), verdict_kind, case.verdict, "lot"),
        "day": Surface(write_day(case.day, style), "date", case.day.isoformat(), "inspection"),
        "inspector": Surface(
            INSPECTORS[case.inspector][side], "inspector", INSPECTORS[case.inspector][side], "inspection"
        ),
        "nonconformance": Surface(case.nonconformance, "nonconformance", case.nonconformance, "lot"),
    }
    for index, check in enumerate(case.checks):
        written |= _write_check(rng, check, index=index, style=style, side=side)
    if case.disposition:
        written["disposition"] = Surface(
            rng.choice(DISPOSITIONS[case.disposition][side]), "disposition", case.disposition, "lot"
        )
    if case.scenario == "defects":
        written["defect"] = Surface(rng.choice(DEFECTS[case.defect][side]), "defect", case.defect, "lot")
    for index, (key, due) in enumerate(case.open_items):
        written[f"open{index}"] = Surface(rng.choice(OPEN_ITEMS[key][side]), "open_item", key, key)
        if due:
            written[f"due{index}"] = Surface(write_day(due, style), "date", due.isoformat(), key)
    return written
