"""English specification drafts: five layouts and the reference summary.

In: a `SpecificationCase` and a `random.Random`.
Out: templates with marks.
Knows nothing of the values' spelling.
"""

from __future__ import annotations

from random import Random

from backend.corpus.marks import AUTHOR, DAY, PART, PRODUCT, REVISION, SPECIFICATION, STATUS
from backend.corpus.specification import SpecificationCase
from backend.corpus.surfaces import mark


def _limit(index: int) -> str:
    return mark(f"limit{index}") + mark(f"unit{index}")


def _change(rng: Random, case: SpecificationCase) -> list[str]:
    index = case.changed()
    if index is None:
        return [rng.choice(("First issue, no earlier revision", "New document", "Editorial changes only"))]
    name, former, limit = mark(f"name{index}"), mark(f"former{index}"), _limit(index)
    return [
        rng.choice(
            (
                f"Changed: {name} was {former}, now {limit}",
                f"{name} changed from {former} to {limit}",
                f"Revision {REVISION}: {name} {limit} (previously {former})",
            )
        )
    ]


def _open_items(rng: Random, case: SpecificationCase) -> list[str]:
    lines = []
    for index, (_, due) in enumerate(case.open_items):
        item = mark(f"open{index}")
        if due is None:
            lines.append(rng.choice((f"TBD: {item}", f"Open: {item}", f"To be agreed: {item}")))
        else:
            lines.append(
                rng.choice(
                    (
                        f"TBD: {item} (by {mark(f'due{index}')})",
                        f"Open point: {item}, due {mark(f'due{index}')}",
                        f"Open: {item}, to be closed by {mark(f'due{index}')}",
                    )
                )
            )
    return lines


def _condition(rng: Random, case: SpecificationCase) -> str:
    return rng.choice(
        (
            f"Test at {case.test_temperature} °C, {case.humidity} % RH",
            f"All tests at {case.test_temperature} °C after {rng.choice((2, 4, 24))} h conditioning",
            f"Conditioning {rng.choice((4, 24, 48))} h at {case.test_temperature} °C",
            "Measure with calibrated gauges",
            f"Sample size {rng.choice((3, 5, 8))} per lot",
        )
    )


def _requirement(rng: Random, index: int) -> str:
    name = mark(f"name{index}")
    return rng.choice(
        (
            f"The {name} shall be {_limit(index)}",
            f"{name} shall be {_limit(index)}",
            f"{name}: {_limit(index)}",
        )
    )


def clauses(rng: Random, case: SpecificationCase) -> str:
    """Numbered clauses."""
    lines = [
        f"{SPECIFICATION} Rev {REVISION} - {PRODUCT} ({STATUS})",
        f"1 Scope: this Specification applies to {PRODUCT} {PART}.",
        "2 Requirements",
    ]
    lines += [f"2.{index + 1} {_requirement(rng, index)}." for index in range(len(case.requirements))]
    lines += [f"3 Test conditions: {_condition(rng, case)}.", f"4 Changes: {_change(rng, case)[0]}."]
    lines += [f"5 Open points: {'; '.join(_open_items(rng, case))}."] if case.open_items else ["5 Open points: none."]
    return "\n".join([*lines, rng.choice((f"Issued {DAY}, {AUTHOR}", f"Date {DAY}"))])


def table(rng: Random, case: SpecificationCase) -> str:
    """A requirement table."""
    lines = [
        f"Specification {SPECIFICATION}, rev. {REVISION}",
        f"Item: {PRODUCT} {PART} | Status: {STATUS} | {DAY}",
        "",
        "| No. | Property | Requirement | Unit |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {i + 1} | {mark(f'name{i}')} | {mark(f'limit{i}')} | {mark(f'bare_unit{i}')} |"
        for i in range(len(case.requirements))
    ]
    return "\n".join(
        [
            *lines,
            "",
            f"{_condition(rng, case)}.",
            *(f"{line}." for line in (*_change(rng, case), *_open_items(rng, case))),
        ]
    )


