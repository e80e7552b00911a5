"""English reference summaries of an inspection: one to three sentences, as a quality engineer writes them.

In: an `InspectionCase` and a `random.Random`.
Out: a template with marks. The facts that it marks are the ones that a summary must carry.
Knows nothing of the document's layout.
"""

from __future__ import annotations

from random import Random

from backend.corpus.inspection import InspectionCase
from backend.corpus.marks import AFFECTED, DEFECT, DISPOSITION, LOT, PART, PCS, PRODUCT, QUANTITY, SAMPLE
from backend.corpus.surfaces import mark

_RESULTS = {
    "ok": ("accepted", "accepted", "OK, accepted"),
    "ng": ("rejected", "rejected", "NG, rejected"),
    "hold": ("on hold", "on hold", "put on hold"),
}


def _opening(rng: Random, case: InspectionCase) -> str:
    result = rng.choice(_RESULTS[case.verdict])
    verb = rng.choice(("is ", "was ", "")) if not result.startswith(("OK", "NG")) else ""
    verb = "was " if result.startswith("put") else verb
    return rng.choice(
        (
            f"Lot {LOT} ({PRODUCT} {PART}) {verb or 'is '}{result}",
            f"{PRODUCT} {PART}, lot {LOT}: {result}",
            f"Lot {LOT} of {PART} ({PRODUCT}): {result}",
            f"{PART} lot {LOT}: {result}",
        )
    )


def _finding(rng: Random, case: InspectionCase, index: int) -> str:
    name, limit, unit, state = (
        mark(f"name{index}"),
        mark(f"limit{index}"),
        mark(f"unit{index}"),
        case.checks[index].state,
    )
    if state == "missing":
        return rng.choice((f"{name} ({limit}{unit}) was not measured", f"no reading for {name} (limit {limit}{unit})"))
    first = mark(f"reading{index}.0") + unit
    if state == "conflict":
        second = mark(f"reading{index}.1") + unit
        return rng.choice(
            (
                f"conflicting readings for {name}, {first} and {second} (limit {limit})",
                f"{name} read {first} and then {second} against {limit}",
            )
        )
    return rng.choice(
        (
            f"{name} {first} against {limit}",
            f"{name} out of tolerance at {first} (limit {limit})",
            f"{name} measured {first}, limit {limit}",
            f"{name} {first} (limit {limit})",
        )
    )


def _affected(rng: Random, case: InspectionCase) -> str:
    share = f"{AFFECTED} of {SAMPLE} {PCS}"
    if case.scenario == "defects":
        return rng.choice((f"{share} with {DEFECT}", f"{DEFECT} on {share}"))
    return rng.choice((f"{share} affected", share))


def _decision(rng: Random, case: InspectionCase) -> str:
    if case.scenario == "concession":
        return rng.choice(
            (
                f"{DISPOSITION} granted",
                f"under {DISPOSITION}",
                f"disposition: {DISPOSITION}",
            )
        )
    return rng.choice(
        (
            f"disposition: {DISPOSITION}",
            f"decided: {DISPOSITION}",
            f"action: {DISPOSITION}",
            DISPOSITION,
        )
    )


def _open(rng: Random, case: InspectionCase) -> str:
    if not case.open_items:
        return ""
    items = []
    for index, (_, due) in enumerate(case.open_items):
        items.append(
            mark(f"open{index}")
            + ("" if due is None else rng.choice((f", due {mark(f'due{index}')}", f" by {mark(f'due{index}')}")))
        )
    return (
        rng.choice((" Open: ", " Still open: ", " Open item: " if len(items) == 1 else " Open items: "))
        + rng.choice((" and ", "; ")).join(items)
        + "."
    )


def write_reference(rng: Random, case: InspectionCase) -> str:
    """Write the reference summary of a case as a template."""
    opening = _opening(rng, case)
    if not case.disposition:
        body = rng.choice(
            (
                ", all characteristics within limits",
                "; all readings within limits",
                ", all checks in tolerance",
            )
        )
        body += rng.choice(
            (
                "",
                f", sample {SAMPLE} of {QUANTITY} {PCS}",
                f" on {SAMPLE} {PCS}",
            )
        )
        return f"{opening}{body}.{_open(rng, case) or rng.choice(('', ' No open items.'))}"
    findings = rng.choice((" and ", "; ")).join(_finding(rng, case, index) for index in case.findings())
    if case.scenario == "defects":
        findings = _affected(rng, case)
    elif case.scenario not in ("missing", "conflict") and len(case.findings()) == 1:
        findings += rng.choice((", ", "; ")) + _affected(rng, case)
    join, end = rng.choice(((": ", ". "), (", ", ", "), ("; ", ". "), (". ", ". "), (" because ", ". ")))
    if ":" in opening:
        join = rng.choice((", ", "; "))
    return f"{opening}{join}{findings}{end}{_decision(rng, case)}.{_open(rng, case)}"
