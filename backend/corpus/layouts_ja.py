"""Japanese inspection logs: five short layouts of the same truth.

In: an `InspectionCase` and a `random.Random`.
Out: a template with marks.
Knows nothing of the values' spelling, of facts or of the summary.
"""

from __future__ import annotations

from random import Random

from backend.corpus.inspection import InspectionCase
from backend.corpus.marks import (
    AFFECTED,
    DAY,
    DEFECT,
    DISPOSITION,
    INSPECTOR,
    LOT,
    NONCONFORMANCE,
    PART,
    PCS,
    PRODUCT,
    QUANTITY,
    SAMPLE,
    STAGE,
    VERDICT,
)
from backend.corpus.surfaces import mark

_WITH_AFFECTED = ("rejected", "hold", "concession")


def _reading(case: InspectionCase, index: int) -> str:
    state, unit = case.checks[index].state, mark(f"unit{index}")
    if state == "missing":
        return mark(f"missing{index}")
    if state == "conflict":
        return f"1回目{mark(f'reading{index}.0')}{unit}、2回目{mark(f'reading{index}.1')}{unit}"
    return mark(f"reading{index}.0") + unit


def _tail(rng: Random, case: InspectionCase) -> list[str]:
    """Everything after the checks, except the lot's verdict."""
    lines, affected = [], f"{SAMPLE}{PCS}中{AFFECTED}{PCS}"
    if case.scenario == "defects":
        lines.append(rng.choice((f"外観：{affected}に{DEFECT}", f"{DEFECT}あり（{affected}）")))
    elif case.scenario in _WITH_AFFECTED:
        lines.append(rng.choice((f"規格外れ{affected}", f"不適合数：{affected}")))
    elif case.scenario == "conflict":
        lines.append(rng.choice(("測定値が一致しない", "再測定値と食い違いあり")))
    if case.disposition:
        lines.append(
            rng.choice((f"処置：{DISPOSITION}", f"処置は{DISPOSITION}")) + rng.choice(("", f"（{NONCONFORMANCE}）"))
        )
    for index, (_, due) in enumerate(case.open_items):
        lines.append(
            rng.choice(("残件：", "未完了："))
            + mark(f"open{index}")
            + ("" if due is None else f"（期限{mark(f'due{index}')}）")
        )
    return lines


def form(rng: Random, case: InspectionCase) -> str:
    """Key and value, line by line."""
    lines = [
        f"{STAGE}記録",
        f"品番：{PART}（{PRODUCT}）",
        f"ロット：{LOT}",
        f"日付：{DAY}" + rng.choice(("", f"　検査員：{INSPECTOR}")),
        f"数量：{QUANTITY}{PCS}、抜取{SAMPLE}{PCS}",
    ]
    lines += [
        f"{mark(f'name{i}')}：{_reading(case, i)}（規格{mark(f'limit{i}')}）{mark(f'verdict{i}')}"
        for i in range(len(case.checks))
    ]
    return "\n".join([*lines, *_tail(rng, case), f"判定：{VERDICT}"])


def pipes(rng: Random, case: InspectionCase) -> str:
    """A table with pipes."""
    lines = [
        f"{STAGE}成績表　{PRODUCT}　{PART}",
        f"ロット{LOT}　{DAY}　n={SAMPLE}",
        "|項目|規格|実測|判定|",
    ]
    lines += [
        f"|{mark(f'name{i}')}|{mark(f'limit{i}')}|{_reading(case, i)}|{mark(f'verdict{i}')}|"
        for i in range(len(case.checks))
    ]
    return "\n".join([*lines, *_tail(rng, case), f"総合判定：{VERDICT}"])


def prose(rng: Random, case: InspectionCase) -> str:
    """A note in sentences."""
    opening = rng.choice(
        (
            f"{DAY}、{PRODUCT}（{PART}）ロット{LOT}の{STAGE}を実施。抜取{SAMPLE}{PCS}。",
            f"ロット{LOT}、品番{PART}（{PRODUCT}）の{STAGE}。{QUANTITY}{PCS}中{SAMPLE}{PCS}を確認。",
        )
    )
    body = "。".join(
        f"{mark(f'name{i}')}は{_reading(case, i)}、規格{mark(f'limit{i}')}で{mark(f'verdict{i}')}"
        for i in range(len(case.checks))
    )
    return f"{opening}{body}。" + "".join(f"{line}。" for line in _tail(rng, case)) + f"ロット判定は{VERDICT}。"


def journal(rng: Random, case: InspectionCase) -> str:
    """A shift journal with times."""
    minutes = rng.randrange(480, 1200)
    lines = [f"検査日報　{DAY}　{INSPECTOR}"]
    entries = [f"{PRODUCT}{PART}　ロット{LOT}　{STAGE}開始、抜取{SAMPLE}{PCS}"]
    entries += [
        f"{mark(f'name{i}')} {_reading(case, i)}（規格{mark(f'limit{i}')}）{mark(f'verdict{i}')}"
        for i in range(len(case.checks))
    ]
    for entry in [*entries, *_tail(rng, case), f"判定 {VERDICT}"]:
        lines.append(f"{minutes // 60}:{minutes % 60:02d} {entry}")
        minutes += rng.randrange(4, 25)
    return "\n".join(lines)


def message(rng: Random, case: InspectionCase) -> str:
    """A short message to colleagues."""
    lines = [
        "お疲れ様です。" + rng.choice(("品質保証の", "検査課の", "")) + f"{INSPECTOR}です。",
        f"{PRODUCT}（品番{PART}、ロット{LOT}）の{STAGE}結果を連絡します。",
    ]
    lines += [
        f"・{mark(f'name{i}')} {_reading(case, i)}、規格{mark(f'limit{i}')}、{mark(f'verdict{i}')}"
        for i in range(len(case.checks))
    ]
    lines += [
        f"抜取数{SAMPLE}{PCS}。",
        *(f"{line}。" for line in _tail(rng, case)),
        f"ロットは{VERDICT}とします。",
    ]
    return "\n".join(lines)


LAYOUTS = {"form": form, "pipes": pipes, "prose": prose, "journal": journal, "message": message}
