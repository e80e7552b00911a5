"""The policy: when a summary goes to a person, and how many posterior samples are spent on one.

In: a database and, to save one, the new values. Out: `Policy` versions; the newest is in force.
Knows nothing of summaries' texts or the calibration; a decision keeps the policy it was made under.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.errors import ReviewError
from backend.review.policy.escalation import check_rules, rules_from_json, rules_to_json
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.dialect import lock_versions
from backend.review.store.inbox_views import Rule
from backend.review.store.storable import clean_typed
from backend.review.store.tables import PolicyRow
from backend.review.store.views import Policy, PolicyView

#: Under the first calibration 3 % of 436 simulated summaries are below it (`tashika simulate`), none with a wrong fact;
#: below 0.5 are 24 %, of which 5 % have one and half leave something out.
DEFAULT_THRESHOLD = 0.4
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
    seed_share: float | None = None,
    rules: Sequence[Rule] | None = None,
    seen_version: int | None = None,
    saved_by: str = "",
) -> Policy:
    """Put a new version in force; values equal to the current ones make none, and what is None stays as it is.

    `seen_version` is the version that the person saw, where old values must not silently come back.

    Raises:
        ReviewError: when a value is out of its range, or the policy is no longer the one that was seen.
    """
    _check_share("policy.threshold_range", "The threshold must be between 0 and 1, not {value}.", threshold)
    _check_share("policy.audit_share_range", "The audit share must be between 0 and 1, not {value}.", audit_share)
    for share in (second_share, seed_share):
        if share is not None:
            _check_share("policy.second_share_range", "The share must be between 0 and 1, not {value}.", share)
    check_rules(rules or ())
    check_samples(samples)
    current(database)
    with database.session() as session:
        lock_versions(session)
        before = _to_policy(_newest(session))
        if seen_version not in (None, before.version):
            raise ReviewError(
                "policy.changed", "The policy has been changed since it was read; reload it, and change it then."
            )
        wanted = Policy(
            version=before.version,
            threshold=float(threshold),
            samples=int(samples),
            audit_share=float(audit_share),
            second_share=before.second_share if second_share is None else float(second_share),
            seed_share=before.seed_share if seed_share is None else float(seed_share),
            rules=before.rules if rules is None else tuple(rules),
        )
        if wanted == before:
            return before
        row = _to_row(replace(wanted, version=before.version + 1), saved_by=clean_typed(saved_by))
        session.add(row)
        _record(session, row)
        session.commit()
        return _to_policy(row)


def check_samples(samples: float) -> None:
    """Refuse a number of posterior samples that makes no sense.

    Raises:
        ReviewError: when it is no whole number, or out of its range.
    """
    if not (1 <= samples <= MAX_SAMPLES and samples == int(samples)):
        raise ReviewError(
            "policy.samples_range",
            "The number of samples must be a whole number between 1 and {maximum}, not {value}.",
            maximum=MAX_SAMPLES,
            value=samples,
        )


def save_rules(database: Database, rules: Sequence[Rule], *, seen_version: int, saved_by: str = "") -> Policy:
    """Put other escalation rules in force, everything else as it is.

    Raises:
        ReviewError: when the rules make no sense, or the policy is no longer the one that was seen.
    """
    seen = current(database)
    shares = {"threshold": seen.threshold, "samples": seen.samples, "audit_share": seen.audit_share}
    return save(database, **shares, rules=rules, seen_version=seen_version, saved_by=saved_by)


def history(database: Database) -> tuple[PolicyView, ...]:
    """Every version, newest first."""
    with database.reading() as session:
        rows = session.scalars(select(PolicyRow).order_by(PolicyRow.version.desc())).all()
        return tuple(PolicyView(_to_policy(row), row.saved_by, row.created_at) for row in rows)


def _save_first(database: Database) -> Policy:
    with database.session() as session:
        lock_versions(session)
        row = _newest(session)
        if row is None:
            row = _to_row(Policy(1, DEFAULT_THRESHOLD, DEFAULT_SAMPLES, DEFAULT_AUDIT_SHARE), saved_by="")
            session.add(row)
            _record(session, row)
            session.commit()
        return _to_policy(row)


def _record(session: Session, row: PolicyRow) -> None:
    facts = {
        "policy": row.version, "threshold": row.threshold, "samples": row.samples, "audit_share": row.audit_share,
        "second_share": row.second_share, "seed_share": row.seed_share, "rules": row.rules,
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
        seed_share=row.seed_share,
        rules=rules_from_json(row.rules),
    )


def _to_row(policy: Policy, *, saved_by: str) -> PolicyRow:
    return PolicyRow(
        version=policy.version,
        threshold=policy.threshold,
        samples=policy.samples,
        audit_share=policy.audit_share,
        second_share=policy.second_share,
        seed_share=policy.seed_share,
        rules=rules_to_json(policy.rules) or None,
        saved_by=saved_by,
    )


def _check_share(code: str, sentence: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise ReviewError(code, sentence, value=value)
