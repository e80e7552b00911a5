"""Certificates: "of the summaries accepted up to this threshold fewer than α are wrong, with confidence 1−δ".

In: a database, α and δ. Out: a `Certificate` with what it rests on, and whether that still holds.
Knows nothing of the mathematics (`backend.uncertainty.guarantee`).

It speaks of one model, posterior and calibration, of documents like those it has seen, and of the verdicts that it
names. Whether one of these has changed is computed anew whenever somebody asks, so that none is ever forgotten.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.errors import ReviewError
from backend.review.learning import calibration, renewals, rescorings
from backend.review.learning.evidence import Standing, deal, find_model, is_written_by, load_standing
from backend.review.policy import models
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.decision_tables import CertificateRow
from backend.review.store.standing import stands
from backend.review.store.storable import clean_typed
from backend.review.store.tables import DecisionRow, DocumentRow, SummaryRow, VerdictRow
from backend.uncertainty.edit_model import EditModel
from backend.uncertainty.features import FEATURE_VERSION
from backend.uncertainty.guarantee import Check, Guarantee, ThresholdTest, certify
from backend.uncertainty.mix import compare_mixes
from backend.uncertainty.phrases import Reason
from backend.uncertainty.serialization import analysis_from_json
from backend.uncertainty.summary import UNUSUAL

#: The mix of documents is taken from the newest summaries only: what arrives now is what counts.
MIX_OF_NEWEST = 1_000
#: Of making certificates: raised where those that were made before do not promise what they say.
METHOD = 2
_MODEL_REASONS = {
    "base": "reason.certificate_base",
    "adapter": "reason.certificate_adapter",
    "posterior": "reason.certificate_posterior",
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """A try at certifying, successful or not.

    Attributes:
        id: its number.
        guarantee: the outcome; `guarantee.threshold` is None when none could be certified.
        provenance: model, calibration, hash and number of the verdicts, mix of the documents.
        voids: why it no longer holds; empty while it does.
        requested_by: who asked.
        created_at: when, in UTC.
    """

    id: int
    guarantee: Guarantee
    provenance: dict[str, Any]
    voids: tuple[Reason, ...]
    requested_by: str
    created_at: datetime

    @property
    def is_valid(self) -> bool:
        """Whether it certifies a threshold and nothing that it rests on has changed."""
        return self.guarantee.threshold is not None and not self.voids


def issue(database: Database, *, alpha: float, delta: float, requested_by: str = "") -> Certificate:
    """Test thresholds on the verdicts that are kept for this; the outcome is recorded either way.

    Raises:
        ReviewError: when α or δ is out of its range.
    """
    for name, value in (("alpha", alpha), ("delta", delta)):
        if not 0.001 <= value <= 0.5:
            raise ReviewError(
                "certificate.range", "{name} must be between 0.001 and 0.5, not {value}.", name=name, value=value
            )
    version, edit_model = calibration.current(database)
    renewals.renew(database)
    with database.reading() as session:
        model, standing = find_model(session), load_standing(session)
        again = rescorings.load_analyses(session, model=model)
        seen = models.seen_documents(session, adapter=model.get("adapter", ""))
        newest, mix = _read_mix(session, after=0)
    # dealt before anything is left out: the parts must be those of recalibration and of training
    _, dealt = deal(standing)
    own = [row for row in dealt if is_written_by(row.summary, model) and row.sha256 not in seen]
    analyses = rescorings.analyses_of(own, model=model, again=again)
    # what is unusual always goes to a person, so that nothing is promised of it
    kept = _one_a_document([row for row in own if row.summary.id in analyses and UNUSUAL not in row.summary.notes])
    guarantee = certify(_to_checks(kept, edit_model, analyses), alpha=alpha, delta=delta)
    verdicts = [row.verdict.id for row in kept]
    provenance = {
        **model,
        "method": METHOD,
        "feature_version": FEATURE_VERSION,
        "calibration": version,
        "verdicts": verdicts,
        "verdicts_sha256": hashlib.sha256(",".join(map(str, verdicts)).encode()).hexdigest(),
        "mix": mix,
        "newest_decision": newest,
    }
    return _store(database, guarantee, provenance=provenance, requested_by=requested_by)


def latest(database: Database) -> Certificate | None:
    """The newest try, with everything that voids it by now; None when there was none."""
    with database.reading() as session:
        row = session.scalars(select(CertificateRow).order_by(CertificateRow.id.desc()).limit(1)).first()
    return _to_view(database, row) if row is not None else None


def _store(database: Database, guarantee: Guarantee, *, provenance: dict[str, Any], requested_by: str) -> Certificate:
    with database.session() as session:
        row = CertificateRow(
            alpha=guarantee.alpha,
            delta=guarantee.delta,
            threshold=guarantee.threshold,
            requested_by=clean_typed(requested_by),
            report=asdict(guarantee),
            provenance=provenance,
        )
        session.add(row)
        session.flush()
        facts = {"certificate": row.id, "alpha": row.alpha, "delta": row.delta, "threshold": row.threshold,
                 "verdicts_sha256": provenance["verdicts_sha256"]}  # fmt: skip
        events.append(session, "certificate_issued", actor=row.requested_by, facts=facts)
        session.commit()
    return _to_view(database, row)


def _to_view(database: Database, row: CertificateRow) -> Certificate:
    tests = tuple(ThresholdTest(**test) for test in row.report["tests"])
    return Certificate(
        id=row.id,
        guarantee=Guarantee(**{**row.report, "tests": tests}),
        provenance=row.provenance,
        voids=_find_voids(database, row.provenance),
        requested_by=row.requested_by,
        created_at=row.created_at,
    )


def _find_voids(database: Database, provenance: dict[str, Any]) -> tuple[Reason, ...]:
    """Everything that a certificate rests on and that is different now."""
    version, _ = calibration.current(database)
    with database.reading() as session:
        model = find_model(session)
        _, mix = _read_mix(session, after=provenance["newest_decision"])
        ids = provenance["verdicts"]
        standing = session.scalar(select(func.count()).where(VerdictRow.id.in_(ids), stands())) if ids else 0
    found = [
        Reason(code, {"before": provenance.get(name, ""), "now": model.get(name, "")})
        for name, code in _MODEL_REASONS.items()
        if provenance.get(name, "") != model.get(name, "")
    ]
    if provenance["feature_version"] != FEATURE_VERSION or provenance["calibration"] != version:
        parameters = {"before": str(provenance["calibration"]), "now": str(version)}
        found.append(Reason("reason.certificate_calibration", parameters))
    if provenance.get("method", 1) != METHOD:
        found.append(Reason("reason.certificate_method", {}))
    if standing != len(ids):
        found.append(Reason("reason.certificate_undone", {"count": str(len(ids) - (standing or 0))}))
    test = compare_mixes(provenance["mix"], mix)
    if test.is_different:
        parameters = {"count": str(test.after), "p_value": f"{test.p_value:.2g}"}
        found.append(Reason("reason.certificate_mix", parameters))
    return tuple(found)


def _one_a_document(rows: list[Standing]) -> list[Standing]:
    """The first verdict on each document: a second one on the same text says nothing new."""
    first: dict[str, Standing] = {}
    for row in rows:
        first.setdefault(row.sha256, row)
    return list(first.values())


def _to_checks(rows: list[Standing], edit_model: EditModel, analyses: dict[int, dict[str, Any]]) -> list[Check]:
    """Risks anew under the calibration in force, for the stored ones may be of an older one."""
    return [Check(edit_model.risk(analysis_from_json(analyses[row.summary.id])), row.verdict.is_wrong) for row in rows]


def _read_mix(session: Session, *, after: int) -> tuple[int, dict[str, int]]:
    """The newest decision, and how many summaries of each kind and language were decided after another one."""
    query = (
        select(DecisionRow.id, DocumentRow.kind, DocumentRow.language)
        .join(SummaryRow, SummaryRow.id == DecisionRow.summary_id)
        .join(DocumentRow, DocumentRow.id == SummaryRow.document_id)
        .where(DecisionRow.id > after)
        .order_by(DecisionRow.id.desc())
        .limit(MIX_OF_NEWEST)
    )
    rows = session.execute(query).all()
    return rows[0][0] if rows else after, dict(Counter(f"{kind}, {language}" for _, kind, language in rows))
