"""The section of *Insights* about the people who review, as a team: do two agree, and does it see planted errors.

In: nothing but the database. Out: figures with intervals in words. Never a figure about one person.
Knows nothing of the mathematics behind them.
"""

from __future__ import annotations

import gradio as gr

from app.components.element import build_element
from app.pages.context import Context
from app.pages.frame import PAGE_ROLES
from app.pages.handling import LISTENER, authorizes
from app.text import percent, text
from backend.review.queue import agreement, vigilance
from backend.review.queue.agreement import Agreement
from backend.review.queue.vigilance import CatchRate


def build_team(language: str, context: Context) -> None:
    """Build the section inside the Blocks under construction."""
    shown = build_element("sheet", elem_id="team")
    guarded = authorizes(language, context=context, role=PAGE_ROLES["insights"])

    def open_section() -> dict:
        agreed = agreement_blocks(agreement.measure(context.database), language=language)
        return {"blocks": [*agreed, *vigilance_blocks(vigilance.catch_rate(context.database), language=language)]}

    gr.context.Context.root_block.load(guarded(open_section), None, shown, **LISTENER)


def agreement_blocks(found: Agreement, *, language: str) -> list[dict]:
    """How often two blind verdicts agree, and whether that is more than chance."""
    heading = {"type": "heading", "text": text(language, "insights.agreement")}
    return [heading, {"type": "note", "tone": "plain", "lines": _agreement_lines(found, language=language)}]


def vigilance_blocks(found: CatchRate, *, language: str) -> list[dict]:
    """Which share of the planted errors the team sees."""
    heading = {"type": "heading", "text": text(language, "insights.vigilance")}
    if not found.answered:
        lines = [text(language, "insights.vigilance.none", waiting=found.waiting)]
    else:
        low, share, high = (percent(value) for value in (found.low, found.share, found.high))
        counts = {"caught": found.caught, "count": found.answered, "waiting": found.waiting}
        lines = [text(language, "insights.vigilance.rate", share=share, low=low, high=high, **counts)]
    return [heading, {"type": "note", "tone": "plain", "lines": lines}]


def _agreement_lines(found: Agreement, *, language: str) -> list[str]:
    if not found.items:
        return [text(language, "insights.agreement.none")]
    share = percent(found.agreed / found.items)
    said = text(language, "insights.agreement.share", agreed=found.agreed, count=found.items, share=share)
    if found.kappa is None:
        return [said, text(language, "insights.agreement.undefined")]
    figures = {name: f"{getattr(found, name):.2f}" for name in ("kappa", "low", "high")}
    return [said, text(language, "insights.agreement.kappa", **figures)]
