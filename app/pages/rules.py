"""A section of *Settings*: escalation rules, in their order; who decides about what, and by when.

In: a rule to add, to remove or to move up. Out: the rules in force; every change is a new version of the policy.
Knows nothing of how a rule is applied.
"""

from __future__ import annotations

import gradio as gr

from app.components.element import build_element
from app.pages.context import Context
from app.pages.frame import PAGE_ROLES
from app.pages.handling import LISTENER, authorizes, require_choice, require_id, require_number
from app.text import percent, text
from backend.review.policy import policies
from backend.review.policy.escalation import MAX_HOURS, MAX_RULES, RULE_ROLES
from backend.review.store.inbox_views import Rule
from backend.review.store.views import Policy

KINDS = ("", "inspection_log", "specification", "report")


def build_rules(language: str, context: Context, *, version: gr.Number) -> None:
    """Build the section inside the Blocks under construction; `version` is that of the policy that the page shows."""
    gr.Markdown(f"## {text(language, 'rules.title')}", elem_classes="tk-heading", container=False)
    gr.Markdown(text(language, "rules.info"), elem_classes="tk-note-text", container=False)
    shown = build_element("sheet", elem_id="rules")
    said = build_element("sheet", elem_id="rules-saved")
    with gr.Row():
        low = gr.Number(50, label=text(language, "rules.risk_low"), elem_id="rule-low",
                        min_width=110)  # fmt: skip
        high = gr.Number(100, label=text(language, "rules.risk_high"), elem_id="rule-high",
                         min_width=110)  # fmt: skip
        hours = gr.Number(None, label=text(language, "rules.hours.field"),
                          elem_id="rule-hours", min_width=110)  # fmt: skip
    kind = gr.Radio([(_kind(name, language), name) for name in KINDS], value="", label=text(language, "rules.kind"),
                    elem_id="rule-kind")  # fmt: skip
    role = gr.Radio([(_role(name, language), name) for name in RULE_ROLES], value="",
                    label=text(language, "rules.role"), elem_id="rule-role")  # fmt: skip
    second = gr.Checkbox(label=text(language, "rules.second.field"), elem_id="rule-second")
    add = gr.Button(text(language, "rules.add"), elem_id="rule-add")
    guarded = authorizes(language, context=context, role=PAGE_ROLES["settings"])

    def open_section() -> dict:
        return rules_value(policies.current(context.database), language=language)

    def append(
        seen: float, low_percent: float, high_percent: float, hours_value: float | None, kind_name: str,
        role_name: str, wants_second: bool, request: gr.Request,
    ) -> tuple:  # fmt: skip
        rule = Rule(
            risk_low=require_number(low_percent, low=0, high=100) / 100,
            risk_high=require_number(high_percent, low=0, high=100) / 100,
            kind=require_choice(kind_name, choices=KINDS),
            role=require_choice(role_name, choices=RULE_ROLES),
            needs_second=wants_second is True,
            hours=None if hours_value in (None, 0) else require_number(hours_value, low=0, high=MAX_HOURS),
        )
        rules = policies.current(context.database).rules
        return keep((*rules, rule), seen=seen, user=context.current_user(request.request))

    def change(seen: float, request: gr.Request, event: gr.EventData) -> tuple:
        number = int(require_number(event._data.get("number"), low=-MAX_RULES, high=MAX_RULES))
        rules = list(policies.current(context.database).rules)
        place = require_id(abs(number)) - 1
        if place < len(rules):
            moved = rules.pop(place)
            if number < 0:
                rules.insert(max(0, place - 1), moved)
        return keep(tuple(rules), seen=seen, user=context.current_user(request.request))

    def keep(rules: tuple[Rule, ...], *, seen: float, user: str) -> tuple:
        policy = policies.save_rules(context.database, rules, seen_version=require_id(seen), saved_by=user)
        line = text(language, "rules.saved", version=policy.version, count=len(policy.rules))
        note = {"blocks": [{"type": "note", "tone": "good", "lines": [line]}]}
        return rules_value(policy, language=language), policy.version, note

    gr.context.Context.root_block.load(guarded(open_section), None, shown, **LISTENER)
    fields = [version, low, high, hours, kind, role, second]
    add.click(guarded(append), fields, [shown, version, said], **LISTENER)
    shown.press(guarded(change), version, [shown, version, said], **LISTENER)


def rules_value(policy: Policy, *, language: str) -> dict:
    """The rules as a table; a press of a positive number removes a rule, of a negative one moves it up."""
    if not policy.rules:
        return {"blocks": [{"type": "note", "tone": "plain", "lines": [text(language, "rules.none")]}]}
    columns = ("number", "risk", "kind", "role", "second", "hours", "order", "remove")
    table = {
        "type": "table",
        "label": text(language, "rules.title"),
        "head": [text(language, f"rules.{name}") for name in columns],
        "rows": [_row(number, rule, language=language) for number, rule in enumerate(policy.rules, 1)],
    }
    return {"blocks": [table]}


def _row(number: int, rule: Rule, *, language: str) -> list[str | dict]:
    return [
        str(number),
        f"{percent(rule.risk_low)} – {percent(rule.risk_high)}",
        _kind(rule.kind, language),
        _role(rule.role, language),
        text(language, "rules.yes" if rule.needs_second else "rules.no"),
        text(language, "rules.within", hours=f"{rule.hours:g}") if rule.hours is not None else "–",
        # The rule stands one higher then, and so does the focus.
        {**_button("up", -number, number=number, language=language), "after": 1 - number} if number > 1 else "–",
        _button("remove", number, number=number, language=language),
    ]


def _button(name: str, press: int, *, number: int, language: str) -> dict:
    label = text(language, f"rules.{name}.label", number=number)
    return {"press": press, "button": text(language, f"rules.{name}"), "label": label}


def _kind(name: str, language: str) -> str:
    return text(language, f"kind.{name}") if name else text(language, "rules.any")


def _role(name: str, language: str) -> str:
    return text(language, f"role.{name}") if name else text(language, "rules.anybody")
