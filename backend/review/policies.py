"""The policy: when a summary goes to a person, and how many posterior samples are spent on one.

In: a database and, to save one, the new values. Out: `Policy` versions; the newest is in force.
Knows nothing of summaries' texts or the calibration; a decision keeps the policy it was made under.
"""

from __future__ import annotations

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from backend.errors import ReviewError
from backend.review import events
from backend.review.database import Database
from backend.review.dialect import lock_versions
from backend.review.storable import clean_typed
from backend.review.tables import DecisionRow, ItemRow, PolicyRow, VerdictRow
from backend.review.verdicts import stands
from backend.review.views import Policy, PolicyView, WhatIf

DEFAULT_THRESHOLD = 0.5
DEFAULT_SAMPLES = 8
DEFAULT_AUDIT_SHARE = 0.05
MAX_SAMPLES = 64


def current(database: Database) -> Policy:
    """The policy in force; the first call on an empty database makes version 1 from the defaults."""
    with database.reading() as session:
        row = _newest(session)
    return _to_policy(row) if row is not None else _save_first(database)


def save(
    database: Database,
    *,
    threshold: float,
    samples: int,
    audit_share: float,
    second_share: float | None = None,
    saved_by: str = "",
) -> Policy:
    """Put a new version in force; values equal to the current ones make none, and a share of None stays as it is.

    Raises:
        ReviewError: when a value is out of its range.
    """
    _check_share("policy.threshold_range", "The threshold must be between 0 and 1, not {value}.", threshold)
    _check_share("policy.audit_share_range", "The audit share must be between 0 and 1, not {value}.", audit_share)
    if second_share is not None:
        _check_share("policy.second_share_range", "The share must be between 0 and 1, not {value}.", second_share)
    if not (1 <= samples <= MAX_SAMPLES and samples == int(samples)):
        raise ReviewError(
            "policy.samples_range",
            "The number of samples must be a whole number between 1 and {maximum}, not {value}.",
            maximum=MAX_SAMPLES,
            value=samples,
        )
    current(database)
    with database.session() as session:
        lock_versions(session)
        row = _newest(session)
        second = row.second_share if second_share is None else float(second_share)
        if (row.threshold, row.samples, row.audit_share, row.second_share) == (threshold, samples, audit_share, second):
            return _to_policy(row)
        row = PolicyRow(
            version=row.version + 1,
            threshold=float(threshold),
            samples=int(samples),
            audit_share=float(audit_share),
            second_share=second,
            saved_by=clean_typed(saved_by),
        )
        session.add(row)
        _record(session, row)
        session.commit()
        return _to_policy(row)


def history(database: Database) -> tuple[PolicyView, ...]:
    """Every version, newest first."""
    with database.reading() as session:
        rows = session.scalars(select(PolicyRow).order_by(PolicyRow.version.desc())).all()
        return tuple(PolicyView(_to_policy(row), row.saved_by, row.created_at) for row in rows)


def what_if(database: Database, threshold: float) -> WhatIf:
    """What another threshold would have sent, from the risks stored at the time."""
    _check_share("policy.threshold_range", "The threshold must be between 0 and 1, not {value}.", threshold)
    is_sent = DecisionRow.risk > threshold
    was_sent = DecisionRow.reason == "low_confidence"
    judged_below = and_(VerdictRow.id.is_not(None), ~is_sent)
    query = (
        select(
            func.count(),
            _count_where(is_sent),
            _count_where(was_sent),
            _count_where(and_(is_sent, ~was_sent)),
            _count_where(and_(~is_sent, was_sent)),
            _count_where(and_(judged_below, VerdictRow.is_wrong)),
            _count_where(judged_below),
        )
        .select_from(DecisionRow)
        .outerjoin(ItemRow, ItemRow.decision_id == DecisionRow.id)
        .outerjoin(VerdictRow, and_(VerdictRow.item_id == ItemRow.id, stands()))
    )
    with database.reading() as session:
        return WhatIf(threshold, *session.execute(query).one())


def _count_where(condition: object) -> object:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _save_first(database: Database) -> Policy:
    with database.session() as session:
        lock_versions(session)
        row = _newest(session)
        if row is None:
            row = PolicyRow(
                version=1,
                threshold=DEFAULT_THRESHOLD,
                samples=DEFAULT_SAMPLES,
                audit_share=DEFAULT_AUDIT_SHARE,
                second_share=0.0,
                saved_by="",
            )
            session.add(row)
            _record(session, row)
            session.commit()
        return _to_policy(row)


def _record(session: Session, row: PolicyRow) -> None:
    facts = {
        "policy": row.version, "threshold": row.threshold, "samples": row.samples, "audit_share": row.audit_share,
        "second_share": row.second_share,
    }  # fmt: skip
    events.append(session, "policy_saved", actor=row.saved_by, facts=facts)


def _newest(session: Session) -> PolicyRow | None:
    return session.scalars(select(PolicyRow).order_by(PolicyRow.version.desc()).limit(1)).first()


def _to_policy(row: PolicyRow) -> Policy:
    return Policy(
        version=row.version,
        threshold=row.threshold,
        samples=row.samples,
        audit_share=row.audit_share,
        second_share=row.second_share,
    )


def _check_share(code: str, sentence: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise ReviewError(code, sentence, value=value)
