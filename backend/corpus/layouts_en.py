"""English inspection logs: seven layouts of the same truth.

In: an `InspectionCase` and a `random.Random`.
Out: a template with marks.
Knows nothing of the values' spelling, of facts or of the summary.
"""

from __future__ import annotations

from random import Random

from backend.corpus.inspection import InspectionCase
from backend.corpus.marks import (
    DAY,
    INSPECTOR,
    LOT,
    PART,
    PCS,
    PRODUCT,
    QUANTITY,
    REVISION,
    SAMPLE,
    STAGE,
    VERDICT,
)
from backend.corpus.sentences_en import write_check, write_noise, write_reading, write_tail
from backend.corpus.surfaces import mark


def form(rng: Random, case: InspectionCase) -> str:
    """Key: value lines."""
    lines = [
        rng.choice((f"{STAGE} record", f"{STAGE} report", STAGE)),
        f"Part: {PART} rev {REVISION}, {PRODUCT}",
        rng.choice((f"Lot: {LOT}", f"Lot no.: {LOT}")),
        rng.choice((f"Date: {DAY}  Inspector: {INSPECTOR}", f"Date: {DAY}")),
        f"Qty: {QUANTITY} {PCS}, sample: {SAMPLE}",
    ]
    for index in range(len(case.checks)):
        gauge = rng.choice(("", f", gauge {mark(f'gauge{index}')}"))
        lines.append(
            f"{mark(f'name{index}')}: {write_reading(case, index, unit=True)} "
            f"(spec {mark(f'limit{index}')}{gauge}) {mark(f'verdict{index}')}"
        )
    lines += [
        *write_tail(rng, case),
        *rng.choice(([], [f"Note: {write_noise(rng)}"])),
        rng.choice((f"Result: {VERDICT}", f"Lot status: {VERDICT}")),
    ]
    return "\n".join(lines)


def pipes(rng: Random, case: InspectionCase) -> str:
    """A table with pipes."""
    lines = [
        f"{STAGE} | {PRODUCT} {PART} | lot {LOT} | {DAY}",
        f"Lot size {QUANTITY}, n = {SAMPLE} {PCS}" + rng.choice(("", f", insp. {INSPECTOR}")),
        "",
        "| Characteristic | Spec | Result | Unit | Judgement |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {mark(f'name{i}')} | {mark(f'limit{i}')} | {write_reading(case, i, unit=False)} "
        f"| {mark(f'bare_unit{i}')} | {mark(f'verdict{i}')} |"
        for i in range(len(case.checks))
    ]
    return "\n".join(
        [
            *lines,
            "",
            *write_tail(rng, case),
            rng.choice((f"Lot judgement: {VERDICT}", f"Overall: {VERDICT}")),
        ]
    )


def rows(rng: Random, case: InspectionCase) -> str:
    """Rows separated by a comma or a semicolon, as exported from a measuring system."""
    separator = rng.choice((";", ";", ","))
    lines = [
        separator.join(("lot", "part", "date", "qty", "sample")),
        separator.join(mark(key) for key in ("lot", "part", "day", "quantity", "sample")),
        separator.join(("item", "limit", "value", "unit", "judge", "gauge")),
    ]
    for i in range(len(case.checks)):
        lines.append(
            separator.join(
                (
                    mark(f"name{i}"),
                    mark(f"limit{i}"),
                    write_reading(case, i, unit=False),
                    mark(f"bare_unit{i}"),
                    mark(f"verdict{i}"),
                    mark(f"gauge{i}"),
                )
            )
        )
    lines += [f"remark{separator}{line}" for line in write_tail(rng, case)]
    return "\n".join([*lines, f"lot result{separator}{VERDICT}", f"product{separator}{PRODUCT}"])


