"""A section of *Settings*: which threshold can be promised to let at most a share of wrong summaries through.

In: the share and the confidence. Out: a certificate in words, and its threshold as the policy's when wanted.
Knows nothing of how a certificate is made.
"""

from __future__ import annotations

import gradio as gr

from app.components.element import build_element
from app.components.policy_text import certificate_lines
from app.pages.context import Context
from app.pages.frame import PAGE_ROLES
from app.pages.handling import LISTENER, RequestError, authorizes, require_id, require_number
from app.text import text
from backend.review.learning import certificates
from backend.review.learning.certificates import Certificate
from backend.review.policy import policies


def build_promise(language: str, context: Context, *, dial: gr.Slider, saved: gr.HTML, version: gr.Number) -> None:
    """Build the section inside the Blocks under construction.

    `dial`, `saved` and `version` (of the policy that the page shows) follow a taken threshold.
    """
    gr.Markdown(f"## {text(language, 'settings.promise')}", elem_classes="tk-heading", container=False)
    gr.Markdown(text(language, "settings.promise.info"), elem_classes="tk-note-text", container=False)
    with gr.Row():
        alpha = gr.Number(5, step=0.5, label=text(language, "settings.alpha"),
                          elem_id="alpha", min_width=120)  # fmt: skip
        confidence = gr.Number(95, step=1, label=text(language, "settings.confidence"),
                               elem_id="confidence", min_width=120)  # fmt: skip
    with gr.Row():
        look = gr.Button(text(language, "settings.certify"), elem_id="certify")
        take = gr.Button(text(language, "settings.take"), elem_id="take")
    shown = build_element("sheet", elem_id="certificate")
    guarded = authorizes(language, context=context, role=PAGE_ROLES["settings"])

    def open_section() -> dict:
        return certificate_value(certificates.latest(context.database), language=language)

    def certify(alpha_percent: float, confidence_percent: float, request: gr.Request) -> dict:
        certificate = certificates.issue(
            context.database,
            alpha=require_number(alpha_percent, low=0.1, high=50) / 100,
            delta=round(1 - require_number(confidence_percent, low=50, high=99.9) / 100, 6),
            requested_by=context.current_user(request.request),
        )
        return certificate_value(certificate, language=language)

    def take_threshold(seen: float, request: gr.Request) -> tuple[float, dict, int]:
        certificate = certificates.latest(context.database)
        if certificate is None or not certificate.is_valid:
            raise RequestError("certificate.none_valid", "There is no valid certificate to take a threshold from.")
        policy = policies.current(context.database)
        taken = policies.save(
            context.database,
            threshold=certificate.guarantee.threshold,
            samples=policy.samples,
            audit_share=policy.audit_share,
            seen_version=require_id(seen),
            saved_by=context.current_user(request.request),
        )
        said = text(language, "settings.saved", version=taken.version)
        note = {"blocks": [{"type": "note", "tone": "good", "lines": [said]}]}
        return round(100 * taken.threshold, 4), note, taken.version

    gr.context.Context.root_block.load(guarded(open_section), None, shown, **LISTENER)
    look.click(guarded(certify), [alpha, confidence], shown, **{**LISTENER, "concurrency_limit": 1})
    take.click(guarded(take_threshold), version, [dial, saved, version], **LISTENER)


def certificate_value(certificate: Certificate | None, *, language: str) -> dict:
    """The newest certificate in words."""
    if certificate is None:
        lines, tone = [text(language, "settings.certificate.none")], "plain"
    else:
        lines, tone = certificate_lines(certificate, language=language), "good" if certificate.is_valid else "plain"
    return {"blocks": [{"type": "note", "tone": tone, "lines": lines}]}
