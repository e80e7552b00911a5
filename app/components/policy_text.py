"""Certificates, replayed policies and experiments in words, for the pages and the command line.

In: a `Certificate`, `WhatIfReport` or `Experiment`, a language. Out: sentences. Knows nothing of database or layout.
"""

from __future__ import annotations

from app.components.highlight import reason_text
from app.text import local_time, percent, text
from backend.review.learning.certificates import Certificate
from backend.review.policy.comparison import ArmFigures, is_settled
from backend.review.policy.experiments import Experiment
from backend.review.policy.what_if import WhatIfReport
from backend.review.store.views import CheckView
from backend.uncertainty.guarantee import Guarantee, ThresholdTest
from backend.uncertainty.metrics import Interval
from backend.uncertainty.replay import Replay

_COMPARED = ("reviews", "escapes", "minutes", "cost")
_STATE_KEYS = {
    "shadow": "trial.state.shadow",
    "live": "trial.state.live",
    "stopped": "trial.state.stopped",
    "promoted": "trial.state.promoted",
}


def check_sentence(language: str, check: CheckView, *, item_id: int) -> str:
    """What a check with a planted error was, and whether it was seen."""
    key = "check.caught" if check.is_caught else "check.missed"
    kind = text(language, f"check.kind.{check.kind}")
    return text(language, key, item=item_id, kind=kind, planted=check.planted, original=check.original)


def certificate_lines(certificate: Certificate, *, language: str) -> list[str]:
    """The promise or why there is none, what it rests on, and what voids it."""
    found = certificate.guarantee
    shares = {"alpha": percent(found.alpha, digits=1), "confidence": percent(1 - found.delta, digits=1)}
    shown = _shown_test(found)
    checks = {"wrong": shown.wrong, "checked": shown.checked}
    lines = []
    if found.threshold is not None:
        lines.append(text(language, "certificate.found", threshold=percent(found.threshold), **shares, **checks))
    else:
        at = percent(shown.threshold)
        lines.append(text(language, "certificate.none", threshold=at, **shares, **checks))
        lines.append(_missing_line(certificate, language=language))
        smallest = percent(found.smallest_alpha, digits=1)
        lines.append(text(language, "certificate.smallest", smallest=smallest, threshold=at))
    lines += [text(language, "certificate.void", reason=reason_text(language, one)) for one in certificate.voids]
    made = local_time(language, certificate.created_at)
    sha = certificate.provenance["verdicts_sha256"][:12]
    rests = {"calibration": certificate.provenance["calibration"], "posterior": certificate.provenance.get("posterior")}
    lines.append(text(language, "certificate.rests", number=certificate.id, created=made, sha=sha, **rests))
    return lines


def _missing_line(certificate: Certificate, *, language: str) -> str:
    found = certificate.guarantee
    if found.is_hopeless:
        return text(language, "certificate.hopeless", alpha=percent(found.alpha, digits=1))
    if found.missing is None:
        return text(language, "certificate.far", alpha=percent(found.alpha, digits=1))
    # One in two random checks is kept for certificates, the other half is learned from.
    checks = 2 * (found.missing if found.missing_in_all is None else found.missing_in_all)
    return text(language, "certificate.missing", missing=found.missing, checks=checks)


def _shown_test(found: Guarantee) -> ThresholdTest:
    """The test of the certified threshold, or of the nearest one; an old report names none, and has the first."""
    at = found.nearest if found.threshold is None else found.threshold
    return next((test for test in found.tests if test.threshold == at), found.tests[0])


def replay_lines(report: WhatIfReport | None, *, language: str) -> list[str]:
    """Reviews, minutes, errors let through and costs of the policy that was asked about, and the cheapest one."""
    if report is None:
        return [text(language, "settings.whatif.none")]
    asked = report.asked
    time_key = "measured" if report.is_time_measured else "assumed"
    lines = [
        text(language, "whatif.work", reviews=_number(asked.reviews), minutes=_number(asked.minutes),
             summaries=report.summaries, days=_number(report.days)),
        text(language, f"whatif.time.{time_key}", seconds=f"{report.review_seconds:.0f}"),
    ]  # fmt: skip
    if asked.judged:
        lines.append(text(language, "whatif.escapes", share=percent(asked.wrong_share.share, digits=1),
                          escapes=_range(asked.escapes), judged=asked.judged))  # fmt: skip
        lines.append(text(language, "whatif.cost", cost=_range(asked.cost)))
    else:
        lines.append(text(language, "whatif.unknown"))
    if report.cheapest is not None:
        lines.append(_cheapest_line(report.cheapest, language=language))
    if report.summary_seconds is not None:
        lines.append(text(language, "whatif.compute", seconds=f"{report.summary_seconds:.1f}"))
    return lines


def experiment_value(experiment: Experiment | None, *, figures: tuple[ArmFigures, ...], language: str) -> dict:
    """Where an experiment stands, its arms as a table, and what is settled between the first two."""
    if experiment is None:
        return {"blocks": [{"type": "note", "tone": "plain", "lines": [text(language, "trial.none")]}]}
    lines = [text(language, _STATE_KEYS[experiment.state], number=experiment.id)]
    lines += [_settled_line(name, figures, language=language) for name in _COMPARED]
    lines += [_others_line(number, one, language=language) for number, one in enumerate(figures, 1) if one.others]
    columns = ("policy", "documents", "waiting", *_COMPARED)
    table = {
        "type": "table",
        "label": text(language, "trial.title"),
        "head": [text(language, f"trial.column.{name}") for name in columns],
        "rows": [_arm_row(number, one) for number, one in enumerate(figures, start=1)],
    }
    return {"blocks": [{"type": "note", "tone": "plain", "lines": lines}, table]}


def _settled_line(name: str, figures: tuple[ArmFigures, ...], *, language: str) -> str:
    first, second = (getattr(one, name) for one in figures[:2])
    what = text(language, f"trial.column.{name}")
    if first is None or second is None:
        return text(language, "trial.unknown", what=what)
    if not is_settled(first, second):
        return text(language, "trial.open", what=what)
    return text(language, "trial.settled", what=what, policy=1 if first.high < second.low else 2)


def _others_line(number: int, one: ArmFigures, *, language: str) -> str:
    return text(language, "trial.others", policy=number, count=one.others)


def _arm_row(number: int, one: ArmFigures) -> list[str]:
    parts = [percent(one.arm.threshold), percent(one.arm.audit_share)]
    parts += [str(part) for part in (one.arm.samples, one.arm.model) if part is not None]
    name = f"{number}: {' / '.join(parts)}"
    cells = [_range(interval) if interval is not None else "–" for interval in (getattr(one, n) for n in _COMPARED)]
    return [name, f"{one.documents:,}", f"{one.waiting:,}", *cells]


def _cheapest_line(found: Replay, *, language: str) -> str:
    return text(
        language, "whatif.cheapest",
        threshold=percent(found.threshold), cost=_range(found.cost), reviews=_number(found.reviews),
    )  # fmt: skip


def _range(interval: Interval) -> str:
    return f"{_number(interval.share)} [{_number(interval.low)}–{_number(interval.high)}]"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
