"""Escalation rules: what a policy does beyond sending a summary to a person, by its risk and its kind of document.

In: rules in their order, a risk and a kind. Out: the first rule that fits, or a refusal of rules that make no sense.
Rules are data of a policy version; they speak of what goes to a person anyway, and never change what does, for the
probabilities of that are what estimates rest on. Knows nothing of the database or of people.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from backend.errors import ReviewError
from backend.review.store.inbox_views import Rule

MAX_RULES = 20
MAX_HOURS = 24.0 * 366
MAX_KIND_CHARACTERS = 40
#: For whom a rule can ask: "" is whoever reviews.
RULE_ROLES = ("", "reviewer", "lead", "admin")


def find_rule(rules: Iterable[Rule], *, risk: float, kind: str) -> Rule | None:
    """The first rule that fits; the ones behind it do not count."""
    return next((rule for rule in rules if rule.fits(risk=risk, kind=kind)), None)


def check_rules(rules: Sequence[Rule]) -> None:
    """Refuse what cannot be meant.

    Raises:
        ReviewError: too many rules, a value out of its range, or a rule that does nothing.
    """
    if len(rules) > MAX_RULES:
        raise ReviewError("rules.too_many", "A policy has at most {most} escalation rules.", most=MAX_RULES)
    for number, rule in enumerate(rules, 1):
        if not 0.0 <= rule.risk_low <= rule.risk_high <= 1.0:
            raise ReviewError("rules.risk", "The risks of rule {number} must rise from 0 to 1.", number=number)
        if rule.role not in RULE_ROLES or len(rule.kind) > MAX_KIND_CHARACTERS:
            raise ReviewError("rules.choice", "Rule {number} names a role or a kind that does not exist.",
                              number=number)  # fmt: skip
        if rule.hours is not None and not (math.isfinite(rule.hours) and 0.0 < rule.hours <= MAX_HOURS):
            raise ReviewError(
                "rules.hours",
                "The deadline of rule {number} must be more than 0 and at most {most} hours.",
                number=number,
                most=int(MAX_HOURS),
            )
        if not rule.role and not rule.needs_second and rule.hours is None:
            raise ReviewError(
                "rules.nothing",
                "Rule {number} does nothing: give it a role, a second review or a deadline.",
                number=number,
            )


def rules_to_json(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """As they stand in a policy's row."""
    return [asdict(rule) for rule in rules]


def rules_from_json(stored: Iterable[dict[str, Any]] | None) -> tuple[Rule, ...]:
    """The rules of a policy's row; an older row has none."""
    return tuple(Rule(**values) for values in stored or ())
