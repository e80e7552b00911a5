"""Stored summaries: how one is written together with its decision, and how one is read back.

In: a session and a scored summary, or a summary's number. Out: rows or a `SummaryView`, nothing committed.
Knows nothing of jobs, people or verdicts.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from backend.documents.document import Document
from backend.errors import ReviewError
from backend.review.intake import seeds
from backend.review.intake.seeds import Planted
from backend.review.policy import models
from backend.review.policy.decide import Outcome, audit_draw, decide, review_seconds, second_draw, seed_draw
from backend.review.policy.escalation import find_rule
from backend.review.store import events
from backend.review.store.dialect import index_words
from backend.review.store.inbox_views import Rule
from backend.review.store.outbox import announce_item
from backend.review.store.storable import clean_typed, require_storable
from backend.review.store.tables import DecisionRow, DocumentRow, ItemRow, SummaryRow, now
from backend.review.store.views import DocumentView, PhraseView, Policy, SummaryView
from backend.uncertainty.edit_model import EditModel, band
from backend.uncertainty.features import FEATURE_VERSION
from backend.uncertainty.phrases import Phrase
from backend.uncertainty.serialization import (
    analysis_from_json,
    analysis_to_json,
    tokens_from_json,
    tokens_to_json,
)
from backend.uncertainty.summary import UNUSUAL, ScoredSummary


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the calibration and the policy in force make of a summary, with their versions."""

    calibration: int
    policy: int
    risk: float
    edit_probabilities: tuple[float, ...]
    outcome: Outcome
    needs_second: bool
    rule: Rule | None
    is_seeded: bool


def fingerprint(text: str) -> str:
    """SHA-256 of a document's text: names it in folds, in audits and in provenance."""
    return hashlib.sha256(text.encode()).hexdigest()


def weigh(
    scored: ScoredSummary, *, document_sha256: str, kind: str, calibration: tuple[int, EditModel], policy: Policy
) -> Judgement:
    """Risk and decision of a summary, outside of any transaction."""
    version, edit_model = calibration
    risk = edit_model.risk(scored.analysis)
    outcome = decide(
        risk,
        threshold=policy.threshold,
        audit_share=policy.audit_share,
        draw=audit_draw(document_sha256, policy=policy.version),
        is_unusual=UNUSUAL in scored.notes,
    )
    is_accepted = outcome.decision == "accepted"
    is_seeded = is_accepted and seed_draw(document_sha256, policy=policy.version) < policy.seed_share
    rule = find_rule(policy.rules, risk=risk, kind=kind) if not is_accepted or is_seeded else None
    is_drawn = second_draw(document_sha256, policy=policy.version) < policy.second_share
    return Judgement(
        calibration=version,
        policy=policy.version,
        risk=risk,
        edit_probabilities=edit_model.edit_probabilities(scored.analysis),
        outcome=outcome,
        needs_second=is_drawn or (rule is not None and rule.needs_second),
        rule=rule,
        is_seeded=is_seeded,
    )


def add_document(session: Session, document: Document, *, submitted_by: str) -> DocumentRow:
    """Store a document as a new row, whether or not its text was seen before."""
    require_storable(document.text, document.title, document.source_name)
    row = DocumentRow(
        sha256=fingerprint(document.text),
        title=document.title,
        kind=document.kind,
        language=document.language,
        source_name=document.source_name,
        notes=list(document.notes),
        submitted_by=clean_typed(submitted_by),
        text=document.text,
    )
    session.add(row)
    session.flush()
    return row


def add_summary(
    session: Session,
    scored: ScoredSummary,
    *,
    judgement: Judgement,
    document: DocumentRow,
    job_id: int | None,
) -> int:
    """Store a summary, its decision, and its review item when a person should look; return its number."""
    require_storable(scored.text)
    summary = SummaryRow(
        document_id=document.id,
        job_id=job_id,
        base=scored.base,
        adapter=scored.adapter,
        posterior=scored.posterior,
        samples=scored.samples,
        seconds=dict(scored.seconds),
        notes=list(scored.notes),
        text=scored.text,
        # The version says later whether a calibration of that time can still read these features.
        analysis={"feature_version": FEATURE_VERSION, **analysis_to_json(scored.analysis)},
        tokens=tokens_to_json(scored.tokens),
    )
    session.add(summary)
    session.flush()
    decision = _add_decision(session, judgement, summary_id=summary.id)
    item_id = None
    if judgement.outcome.decision == "review":
        item_id = _add_item(session, judgement, summary=summary, document=document, decision_id=decision.id)
    elif judgement.is_seeded:
        item_id = _add_check(session, judgement, summary=summary, document=document, decision_id=decision.id)
    _record(session, judgement, summary=summary, document=document, item_id=item_id)
    return summary.id


def load(session: Session, summary_id: int) -> SummaryView:
    """A summary with its document, scores and decision.

    Raises:
        ReviewError: when there is no such summary.
    """
    query = (
        select(SummaryRow, DocumentRow, DecisionRow, ItemRow.id)
        .join(DocumentRow, DocumentRow.id == SummaryRow.document_id)
        .join(DecisionRow, DecisionRow.summary_id == SummaryRow.id)
        .outerjoin(ItemRow, and_(ItemRow.summary_id == SummaryRow.id, ~ItemRow.is_seeded))
        .where(SummaryRow.id == summary_id)
    )
    found = session.execute(query).first()
    if found is None:
        raise ReviewError("summary.not_found", "There is no summary {summary}.", summary=summary_id)
    return _to_view(*found)


