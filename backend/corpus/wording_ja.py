"""Japanese reference summaries of an inspection, in the terse style of 品質管理.

In: an `InspectionCase` and a `random.Random`.
Out: a template with marks. The facts that it marks are the ones that a summary must carry.
Knows nothing of the document's layout.
"""

from __future__ import annotations

from random import Random

from backend.corpus.inspection import InspectionCase
from backend.corpus.marks import AFFECTED, DEFECT, DISPOSITION, LOT, PART, PCS, PRODUCT, SAMPLE
from backend.corpus.surfaces import mark

_RESULTS = {"ok": "合格", "ng": "不合格", "hold": "保留"}


def _finding(rng: Random, case: InspectionCase, index: int) -> str:
    name, limit, unit, state = (
        mark(f"name{index}"),
        mark(f"limit{index}"),
        mark(f"unit{index}"),
        case.checks[index].state,
    )
    if state == "missing":
        return rng.choice((f"{name}（規格{limit}）が未測定", f"{name}は未測定（規格{limit}）"))
    first = mark(f"reading{index}.0") + unit
    if state == "conflict":
        return f"{name}の測定値が{first}と{mark(f'reading{index}.1')}{unit}で不一致（規格{limit}）、要確認"
    return rng.choice(
        (
            f"{name}{first}が規格{limit}を外れ",
            f"{name}が{first}で規格外（規格{limit}）",
            f"{name}{first}（規格{limit}）で規格外",
        )
    )


def _affected(rng: Random, case: InspectionCase) -> str:
    share = f"{SAMPLE}{PCS}中{AFFECTED}{PCS}"
    if case.scenario == "defects":
        return rng.choice((f"{share}に{DEFECT}", f"{DEFECT}{share}"))
    return rng.choice((share, f"該当{share}"))


def _open(rng: Random, case: InspectionCase) -> str:
    pieces = []
    for index, (_, due) in enumerate(case.open_items):
        until = "" if due is None else rng.choice((f"（期限{mark(f'due{index}')}）", f"、期限{mark(f'due{index}')}"))
        pieces.append(f"{rng.choice(('残件は', '残件：'))}{mark(f'open{index}')}{until}。")
    return "".join(pieces)


def write_reference(rng: Random, case: InspectionCase) -> str:
    """Write the reference summary of a case as a template."""
    subject = rng.choice(
        (
            f"ロット{LOT}（{PART}）",
            f"{PRODUCT}{PART}、ロット{LOT}",
            f"品番{PART}ロット{LOT}",
        )
    )
    opening = subject + rng.choice(("は", "：")) + _RESULTS[case.verdict]
    if not case.disposition:
        return f"{opening}。{rng.choice(('全項目規格内。', '全項目が規格内。', '測定値は全て規格内。'))}" + (
            _open(rng, case) or rng.choice(("", "残件なし。"))
        )
    if case.scenario == "defects":
        findings = _affected(rng, case)
    else:
        findings = "、".join(_finding(rng, case, index) for index in case.findings())
        if case.scenario not in ("missing", "conflict") and len(case.findings()) == 1:
            findings += f"、{_affected(rng, case)}"
    return f"{opening}。{findings}。{rng.choice(('処置は', '処置：'))}{DISPOSITION}。{_open(rng, case)}"
