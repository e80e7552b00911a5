"""Policies: versions, ranges, and what another threshold would have done."""

from __future__ import annotations

import pytest

from backend.errors import ReviewError
from backend.review.intake import service
from backend.review.policy import policies
from backend.review.store.database import Database
from tests.review.builders import build_document, build_scored


def test_the_first_policy_is_made_once_from_the_defaults(database: Database):
    first = policies.current(database)
    assert (first.version, first.samples) == (1, policies.DEFAULT_SAMPLES)
    assert policies.current(database) == first
    assert len(policies.history(database)) == 1


def test_a_saved_policy_is_a_new_version_and_the_old_one_stays(database: Database):
    saved = policies.save(database, threshold=0.2, samples=16, audit_share=0.1, saved_by="abe")
    assert policies.current(database) == saved == policies.Policy(2, 0.2, 16, 0.1)
    assert [(view.policy.version, view.saved_by) for view in policies.history(database)] == [
        (2, "abe"),
        (1, ""),
    ]


def test_saving_the_same_values_makes_no_version(database: Database):
    saved = policies.save(database, threshold=0.2, samples=16, audit_share=0.1)
    assert policies.save(database, threshold=0.2, samples=16, audit_share=0.1) == saved


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"threshold": 1.2}, "policy.threshold_range"),
        ({"threshold": float("nan")}, "policy.threshold_range"),
        ({"audit_share": -0.1}, "policy.audit_share_range"),
        ({"samples": 0}, "policy.samples_range"),
        ({"samples": 65}, "policy.samples_range"),
        ({"samples": 2.5}, "policy.samples_range"),
    ],
)
def test_values_out_of_range_are_refused(database: Database, values: dict[str, float], code: str):
    with pytest.raises(ReviewError) as raised:
        policies.save(database, **{"threshold": 0.5, "samples": 8, "audit_share": 0.1, **values})
    assert raised.value.code == code


def test_who_saves_from_an_older_policy_is_refused_and_changes_nothing(database: Database):
    seen = policies.save(database, threshold=0.1, samples=8, audit_share=0.1)
    changed = policies.save(database, threshold=0.2, samples=8, audit_share=0.1, seen_version=seen.version)
    with pytest.raises(ReviewError, match="has been changed since") as refused:
        policies.save(database, threshold=0.1, samples=8, audit_share=0.3, seen_version=seen.version)
    assert refused.value.code == "policy.changed"
    assert policies.current(database) == changed


def test_a_decision_keeps_its_policy(database: Database):
    policies.save(database, threshold=1.0, samples=8, audit_share=0.0)
    old = service.record(database, document=build_document(), scored=build_scored())
    policies.save(database, threshold=0.0, samples=8, audit_share=0.0)
    new = service.record(database, document=build_document(), scored=build_scored())
    assert (service.summary(database, old.id).decision, service.summary(database, old.id).policy) == (
        "accepted",
        2,
    )
    assert (new.decision, new.reason, new.policy, new.review_probability) == (
        "review",
        "low_confidence",
        3,
        1.0,
    )