def _add_decision(session: Session, judgement: Judgement, *, summary_id: int) -> DecisionRow:
    row = DecisionRow(
        summary_id=summary_id,
        calibration=judgement.calibration,
        policy=judgement.policy,
        risk=judgement.risk,
        decision=judgement.outcome.decision,
        reason=judgement.outcome.reason,
        review_probability=judgement.outcome.review_probability,
        edit_probabilities=list(judgement.edit_probabilities),
    )
    session.add(row)
    session.flush()
    return row


def _add_check(
    session: Session, judgement: Judgement, *, summary: SummaryRow, document: DocumentRow, decision_id: int
) -> int | None:
    """A copy with a planted error among the random checks; None where there is nothing to plant."""
    planted = seeds.find_place(summary.text, document=document.text)
    if planted is None:
        return None
    drawn = replace(judgement, outcome=replace(judgement.outcome, reason="audit"))
    item_id = _add_item(session, drawn, summary=summary, document=document, decision_id=decision_id, planted=planted)
    # Not an entry of the item's: its record must not tell before it is answered.
    events.append(session, "check_planted", actor="", facts={"item": item_id, "error": planted.kind})
    return item_id


def _add_item(
    session: Session,
    judgement: Judgement,
    *,
    summary: SummaryRow,
    document: DocumentRow,
    decision_id: int,
    planted: Planted | None = None,
) -> int:
    rule = judgement.rule or Rule()
    created_at = now()
    row = ItemRow(
        summary_id=summary.id,
        decision_id=decision_id,
        kind=document.kind,
        language=document.language,
        risk=judgement.risk,
        reason=judgement.outcome.reason,
        state="pending",
        submitted_by=document.submitted_by,
        model=summary.adapter,
        cost_seconds=review_seconds(
            document_characters=len(document.text), summary_characters=len(summary.text), risk=judgement.risk
        ),
        stage="first" if judgement.needs_second else "single",
        role=rule.role or None,
        created_at=created_at,
        due_at=created_at + timedelta(hours=rule.hours) if rule.hours is not None else None,
        is_seeded=planted is not None,
    )
    session.add(row)
    session.flush()
    shown = seeds.plant(session, row, planted, summary=summary.text).text if planted is not None else summary.text
    index_words(session, item_id=row.id, texts=(document.title, shown, document.text))
    announce_item(session, row)
    return row.id


def _record(
    session: Session, judgement: Judgement, *, summary: SummaryRow, document: DocumentRow, item_id: int | None
) -> None:
    under = models.identity(summary)
    scored = {"summary": summary.id, "document_sha256": document.sha256, "samples": summary.samples, **under}
    events.append(session, "scored", actor=document.submitted_by, item_id=item_id, facts=scored)
    decided = {
        "summary": summary.id, "calibration": judgement.calibration, "policy": judgement.policy,
        "risk": judgement.risk, "decision": judgement.outcome.decision, "reason": judgement.outcome.reason,
        "review_probability": judgement.outcome.review_probability, "needs_second": judgement.needs_second,
        "rule": asdict(judgement.rule) if judgement.rule is not None else None, **under,
    }  # fmt: skip
    events.append(session, "decided", actor="", item_id=item_id, facts=decided)


def _to_view(summary: SummaryRow, document: DocumentRow, decision: DecisionRow, item_id: int | None) -> SummaryView:
    analysis = analysis_from_json(summary.analysis)
    return SummaryView(
        id=summary.id,
        job_id=summary.job_id,
        document=_to_document_view(document),
        text=summary.text,
        tokens=tokens_from_json(summary.tokens),
        phrases=tuple(map(to_phrase_view, analysis.phrases, decision.edit_probabilities)),
        omissions=analysis.omissions,
        risk=decision.risk,
        decision=decision.decision,
        reason=decision.reason,
        review_probability=decision.review_probability,
        calibration=decision.calibration,
        policy=decision.policy,
        item_id=item_id,
        base=summary.base,
        adapter=summary.adapter,
        posterior=summary.posterior,
        samples=summary.samples,
        seconds=dict(summary.seconds),
        notes=tuple(summary.notes),
        created_at=summary.created_at,
    )


def _to_document_view(row: DocumentRow) -> DocumentView:
    return DocumentView(
        id=row.id,
        title=row.title,
        text=row.text,
        kind=row.kind,
        language=row.language,
        source_name=row.source_name,
        notes=tuple(row.notes),
    )


def to_phrase_view(phrase: Phrase, edit_probability: float) -> PhraseView:
    """A phrase with its calibrated probability and band."""
    return PhraseView(
        start_char=phrase.start_char,
        end_char=phrase.end_char,
        text=phrase.text,
        kind=phrase.kind,
        edit_probability=edit_probability,
        band=band(edit_probability),
        reasons=phrase.reasons,
        source=phrase.source,
    )
