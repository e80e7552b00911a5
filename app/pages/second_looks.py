"""A section of *Settings*: which share two people review blind, and which share comes back with a planted error.

In: two shares. Out: a new version of the policy. Knows nothing of how items are drawn.
"""

from __future__ import annotations

import gradio as gr

from app.components.element import build_element
from app.pages.context import Context
from app.pages.frame import PAGE_ROLES
from app.pages.handling import LISTENER, authorizes, require_id, require_number
from app.text import text
from backend.errors import ReviewError
from backend.review.policy import policies
from backend.review.queue.second_review import REVIEWER_ROLE

MAX_SEED_PERCENT = 20


def build_second_looks(language: str, context: Context, *, version: gr.Number) -> None:
    """Build the section inside the Blocks under construction; `version` is that of the policy that the page shows."""
    gr.Markdown(f"## {text(language, 'looks.title')}", elem_classes="tk-heading", container=False)
    gr.Markdown(text(language, "looks.info"), elem_classes="tk-note-text", container=False)
    second = gr.Number(label=text(language, "looks.second"),
                       info=text(language, "looks.second.info"), elem_id="second-share")  # fmt: skip
    seed = gr.Number(label=text(language, "looks.seed"),
                     info=text(language, "looks.seed.info"), elem_id="seed-share")  # fmt: skip
    save = gr.Button(text(language, "looks.save"), elem_id="save-looks")
    saved = build_element("sheet", elem_id="looks-saved")
    guarded = authorizes(language, context=context, role=PAGE_ROLES["settings"])

    def open_section() -> tuple[float, float]:
        policy = policies.current(context.database)
        return round(100 * policy.second_share, 4), round(100 * policy.seed_share, 4)

    def keep(seen: float, second_percent: float, seed_percent: float, request: gr.Request) -> tuple[int, dict]:
        policy = policies.current(context.database)
        second_share = require_number(second_percent, low=0, high=100) / 100
        _require_two(context, second_share=second_share)
        kept = policies.save(
            context.database,
            threshold=policy.threshold,
            samples=policy.samples,
            audit_share=policy.audit_share,
            second_share=second_share,
            seed_share=require_number(seed_percent, low=0, high=MAX_SEED_PERCENT) / 100,
            seen_version=require_id(seen),
            saved_by=context.current_user(request.request),
        )
        line = text(language, "settings.saved", version=kept.version)
        return kept.version, {"blocks": [{"type": "note", "tone": "good", "lines": [line]}]}

    gr.context.Context.root_block.load(guarded(open_section), None, [second, seed], **LISTENER)
    save.click(guarded(keep), [version, second, seed], [version, saved], **LISTENER)


def _require_two(context: Context, *, second_share: float) -> None:
    if second_share > 0 and len(context.team()[REVIEWER_ROLE]) < 2:
        raise ReviewError(
            "policy.needs_two",
            "A second review needs two people who may review, and there are fewer here; add a user, or set the share "
            "to 0.",
        )
