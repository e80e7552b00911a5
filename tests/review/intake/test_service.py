"""The way of a document: submitted, followed, finished, read again."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from backend.errors import ReviewError
from backend.jobs import queue
from backend.review.intake import service
from backend.review.learning import calibration
from backend.review.policy import policies
from backend.review.store.database import Database
from backend.review.store.tables import DecisionRow, DocumentRow, ItemRow, JobRow, SummaryRow
from backend.uncertainty.summary import Progress
from tests.review.builders import LOG, SUMMARY, build_document, build_scored, send_all_to_review

HOSTILE = "確か 😀 ${x} <img onerror=alert(1)> C:\\new\\users \u202eabc\u202c {0} 'x'; DROP TABLE jobs;--\n"


def _count(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_submitted_document_waits_in_its_place(database: Database):
    first = service.submit(database, document=build_document(), submitted_by="abe")
    second = service.submit(database, document=build_document(title="Log 2"), submitted_by="ito")
    view = service.job(database, second)
    assert (view.state, view.position, view.attempts, view.summary_id, view.error) == (
        "queued",
        2,
        0,
        None,
        None,
    )
    assert (view.document_title, view.submitted_by) == ("Log 2", "ito")
    assert service.job(database, first).position == 1


def test_a_document_that_cannot_be_stored_leaves_nothing_behind(database: Database):
    with pytest.raises(ReviewError) as raised:
        service.submit(database, document=build_document("half \ud83d pair"))
    assert raised.value.code == "review.text_unstorable"
    assert (_count(database, DocumentRow), _count(database, JobRow)) == (0, 0)


def test_an_unknown_job_or_summary_is_an_error_with_its_number(database: Database):
    with pytest.raises(ReviewError, match="no job 41"):
        service.job(database, 41)
    with pytest.raises(ReviewError, match="no summary 42"):
        service.summary(database, 42)


def test_a_running_job_shows_the_text_so_far(database: Database):
    job_id = service.submit(database, document=build_document())
    claimed = queue.claim(database, worker="host:1:1:a")
    queue.report(database, claimed, Progress("writing", 3, 60, "Lot A"))
    view = service.job(database, job_id)
    assert (view.state, view.stage, view.done, view.total, view.text) == (
        "running",
        "writing",
        3,
        60,
        "Lot A",
    )
    assert view.position == 0


def test_a_finished_job_has_a_summary_a_decision_and_a_review_item(database: Database):
    send_all_to_review(database)
    job_id = service.submit(database, document=build_document())
    claimed = queue.claim(database, worker="host:1:1:a")
    summary_id = service.finish(database, claim=claimed, scored=build_scored())
    view = service.job(database, job_id)
    assert (view.state, view.summary_id) == ("done", summary_id)
    found = service.summary(database, summary_id)
    assert (found.text, found.decision, found.document.text) == (SUMMARY, "review", LOG)
    assert found.item_id is not None
    assert (found.calibration, found.policy) == (1, policies.current(database).version)


def test_a_finished_summary_comes_back_as_it_was_scored(database: Database):
    scored = build_scored()
    view = service.record(database, document=build_document(), scored=scored)
    assert view.tokens == scored.tokens
    assert view.omissions == scored.analysis.omissions
    assert [p.text for p in view.phrases] == [p.text for p in scored.analysis.phrases]
    _, edit_model = calibration.current(database)
    assert [p.edit_probability for p in view.phrases] == list(edit_model.edit_probabilities(scored.analysis))
    assert view.risk == edit_model.risk(scored.analysis)
    assert (view.base, view.adapter, view.posterior, view.samples) == ("tiny", "adapter-1", "posterior-1", 8)
    assert (view.seconds, view.notes) == ({"generate": 0.5, "score": 0.25}, ("document.truncated",))


def test_the_command_lines_summary_takes_the_same_way_without_a_job(database: Database):
    policies.save(database, threshold=1.0, samples=8, audit_share=0.0)
    view = service.record(database, document=build_document(), scored=build_scored(), submitted_by="abe")
    assert (view.decision, view.reason, view.item_id, view.job_id) == ("accepted", "confident", None, None)
    assert (_count(database, ItemRow), _count(database, JobRow), _count(database, DecisionRow)) == (0, 0, 1)


def test_hostile_and_japanese_text_comes_back_unchanged_to_the_code_point(database: Database):
    document = build_document(HOSTILE * 3, title="確か 😀", language="ja")
    scored = build_scored("確か 😀 ${x} 12.4 mm", document=document)
    view = service.record(database, document=document, scored=scored, submitted_by="安倍 😀")
    assert view.document.text == document.text
    assert view.document.title == "確か 😀"
    assert "".join(token.text for token in view.tokens) == view.text
    assert all(view.text[p.start_char : p.end_char] == p.text for p in view.phrases)


def test_a_job_that_was_taken_away_cannot_be_finished(database: Database):
    job_id = service.submit(database, document=build_document())
    claimed = queue.claim(database, worker="host:1:1:a")
    queue.cancel(database, job_id)
    with pytest.raises(ReviewError, match="not stored") as raised:
        service.finish(database, claim=claimed, scored=build_scored())
    assert raised.value.code == "job.not_owned"
    assert _count(database, SummaryRow) == 0


def test_a_job_is_finished_once(database: Database):
    service.submit(database, document=build_document())
    claimed = queue.claim(database, worker="host:1:1:a")
    service.finish(database, claim=claimed, scored=build_scored())
    with pytest.raises(ReviewError):
        service.finish(database, claim=claimed, scored=build_scored())
    assert _count(database, SummaryRow) == 1


def test_recent_jobs_are_the_newest_of_one_person(database: Database):
    for number, person in enumerate(("abe", "ito", "abe", "abe")):
        service.submit(database, document=build_document(title=f"Log {number}"), submitted_by=person)
    titles = [view.document_title for view in service.recent_jobs(database, submitted_by="abe", limit=2)]
    assert titles == ["Log 3", "Log 2"]
    assert len(service.recent_jobs(database)) == 4