def prose(rng: Random, case: InspectionCase) -> str:
    """A note in sentences."""
    opening = rng.choice(
        (
            f"{STAGE} of {PRODUCT} {PART}, lot {LOT}, on {DAY}. Sample of {SAMPLE} from {QUANTITY} {PCS}.",
            f"Checked lot {LOT} of {PRODUCT} ({PART} rev {REVISION}) on {DAY}, {SAMPLE} of {QUANTITY} {PCS}.",
            f"On {DAY} {INSPECTOR} inspected {SAMPLE} of {QUANTITY} {PCS} from lot {LOT}, {PRODUCT} {PART}.",
        )
    )
    sentences = [write_check(rng, case, index) for index in range(len(case.checks))]
    body = rng.choice((". ", "; ")).join(sentences) + "."
    tail = [f"{line}." for line in write_tail(rng, case)] + rng.choice(([], [f"{write_noise(rng)}."]))
    return " ".join(
        [
            opening,
            body,
            *tail,
            rng.choice((f"Lot result: {VERDICT}.", f"Judgement for the lot: {VERDICT}.")),
        ]
    )


def numbered(rng: Random, case: InspectionCase) -> str:
    """Numbered steps of an inspection plan."""
    lines = [
        rng.choice(
            (
                f"{STAGE} {PART} {PRODUCT}",
                f"Inspection plan {PART} ({PRODUCT}), {STAGE}",
            )
        ),
        f"Lot {LOT}, {QUANTITY} {PCS}, {DAY}, {INSPECTOR}",
    ]
    steps = [f"Take {SAMPLE} {PCS} at random - done"]
    steps += [
        f"Check {mark(f'name{i}')}, {mark(f'limit{i}')}: {write_reading(case, i, unit=True)} - {mark(f'verdict{i}')}"
        for i in range(len(case.checks))
    ]
    steps += [*rng.choice(([], [write_noise(rng)])), *write_tail(rng, case), f"Lot decision: {VERDICT}"]
    return "\n".join(lines + [f"{number}. {step}" for number, step in enumerate(steps, 1)])


def journal(rng: Random, case: InspectionCase) -> str:
    """A shift journal with times."""
    minutes = rng.randrange(360, 1260)
    lines = [f"{rng.choice(('Shift log', 'QC journal', 'Shift journal'))} {DAY}, {INSPECTOR}"]
    entries = [f"start {STAGE}, {PRODUCT} {PART}, lot {LOT} ({QUANTITY} {PCS}), sample {SAMPLE}"]
    entries += [write_check(rng, case, index) for index in range(len(case.checks))]
    entries += [
        *rng.choice(([], [write_noise(rng).lower()])),
        *write_tail(rng, case),
        f"lot {LOT}: {VERDICT}",
    ]
    for entry in entries:
        lines.append(f"{minutes // 60 % 24:02d}:{minutes % 60:02d} {entry}")
        minutes += rng.randrange(3, 22)
    return "\n".join(lines)


def email(rng: Random, case: InspectionCase) -> str:
    """A short message to colleagues."""
    opening = rng.choice(("Hi all,", "Hello team,", "Dear colleagues,", "Hi,"))
    first = rng.choice(
        (
            f"we finished the {STAGE} of lot {LOT} ({PRODUCT} {PART}, {QUANTITY} {PCS}) on {DAY}. "
            f"Sample was {SAMPLE} {PCS}.",
            f"result for {PRODUCT} {PART}, lot {LOT}, {DAY}: status {VERDICT}. "
            f"We checked {SAMPLE} of {QUANTITY} {PCS}.",
        )
    )
    lines = [f"- {write_check(rng, case, index)}" for index in range(len(case.checks))]
    ending = " ".join(f"{line}." for line in write_tail(rng, case))
    closing = rng.choice((f"Lot status: {VERDICT}.", f"So the lot is {VERDICT}."))
    return "\n".join(
        [
            rng.choice((f"Subject: lot {LOT}", f"Subject: {STAGE} {PART}")),
            opening,
            first,
            *lines,
            f"{ending} {closing}".strip(),
            rng.choice((f"Regards, {INSPECTOR}", f"BR {INSPECTOR}", INSPECTOR)),
        ]
    )


LAYOUTS = {
    "form": form,
    "pipes": pipes,
    "rows": rows,
    "prose": prose,
    "numbered": numbered,
    "journal": journal,
    "email": email,
}
