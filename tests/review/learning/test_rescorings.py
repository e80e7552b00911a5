"""Earlier summaries scored under a later model: what is, what never is, and that their verdicts then calibrate it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from backend.review.intake import service
from backend.review.intake.summaries import fingerprint
from backend.review.learning import calibration, certificates, rescorings
from backend.review.learning.evidence import Standing, deal
from backend.review.learning.rescorings import Extent, Task
from backend.review.policy import models
from backend.review.policy.models import ModelNames
from backend.review.queue import inbox, verdicts
from backend.review.store.database import Database
from backend.review.store.decision_tables import RecalibrationRow
from backend.review.store.model_tables import RescoringRow
from backend.uncertainty.features import FEATURE_VERSION
from backend.uncertainty.serialization import analysis_to_json
from backend.uncertainty.summary import ScoredSummary
from tests.review.builders import WRONG_SUMMARY, build_document, build_scored, record_item
from tests.review.learning.test_certificates import _record_kept

FIRST = {"base": "tiny", "adapter": "adapter-1", "posterior": "posterior-1"}
SECOND = {"base": "tiny", "adapter": "adapter-2", "posterior": "posterior-2"}
ANALYSIS = {"feature_version": FEATURE_VERSION, **analysis_to_json(build_scored().analysis)}
HASHES = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")
#: A document, whether the later model has learned from it, whether that model wrote the summary, policy, audit share.
CASES = st.lists(st.tuples(HASHES, st.booleans(), st.booleans(), st.integers(1, 3), st.sampled_from([0.05, 0.5, 1.0])))


def judge(database: Database, item_id: int, kind: str) -> int:
    version = inbox.item(database, item_id).version
    return verdicts.give(database, item_id=item_id, kind=kind, reviewer="abe", expected_version=version)


def promote_second(database: Database, *, learned_from: tuple[str, ...] = ()) -> None:
    if models.current(database) is None:
        models.adopt(database, ModelNames(*FIRST.values(), "/first"))
    with database.session() as session:
        version = models.add(
            session, ModelNames(*SECOND.values(), "run-1"), origin="retrained", parent=1, created_by="abe",
            report={"is_not_worse": True}, provenance={"documents": list(learned_from)},
        )  # fmt: skip
        session.commit()
    models.use(database, version, by="abe")


def score(task: Task, *, probability: float = 0.6) -> ScoredSummary:
    """What the later model makes of a summary."""
    return replace(build_scored(task.text, document=task.document, probability=probability), **SECOND)


def score_all(database: Database) -> list[int]:
    found = []
    while (task := rescorings.next_task(database)) is not None:
        assert rescorings.store(database, task, score(task))
        found.append(task.summary_id)
    return found


def standing_of(cases) -> list[Standing]:
    """Two verdicts a document, under its policy and under another one, on one summary each."""
    found = []
    for number, (sha256, _, is_own, policy, share) in enumerate(cases):
        names = SECOND if is_own else FIRST
        for other in (policy, policy + 1):
            summary = SimpleNamespace(
                id=2 * number + other - policy, text=build_scored().text, analysis=ANALYSIS, **names
            )
            verdict = SimpleNamespace(id=summary.id, kind="approve", text=None)
            found.append(Standing(verdict, summary, sha256, 1.0, other, share))
    return found


@settings(deadline=None, max_examples=80)
@given(CASES)
def test_nothing_that_a_model_has_learned_from_or_that_certifies_is_scored_again_or_calibrates_it(cases):
    standing = standing_of(cases)
    seen = {sha256 for sha256, is_seen, *_ in cases if is_seen}
    kept = {row.sha256 for row in deal(standing)[1]}
    chosen = rescorings.choose(deal(standing)[0], model=SECOND, seen=seen)
    documents = {row.sha256 for row in chosen}
    assert not documents & seen
    assert not documents & kept
    assert all(row.summary.adapter == "adapter-1" for row in chosen)
    again = {row.summary.id: ANALYSIS for row in standing}  # also where another model version was scored meanwhile
    evidence = calibration._to_evidence(standing, model=SECOND, seen=seen, again=again)
    used = {one.key for one in evidence.judged}
    assert used == {row.sha256 for row in standing} - seen - kept
    assert evidence.provenance["scored_again"] == len(chosen)
    unscored = calibration._to_evidence(standing, model=SECOND, seen=seen, again={})
    assert len(evidence.judged) - len(unscored.judged) == len(chosen) == unscored.provenance["other_models"]


def test_after_a_promotion_verdicts_calibrate_the_new_model_once_they_are_scored_again(database: Database):
    views = [record_item(database, number=number) for number in range(4)]
    for view in views:
        judge(database, view.item_id, "approve")
    record_item(database, number=9)  # nobody has said anything about it
    promote_second(database, learned_from=(fingerprint(views[0].document.text),))
    assert calibration.recalibrate(database).report.judged == 0
    assert rescorings.extent(database) == Extent(2, 0, 3)
    assert score_all(database) == [view.id for view in views[:0:-1]]  # the newest first
    assert rescorings.extent(database) == Extent(2, 3, 3)
    assert calibration.recalibrate(database).report.judged == 3
    with database.reading() as session:
        attempt = session.scalars(select(RecalibrationRow).order_by(RecalibrationRow.id.desc())).first()
    counts = {name: attempt.provenance[name] for name in ("scored_again", "other_models", "seen_by_the_adapter")}
    assert counts == {"scored_again": 3, "other_models": 0, "seen_by_the_adapter": 1}
    assert [service.summary(database, view.id) for view in views] == views  # what people saw stays


def test_scores_of_the_new_model_are_those_that_are_learned_from(database: Database):
    view = record_item(database, text=WRONG_SUMMARY)
    judge(database, view.item_id, "reject")
    promote_second(database)
    task = rescorings.next_task(database)
    assert (task.summary_id, task.text, task.document) == (view.id, WRONG_SUMMARY, build_document(
        view.document.text, title=view.document.title
    ))  # fmt: skip
    rescorings.store(database, task, score(task, probability=0.31))
    with database.reading() as session:
        (analysis,) = rescorings.load_analyses(session, model=SECOND).values()
        assert rescorings.load_analyses(session, model=FIRST) == {}
    assert analysis == analysis_to_json(score(task, probability=0.31).analysis)


def test_verdicts_kept_for_certificates_are_never_scored_again(database: Database):
    _record_kept(database, 3)
    promote_second(database)
    assert rescorings.extent(database) == Extent(2, 0, 0)
    assert rescorings.next_task(database) is None
    assert certificates.issue(database, alpha=0.3, delta=0.1).provenance["verdicts"] == []


def test_another_models_scores_are_not_stored_and_one_summary_is_stored_once(database: Database):
    judge(database, record_item(database).item_id, "approve")
    assert (rescorings.extent(database), rescorings.next_task(database)) == (None, None)
    promote_second(database)
    task = rescorings.next_task(database)
    assert not rescorings.store(database, task, build_scored(task.text))
    for _ in range(2):
        assert rescorings.store(database, task, score(task))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(RescoringRow)) == 1


def test_the_way_back_needs_no_scores(database: Database):
    judge(database, record_item(database).item_id, "approve")
    promote_second(database)
    score_all(database)
    models.roll_back(database, by="abe")
    assert rescorings.extent(database) == Extent(1, 0, 0)
    assert calibration.recalibrate(database).report.judged == 1
