"""Japanese specification drafts: three short layouts and the reference summary.

In: a `SpecificationCase` and a `random.Random`.
Out: templates with marks.
Knows nothing of the values' spelling.
"""

from __future__ import annotations

from random import Random

from backend.corpus.marks import DAY, PART, PRODUCT, REVISION, SPECIFICATION, STATUS
from backend.corpus.specification import SpecificationCase
from backend.corpus.surfaces import mark


def _limit(index: int) -> str:
    """Return the limit without a unit: the unit stands in its own column or in brackets."""
    return mark(f"limit{index}")


def _change(rng: Random, case: SpecificationCase) -> str:
    index = case.changed()
    if index is None:
        return rng.choice(("新規制定", "変更点なし（誤記訂正のみ）"))
    name, former, limit = mark(f"name{index}"), mark(f"former{index}"), _limit(index)
    return rng.choice((f"変更：{name}を{former}から{limit}に変更", f"改訂内容：{name}　旧{former}→新{limit}"))


def _open_items(rng: Random, case: SpecificationCase) -> list[str]:
    return [
        rng.choice(("未決：", "要確認："))
        + mark(f"open{index}")
        + ("" if due is None else f"（期限{mark(f'due{index}')}）")
        for index, (_, due) in enumerate(case.open_items)
    ]


def clauses(rng: Random, case: SpecificationCase) -> str:
    """Numbered clauses."""
    lines = [
        f"{PRODUCT}仕様書　{SPECIFICATION}　改訂{REVISION}（{STATUS}）",
        f"1. 適用範囲　品番{PART}",
        "2. 要求事項",
    ]
    lines += [
        f"2.{i + 1} {mark(f'name{i}')}は{_limit(i)}とする（単位{mark(f'bare_unit{i}')}）"
        for i in range(len(case.requirements))
    ]
    return "\n".join(
        [
            *lines,
            f"3. 試験条件　{case.test_temperature}℃、{case.humidity}%RH",
            f"4. {_change(rng, case)}",
            *_open_items(rng, case),
        ]
    )


def table(rng: Random, case: SpecificationCase) -> str:
    """A requirement table."""
    lines = [
        f"仕様書{SPECIFICATION}　改訂{REVISION}　{STATUS}　{DAY}",
        f"対象：{PRODUCT}　{PART}",
        "|項目|規格|単位|",
    ]
    lines += [f"|{mark(f'name{i}')}|{_limit(i)}|{mark(f'bare_unit{i}')}|" for i in range(len(case.requirements))]
    return "\n".join([*lines, _change(rng, case), *_open_items(rng, case)])


def memo(rng: Random, case: SpecificationCase) -> str:
    """A message that announces the draft."""
    body = "、".join(f"{mark(f'name{i}')}{_limit(i)}" for i in range(len(case.requirements)))
    opening = rng.choice(
        (
            f"{PRODUCT}（{PART}）の仕様書{SPECIFICATION}改訂{REVISION}を送付する。状態は{STATUS}。",
            f"{DAY}付で{PRODUCT}（{PART}）仕様書{SPECIFICATION}改訂{REVISION}を作成（{STATUS}）。",
        )
    )
    return f"{opening}要求は{body}。{_change(rng, case)}。" + "".join(f"{line}。" for line in _open_items(rng, case))


LAYOUTS = {"clauses": clauses, "table": table, "memo": memo}


def write_reference(rng: Random, case: SpecificationCase) -> str:
    """Write the reference summary of a draft as a template; it marks the must-carry facts."""
    text = f"{PRODUCT}仕様書{SPECIFICATION}改訂{REVISION}（{STATUS}）。"
    index = case.changed()
    if index is None:
        text += f"{mark('name0')}{_limit(0)}、{mark('name1')}{_limit(1)}を規定。"
    else:
        text += rng.choice(
            (
                f"{mark(f'name{index}')}を{mark(f'former{index}')}から{_limit(index)}に変更。",
                f"{mark(f'name{index}')}は{_limit(index)}（旧{mark(f'former{index}')}）。",
            )
        )
    for place, (_, due) in enumerate(case.open_items):
        until = "" if due is None else "、期限" + mark(f"due{place}")
        text += f"{rng.choice(('未決は', '未決：'))}{mark(f'open{place}')}{until}。"
    return text
