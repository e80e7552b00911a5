"""Certificates: what they rest on, what voids them, and that nothing is both learned from and certified on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.errors import ReviewError
from backend.review.intake import service
from backend.review.intake.summaries import fingerprint
from backend.review.learning import calibration, certificates, evidence
from backend.review.learning.evidence import Standing, deal, is_kept
from backend.review.policy import policies
from backend.review.queue import inbox, verdicts
from backend.review.store.database import Database
from backend.uncertainty.summary import UNUSUAL
from tests.review.builders import LOG, build_document, build_scored
from tests.review.fixtures import recorded

SHARE = 0.6
HASHES = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")


def _record_kept(
    database: Database, count: int, *, wrong: int = 0, first: int = 0, posterior: str = "p", notes: tuple[str, ...] = ()
) -> list[int]:
    """Confident summaries that a lot sent to a person and that are kept; `wrong` of them are rejected."""
    policy = policies.save(database, threshold=1.0, samples=8, audit_share=SHARE)
    given_verdicts, number = [], first
    while len(given_verdicts) < count:
        number += 1
        document = build_document(f"{LOG}Sheet {number}.\n", title=f"Log {number}")
        if not is_kept(fingerprint(document.text), policy=policy.version, audit_share=SHARE):
            continue
        scored = replace(build_scored(document=document, posterior=posterior), notes=notes)
        view = service.record(database, document=document, scored=scored)
        kind = "reject" if len(given_verdicts) < wrong else "approve"
        version = inbox.item(database, view.item_id).version
        given_verdicts.append(
            verdicts.give(database, item_id=view.item_id, kind=kind, reviewer="abe", expected_version=version)
        )
    return given_verdicts


def test_enough_checks_without_an_error_certify_the_acceptance_of_all(database: Database):
    given_verdicts = _record_kept(database, 18)
    made = certificates.issue(database, alpha=0.3, delta=0.1, requested_by="abe")
    assert (made.guarantee.threshold, made.is_valid, made.voids) == (1.0, True, ())
    assert made.provenance["verdicts"] == given_verdicts
    assert (made.provenance["posterior"], made.provenance["calibration"]) == ("p", 1)
    assert made.provenance["mix"] == {"inspection_log, en": 18}
    assert certificates.latest(database) == made
    kind, actor, facts = recorded(database)[-1]
    assert (kind, actor, facts["certificate"], facts["threshold"]) == ("certificate_issued", "abe", made.id, 1.0)


def test_without_checks_none_is_certified_and_the_missing_number_is_said(database: Database):
    made = certificates.issue(database, alpha=0.05, delta=0.05)
    assert (made.guarantee.threshold, made.is_valid, made.guarantee.missing) == (None, False, 110)
    assert made.guarantee.smallest_alpha == 1.0


def test_nothing_is_both_learned_from_and_certified_on(database: Database):
    kept = _record_kept(database, 6, wrong=2)
    assert calibration.recalibrate(database).report.judged == 0
    assert certificates.issue(database, alpha=0.3, delta=0.1).provenance["verdicts"] == kept


def test_another_posterior_voids_it(database: Database):
    _record_kept(database, 18)
    certificates.issue(database, alpha=0.3, delta=0.1)
    _record_kept(database, 1, first=1000, posterior="q")
    (void,) = certificates.latest(database).voids
    assert (void.code, void.parameters) == ("reason.certificate_posterior", {"before": "p", "now": "q"})


def test_another_calibration_voids_it_and_its_return_restores_it(database: Database, monkeypatch):
    _record_kept(database, 18)
    made = certificates.issue(database, alpha=0.3, delta=0.1)
    _, edit_model = calibration.current(database)
    monkeypatch.setattr(calibration, "current", lambda _database: (2, edit_model))
    assert [void.code for void in certificates.latest(database).voids] == ["reason.certificate_calibration"]
    monkeypatch.undo()
    assert certificates.latest(database).is_valid
    assert made.is_valid


def test_an_undone_verdict_voids_it(database: Database):
    first, *_ = _record_kept(database, 18)
    certificates.issue(database, alpha=0.3, delta=0.1)
    verdicts.undo(database, first)
    assert [void.code for void in certificates.latest(database).voids] == ["reason.certificate_undone"]


def test_other_documents_void_it(database: Database):
    _record_kept(database, 31)
    assert certificates.issue(database, alpha=0.3, delta=0.1).is_valid
    policies.save(database, threshold=1.0, samples=8, audit_share=0.0)
    for number in range(31):
        document = replace(build_document(f"{LOG}Draft {number}.\n"), kind="specification")
        service.record(database, document=document, scored=build_scored(document=document, posterior="p"))
    assert [void.code for void in certificates.latest(database).voids] == ["reason.certificate_mix"]


@pytest.mark.parametrize(("alpha", "delta"), [(0.0, 0.1), (0.1, 0.9), (float("nan"), 0.1)])
def test_a_share_out_of_range_is_refused(database: Database, alpha, delta):
    with pytest.raises(ReviewError) as raised:
        certificates.issue(database, alpha=alpha, delta=delta)
    assert raised.value.code == "certificate.range"


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(HASHES, st.integers(1, 3), st.sampled_from([0.0, 0.05, 0.5, 1.0])), max_size=40))
def test_a_document_is_in_one_part_only_and_every_weight_is_finite(cases):
    standing = []
    for sha256, policy, share in cases:
        for probability in {1.0, share} - {0.0}:
            one = Standing(None, None, sha256, probability, policy, share)
            if probability == 1.0 or one.is_checked_by_lot:  # others do not come to a person
                standing.append(one)
    learned, kept = deal(standing)
    assert not {one.sha256 for one in learned} & {one.sha256 for one in kept}
    assert len(learned) + len(kept) == len(standing)
    assert all(one.is_drawn_to_keep for one in kept)
    assert all(0 < one.learning_probability <= 1 for one in learned)


def test_half_of_the_checks_are_kept_whatever_the_risk():
    hashes = [fingerprint(str(number)) for number in range(4000)]
    kept = sum(is_kept(sha256, policy=1, audit_share=0.2) for sha256 in hashes)
    assert abs(kept / len(hashes) - evidence.KEPT_SHARE * 0.2) < 0.015


def test_nothing_is_promised_of_unusual_documents(database: Database):
    kept = _record_kept(database, 18, notes=(UNUSUAL,))
    made = certificates.issue(database, alpha=0.3, delta=0.1)
    assert (len(kept), made.provenance["verdicts"], made.guarantee.threshold) == (18, [], None)