def notice(rng: Random, case: SpecificationCase) -> str:
    """A change notice with keys."""
    lines = [
        rng.choice(("SPECIFICATION NOTICE", "Draft for comment", "Document change notice")),
        f"Document: {SPECIFICATION} rev {REVISION}",
        f"Product: {PRODUCT}, part {PART}",
        f"Status: {STATUS}",
        f"Author: {AUTHOR}, {DAY}",
    ]
    lines += [f"{mark(f'name{i}')}: {_limit(i)}" for i in range(len(case.requirements))]
    return "\n".join([*lines, *_change(rng, case), f"Conditions: {_condition(rng, case)}", *_open_items(rng, case)])


def memo(rng: Random, case: SpecificationCase) -> str:
    """A message that announces the draft."""
    opening = rng.choice(
        (
            f"Please find {SPECIFICATION} rev {REVISION} for {PRODUCT} {PART}, status {STATUS}, dated {DAY}.",
            f"{SPECIFICATION} (rev {REVISION}, {STATUS}) describes {PRODUCT} {PART} "
            f"and was written by {AUTHOR} on {DAY}.",
        )
    )
    body = ". ".join(_requirement(rng, index) for index in range(len(case.requirements)))
    return " ".join(
        [
            opening,
            f"{body}.",
            f"{_condition(rng, case)}.",
            *(f"{line}." for line in (*_change(rng, case), *_open_items(rng, case))),
        ]
    )


def bullets(rng: Random, case: SpecificationCase) -> str:
    """Headings with dashes."""
    lines = [
        f"{PRODUCT} {PART}: requirements",
        f"{SPECIFICATION}, revision {REVISION}, {STATUS}, {DAY}",
        "Requirements:",
    ]
    lines += [f"- {_requirement(rng, index)}" for index in range(len(case.requirements))]
    lines += [
        "Conditions:",
        f"- {_condition(rng, case)}",
        "Changes:",
        *(f"- {line}" for line in _change(rng, case)),
    ]
    return "\n".join(
        [*lines, *(["Open:"] if case.open_items else []), *(f"- {line}" for line in _open_items(rng, case))]
    )


LAYOUTS = {"clauses": clauses, "table": table, "notice": notice, "memo": memo, "bullets": bullets}


def write_reference(rng: Random, case: SpecificationCase) -> str:
    """Write the reference summary of a draft as a template; it marks the must-carry facts."""
    head = f"{SPECIFICATION} rev {REVISION} ({STATUS})"
    verb = rng.choice(("specifies", "covers", "defines", "sets requirements for"))
    index = case.changed()
    if index is None:
        first, second = mark("name0"), mark("name1")
        text = rng.choice(
            (
                f"{head} {verb} {PRODUCT} {PART}: {first} {_limit(0)}, {second} {_limit(1)}.",
                f"{head} {verb} {PRODUCT} {PART} with {first} {_limit(0)} and {second} {_limit(1)}.",
            )
        )
    else:
        name, former, limit = mark(f"name{index}"), mark(f"former{index}"), _limit(index)
        text = f"{head} {verb} {PRODUCT} {PART}" + rng.choice(
            (
                f"; {name} changed from {former} to {limit}.",
                f". {name} is now {limit} (previously {former}).",
                f". Change: {name} {limit}, was {former}.",
            )
        )
    if not case.open_items:
        return text + rng.choice(("", " No open points."))
    items = [
        mark(f"open{place}")
        + ("" if due is None else rng.choice((f", due {mark(f'due{place}')}", f" by {mark(f'due{place}')}")))
        for place, (_, due) in enumerate(case.open_items)
    ]
    return f"{text} {rng.choice(('Open', 'Still open', 'TBD'))}: {rng.choice((' and ', '; ')).join(items)}."
