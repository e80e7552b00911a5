"""The worker: truthful progress, failures in words, and jobs that survive its death."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from backend.documents.document import Document
from backend.errors import DocumentError, ModelNotReadyError
from backend.jobs import queue, worker
from backend.jobs.worker import Worker
from backend.review.intake import service
from backend.review.policy import experiments
from backend.review.policy.experiments import Arm
from backend.review.store.database import Database
from backend.review.store.tables import SummaryRow
from backend.review.store.views import JobView
from backend.uncertainty.summary import Progress, ScoredSummary
from tests.review.builders import SUMMARY, build_document, build_scored, summarize

_ROOT = Path(__file__).parents[2]
_PATIENCE_SECONDS = 60.0


def _wait_for(database: Database, job_id: int, state: str) -> JobView:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        view = service.job(database, job_id)
        if view.state == state:
            return view
        time.sleep(0.02)
    raise AssertionError(f"job {job_id} is {view.state}, not {state}: {view.error}")


def _count_summaries(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(SummaryRow)) or 0


def test_a_started_worker_empties_the_queue(database: Database):
    jobs = [service.submit(database, document=build_document(title=f"Log {n}")) for n in range(3)]
    running = Worker(database, summarize)
    running.start()
    views = [_wait_for(database, job_id, "done") for job_id in jobs]
    assert running.stop()
    assert [service.summary(database, view.summary_id).text for view in views] == [SUMMARY] * 3
    assert [view.attempts for view in views] == [1, 1, 1]


def test_the_model_that_an_experiment_wants_is_asked_for_by_its_version(database: Database, monkeypatch):
    asked = []

    def summarize_by(document, *, samples, on_progress, version=0):
        asked.append(version)
        return build_scored(document=document)

    service.submit(database, document=build_document())
    service.submit(database, document=build_document("Another log.\n"))
    Worker(database, summarize_by).run_one()
    monkeypatch.setattr(experiments, "arm_of", lambda _database, document_sha256: Arm(0.5, 0.1, model=7))
    Worker(database, summarize_by).run_one()
    assert asked == [0, 7]


def test_a_worker_with_nothing_to_do_says_so(database: Database):
    assert not Worker(database, summarize).run_one()


def test_no_transaction_is_open_while_the_model_works(database: Database):
    def submit_another(document: Document, *, samples: int, on_progress: Callable) -> ScoredSummary:
        service.submit(database, document=build_document(title="meanwhile"))
        return build_scored(document=document)

    service.submit(database, document=build_document())
    assert Worker(database, submit_another).run_one()
    assert service.recent_jobs(database, limit=1)[0].document_title == "meanwhile"


def test_progress_is_written_at_every_stage_but_not_at_every_step(database: Database, monkeypatch):
    written: list[Progress] = []
    store = queue.report

    def report(database: Database, claimed: object, progress: Progress) -> bool:
        written.append(progress)
        return store(database, claimed, progress)

    def write_much(document: Document, *, samples: int, on_progress: Callable) -> ScoredSummary:
        for stage in ("reading", "writing", "scoring"):
            for step in range(500):
                on_progress(Progress(stage, step, 500))
        return build_scored(document=document)

    monkeypatch.setattr(queue, "report", report)
    service.submit(database, document=build_document())
    Worker(database, write_much).run_one()
    assert {progress.stage for progress in written} == {"reading", "writing", "scoring"}
    assert len(written) < 20


def test_an_error_for_the_person_ends_the_job_with_its_sentence(database: Database):
    def refuse(document: Document, *, samples: int, on_progress: Callable) -> ScoredSummary:
        raise DocumentError("document.too_odd", "{name} is too odd.", name=document.title)

    job_id = service.submit(database, document=build_document())
    Worker(database, refuse).run_one()
    error = service.job(database, job_id).error
    assert (error.code, error.sentence.format(**error.parameters)) == (
        "document.too_odd",
        "Log 1 is too odd.",
    )


def test_an_unexpected_error_ends_the_job_and_is_logged_with_its_traceback(database: Database, caplog):
    def fail(document: Document, *, samples: int, on_progress: Callable) -> ScoredSummary:
        raise ZeroDivisionError("inside the model")

    job_id = service.submit(database, document=build_document())
    Worker(database, fail).run_one()
    view = service.job(database, job_id)
    assert (view.state, view.error.code) == ("failed", "job.unexpected")
    assert "inside the model" not in view.error.sentence
    assert "ZeroDivisionError: inside the model" in caplog.text


def test_a_bad_job_does_not_stop_the_next_one(database: Database, caplog):
    def fail_first(document: Document, *, samples: int, on_progress: Callable) -> ScoredSummary:
        if document.title == "bad":
            raise MemoryError
        return build_scored(document=document)

    bad = service.submit(database, document=build_document(title="bad"))
    good = service.submit(database, document=build_document(title="good"))
    running = Worker(database, fail_first)
    running.start()
    _wait_for(database, good, "done")
    running.stop()
    assert service.job(database, bad).state == "failed"


def test_the_worker_outlives_a_database_that_is_away_for_a_while(database: Database, caplog, monkeypatch):
    claim, calls = queue.claim, []

    def fail_once(database: Database, *, worker: str) -> object:
        calls.append(worker)
        if len(calls) == 1:
            raise OSError("the network is away")
        return claim(database, worker=worker)

    monkeypatch.setattr(queue, "claim", fail_once)
    monkeypatch.setattr(worker, "FAILURE_PAUSE_SECONDS", 0.01)
    job_id = service.submit(database, document=build_document())
    running = Worker(database, summarize)
    running.start()
    _wait_for(database, job_id, "done")
    running.stop()
    assert "the network is away" in caplog.text


def test_documents_wait_for_a_model_that_cannot_be_loaded_and_cost_no_attempt(database: Database, caplog, monkeypatch):
    tries: list[int] = []

    def load_at_the_sixth_try(document: Document, *, samples: int, on_progress: Callable) -> ScoredSummary:
        tries.append(1)
        if len(tries) < 6:
            raise ModelNotReadyError("model.download_failed", "There is no network.")
        return build_scored(document=document)

    monkeypatch.setattr(worker, "FAILURE_PAUSE_SECONDS", 0.05)
    jobs = [service.submit(database, document=build_document(title=f"Log {n}")) for n in range(2)]
    running = Worker(database, load_at_the_sixth_try)
    running.start()
    views = [_wait_for(database, job_id, "done") for job_id in jobs]
    running.stop()
    assert [view.attempts for view in views] == [1, 1]
    assert "There is no network." in caplog.text
    pauses = [record.args[0] for record in caplog.records if "the next try" in record.getMessage()]
    assert pauses == pytest.approx([0.05, 0.1, 0.2, 0.4, 0.8])


def test_a_worker_that_waits_for_its_model_stops_at_once(database: Database, caplog, monkeypatch):
    monkeypatch.setattr(worker, "FAILURE_PAUSE_SECONDS", 600.0)
    has_tried = threading.Event()

    def fail(document: Document, *, samples: int, on_progress: Callable) -> ScoredSummary:
        has_tried.set()
        raise ModelNotReadyError("model.disk_full", "The disk is full.")

    job_id = service.submit(database, document=build_document())
    running = Worker(database, fail)
    running.start()
    assert has_tried.wait(_PATIENCE_SECONDS)
    assert running.stop()
    view = service.job(database, job_id)
    assert (view.state, view.attempts) == ("queued", 0)


def test_a_stopped_worker_gives_its_job_back_and_the_next_one_finishes_it(database: Database):
    is_working = threading.Event()

    def work_for_ever(document: Document, *, samples: int, on_progress: Callable) -> ScoredSummary:
        while True:
            on_progress(Progress("writing", 1, 2))
            is_working.set()
            time.sleep(0.01)

    job_id = service.submit(database, document=build_document())
    first = Worker(database, work_for_ever)
    first.start()
    assert is_working.wait(_PATIENCE_SECONDS)
    assert first.stop()
    assert service.job(database, job_id).state == "queued"
    Worker(database, summarize).run_one()
    view = service.job(database, job_id)
    assert (view.state, view.attempts) == ("done", 1)


def test_a_cancelled_job_stops_the_model_at_its_next_step(database: Database):
    def cancel_itself(document: Document, *, samples: int, on_progress: Callable) -> ScoredSummary:
        queue.cancel(database, job_id)
        on_progress(Progress("writing", 1, 2))
        raise AssertionError("the model went on")

    job_id = service.submit(database, document=build_document())
    Worker(database, cancel_itself).run_one()
    assert service.job(database, job_id).error.code == "job.cancelled"


def test_a_job_that_is_cancelled_at_the_last_moment_stays_cancelled(database: Database):
    def cancel_silently(document: Document, *, samples: int, on_progress: Callable) -> ScoredSummary:
        queue.cancel(database, job_id)
        return build_scored(document=document)

    job_id = service.submit(database, document=build_document())
    Worker(database, cancel_silently).run_one()
    assert service.job(database, job_id).error.code == "job.cancelled"
    assert _count_summaries(database) == 0


def test_the_heart_beats_while_the_model_is_silent(database: Database, monkeypatch):
    monkeypatch.setattr(worker, "HEARTBEAT_SECONDS", 0.02)
    beats: list[int] = []
    enough = threading.Event()
    beat = queue.beat

    def count(database: Database, claimed: object) -> bool:
        beats.append(1)
        if len(beats) == 3:
            enough.set()
        return beat(database, claimed)

    def be_silent(document: Document, *, samples: int, on_progress: Callable) -> ScoredSummary:
        assert enough.wait(_PATIENCE_SECONDS)
        return build_scored(document=document)

    monkeypatch.setattr(queue, "beat", count)
    job_id = service.submit(database, document=build_document())
    Worker(database, be_silent).run_one()
    assert service.job(database, job_id).state == "done"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_worker_killed_in_the_middle_of_a_job_is_followed_by_one_that_makes_exactly_one_summary(
    database: Database,
):
    job_id = service.submit(database, document=build_document())
    killed = _start_program(database, "hang")
    assert killed.stdout.readline() == b"half-way\n"
    assert service.job(database, job_id).text == "Lot"
    killed.kill()
    killed.communicate()
    assert service.job(database, job_id).state == "running"

    restarted = _start_program(database, "finish")
    view = _wait_for(database, job_id, "done")
    restarted.communicate()
    assert restarted.returncode == 0
    assert (view.attempts, _count_summaries(database)) == (2, 1)
    assert service.summary(database, view.summary_id).text == SUMMARY


def _start_program(database: Database, manner: str) -> subprocess.Popen[bytes]:
    url = database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.jobs.killed_worker", url, manner]
    return subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
