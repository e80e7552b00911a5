"""English sentences that every layout of an inspection log uses: readings, remarks, decisions, open items.

In: an `InspectionCase` and a `random.Random`.
Out: pieces of templates with marks.
Knows nothing of layouts or facts.
"""

from __future__ import annotations

from random import Random

from backend.corpus.inspection import InspectionCase
from backend.corpus.marks import AFFECTED, DEFECT, DISPOSITION, NONCONFORMANCE, PCS, SAMPLE
from backend.corpus.surfaces import mark

_WITH_AFFECTED = ("rejected", "hold", "concession", "defects")


def write_reading(case: InspectionCase, index: int, *, unit: bool) -> str:
    """Write what was read: one value, two that disagree, or that there is none."""
    state, suffix = case.checks[index].state, mark(f"unit{index}") if unit else ""
    if state == "missing":
        return mark(f"missing{index}")
    if state == "conflict":
        return f"{mark(f'reading{index}.0')}{suffix} / {mark(f'reading{index}.1')}{suffix}"
    return mark(f"reading{index}.0") + suffix


def _remark(rng: Random, case: InspectionCase) -> str:
    """A sentence that says what was abnormal besides single readings; "" when nothing was."""
    if case.scenario == "defects":
        return rng.choice(
            (
                f"Visual: {AFFECTED} of {SAMPLE} {PCS} with {DEFECT}",
                f"Found {DEFECT} on {AFFECTED} of {SAMPLE} {PCS}",
                f"{AFFECTED} {PCS} of {SAMPLE} show {DEFECT}",
            )
        )
    if case.scenario in _WITH_AFFECTED:
        return rng.choice(
            (
                f"{AFFECTED} of {SAMPLE} {PCS} out of tolerance",
                f"Nonconforming: {AFFECTED} of {SAMPLE} {PCS}",
                f"{AFFECTED} {PCS} out of {SAMPLE} affected",
            )
        )
    if case.scenario == "conflict":
        return rng.choice(
            (
                "Repeat reading disagrees with first one, to be clarified",
                "The two readings do not match",
                "Readings of shift A and shift B differ",
            )
        )
    if case.scenario == "missing":
        return rng.choice(
            (
                "Gauge out for calibration",
                "Tester was down during the shift",
                "Fixture not available",
                "No gauge at hand",
            )
        )
    return rng.choice(("", "", "No visual defects", "Visual check clean", "Label and packing in order"))


def _disposition(rng: Random, case: InspectionCase) -> str:
    if not case.disposition:
        return ""
    text = rng.choice(
        (
            f"Disposition: {DISPOSITION}",
            f"Decision: {DISPOSITION}",
            f"Action: {DISPOSITION}",
        )
    )
    return text + rng.choice(("", f" ({NONCONFORMANCE})", f", see {NONCONFORMANCE}"))


def _open_items(rng: Random, case: InspectionCase) -> list[str]:
    lines = []
    for index, (_, due) in enumerate(case.open_items):
        item = mark(f"open{index}")
        if due is None:
            lines.append(rng.choice((f"Open: {item}", f"Still open: {item}", f"Pending: {item}, no date yet")))
        else:
            when = mark(f"due{index}")
            lines.append(
                rng.choice(
                    (
                        f"Open: {item}, due {when}",
                        f"Open item: {item} by {when}",
                        f"To do: {item} (due {when})",
                        f"Pending: {item}, target {when}",
                    )
                )
            )
    return lines


def write_tail(rng: Random, case: InspectionCase) -> list[str]:
    """Everything after the checks, except the lot's verdict."""
    return [line for line in (_remark(rng, case), _disposition(rng, case), *_open_items(rng, case)) if line]


def write_noise(rng: Random) -> str:
    """A remark that no summary needs."""
    return rng.choice(
        (
            f"Room {rng.randrange(19, 26)} °C, {rng.randrange(38, 60)} % RH",
            f"Fixture no. {rng.randrange(1, 19)} used, zero set before start",
            f"Line {rng.randrange(1, 9)}, machine {rng.choice('ABCDK')}{rng.randrange(1, 19)}",
            "Gauges within calibration date",
            f"Packed in {rng.randrange(2, 24)} boxes",
            "Certificate attached",
            "Parts cleaned before measuring",
            f"Shift {rng.choice('123')}",
        )
    )


def write_check(rng: Random, case: InspectionCase, index: int) -> str:
    """Write one check as a sentence without its full stop."""
    name, limit, reading = mark(f"name{index}"), mark(f"limit{index}"), write_reading(case, index, unit=True)
    state = case.checks[index].state
    if state == "ok":
        return rng.choice(
            (
                f"{name} {reading} (limit {limit}) ok",
                f"{name} measured {reading}, within {limit}",
                f"{name} at {reading} against {limit}, fine",
            )
        )
    if state == "missing":
        return rng.choice((f"{name} {reading} (limit {limit})", f"{name}: {reading}, requirement {limit}"))
    if state == "conflict":
        first, second = (mark(f"reading{index}.{place}") + mark(f"unit{index}") for place in (0, 1))
        return f"{name} first {first}, on repeat {second} (limit {limit})"
    return rng.choice(
        (
            f"{name} {reading}, limit {limit}, {mark(f'verdict{index}')}",
            f"{name} came out at {reading} against {limit}, {mark(f'verdict{index}')}",
            f"worst {name} {reading} (limit {limit}) {mark(f'verdict{index}')}",
        )
    )
