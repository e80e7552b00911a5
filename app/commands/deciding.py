"""`tashika certify` and `tashika whatif`: what a threshold promises and costs, without a browser."""

from __future__ import annotations

from dataclasses import asdict

from app.commands.reviewing import PERSON, opened
from app.components.highlight import reason_text
from app.components.policy_text import certificate_lines, replay_lines
from backend.config import Settings
from backend.review.learning import certificates
from backend.review.learning.certificates import Certificate
from backend.review.policy import what_if
from backend.review.policy.what_if import WhatIfReport


def certify(settings: Settings, *, alpha: float, delta: float) -> Certificate:
    """Try to certify a threshold, and record the outcome."""
    with opened(settings) as database:
        return certificates.issue(database, alpha=alpha, delta=delta, requested_by=PERSON)


def certificate_json(certificate: Certificate) -> dict[str, object]:
    """The outcome with what it rests on; the verdicts by their hash and number."""
    provenance = {name: value for name, value in certificate.provenance.items() if name != "verdicts"}
    return {
        "certificate": certificate.id,
        "is_valid": certificate.is_valid,
        **asdict(certificate.guarantee),
        "voids": [reason_text("en", reason) for reason in certificate.voids],
        "verdicts": len(certificate.provenance["verdicts"]),
        "provenance": provenance,
    }


def describe_certificate(certificate: Certificate) -> str:
    """The outcome in words."""
    return "\n".join(certificate_lines(certificate, language="en"))


def ask(settings: Settings, *, threshold: float, samples: int, audit_share: float) -> WhatIfReport | None:
    """Replay a policy over history."""
    with opened(settings) as database:
        return what_if.ask(database, threshold=threshold, samples=samples, audit_share=audit_share)


def report_json(report: WhatIfReport | None) -> dict[str, object] | None:
    """All figures; null without a summary."""
    return asdict(report) if report is not None else None


def describe_report(report: WhatIfReport | None) -> str:
    """The figures in words."""
    return "\n".join(replay_lines(report, language="en"))
