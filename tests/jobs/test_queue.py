"""The queue: one owner a job, nothing lost, nothing tried for ever."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from backend.errors import DocumentError, ReviewError
from backend.jobs import queue
from backend.review.intake import service
from backend.review.policy import policies
from backend.review.store.database import Database
from backend.review.store.tables import JobRow, now
from backend.uncertainty.summary import Progress
from tests.review.builders import LOG, build_document
from tests.review.fixtures import recorded


def _submit(database: Database, count: int = 1) -> list[int]:
    return [service.submit(database, document=build_document(title=f"Log {n}")) for n in range(count)]


def _is_gone(identity: str) -> bool:
    return identity.startswith("dead")


def test_the_oldest_job_is_claimed_first_with_its_document_and_the_policys_samples(database: Database):
    policies.save(database, threshold=0.5, samples=17, audit_share=0.1)
    first, _ = _submit(database, 2)
    claimed = queue.claim(database, worker="w")
    assert (claimed.job_id, claimed.attempt, claimed.samples) == (first, 1, 17)
    assert (claimed.document.text, claimed.document.title, claimed.document.notes) == (LOG, "Log 0", ())
    assert service.job(database, first).state == "running"


def test_an_empty_queue_gives_nothing(database: Database):
    assert queue.claim(database, worker="w") is None


def test_many_workers_never_take_the_same_job(database: Database):
    jobs = _submit(database, 30)
    taken: list[int] = []
    barrier = threading.Barrier(6)

    def work(name: str) -> None:
        barrier.wait()
        while (claimed := queue.claim(database, worker=name)) is not None:
            taken.append(claimed.job_id)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == jobs


def test_a_dead_workers_job_goes_back_at_once_and_a_live_ones_stays(database: Database):
    lost, kept = _submit(database, 2)
    queue.claim(database, worker="dead")
    queue.claim(database, worker="alive")
    assert queue.requeue_abandoned(database, is_gone=_is_gone) == 1
    assert (service.job(database, lost).state, service.job(database, kept).state) == ("queued", "running")
    again = queue.claim(database, worker="alive")
    assert (again.job_id, again.attempt) == (lost, 2)


def test_a_worker_of_another_machine_is_dead_when_its_heartbeat_is_old(database: Database):
    job_id = _submit(database)[0]
    claimed = queue.claim(database, worker="alive")
    assert queue.beat(database, claimed)
    assert queue.requeue_abandoned(database, is_gone=_is_gone) == 0
    with database.session() as session:
        session.execute(update(JobRow).values(heartbeat_at=now() - queue.STALE_AFTER - timedelta(seconds=1)))
        session.commit()
    assert queue.requeue_abandoned(database, is_gone=_is_gone) == 1
    assert service.job(database, job_id).state == "queued"


def test_a_worker_that_was_given_up_can_change_nothing_any_more(database: Database):
    _submit(database)
    old = queue.claim(database, worker="dead")
    queue.requeue_abandoned(database, is_gone=_is_gone)
    new = queue.claim(database, worker="alive")
    assert not queue.beat(database, old)
    assert not queue.report(database, old, Progress("writing", 1, 2, "stale"))
    assert not queue.fail(database, old, ReviewError("x", "x"))
    assert not queue.release(database, old)
    assert service.job(database, new.job_id).text == ""
    assert queue.beat(database, new)


def test_a_job_that_kills_its_worker_three_times_is_given_up_with_a_sentence(database: Database):
    job_id = _submit(database)[0]
    for _ in range(queue.MAX_ATTEMPTS):
        assert service.job(database, job_id).state == "queued"
        queue.claim(database, worker="dead")
        queue.requeue_abandoned(database, is_gone=_is_gone)
    view = service.job(database, job_id)
    assert (view.state, view.error.code, view.attempts) == ("failed", "job.given_up", 3)
    assert "stopped 3 times" in view.error.sentence.format(**view.error.parameters)


def test_a_released_job_keeps_its_place_and_counts_no_attempt(database: Database):
    first, _ = _submit(database, 2)
    for _ in range(5):
        claimed = queue.claim(database, worker="w")
        assert (claimed.job_id, claimed.attempt) == (first, 1)
        assert queue.release(database, claimed)
    assert service.job(database, first).position == 1


def test_a_failure_keeps_code_sentence_and_parameters(database: Database):
    job_id = _submit(database)[0]
    claimed = queue.claim(database, worker="w")
    assert queue.fail(database, claimed, DocumentError("document.x", "{name} has {n} pages.", name="確か", n=3))
    error = service.job(database, job_id).error
    assert (error.code, error.sentence, error.parameters) == (
        "document.x",
        "{name} has {n} pages.",
        {"name": "確か", "n": 3},
    )


def test_a_waiting_or_running_job_can_be_cancelled_once(database: Database):
    running, waiting = _submit(database, 2)
    claimed = queue.claim(database, worker="w")
    for job_id in (running, waiting):
        queue.cancel(database, job_id)
        view = service.job(database, job_id)
        assert (view.state, view.error.code) == ("failed", "job.cancelled")
        with pytest.raises(ReviewError, match="over already"):
            queue.cancel(database, job_id)
    assert not queue.report(database, claimed, Progress("writing", 1, 2, "x"))
    assert queue.claim(database, worker="w") is None


def test_who_cancelled_a_job_is_on_record(database: Database):
    (job_id,) = _submit(database, 1)
    queue.cancel(database, job_id, by="abe")
    assert recorded(database)[1:] == [("job_cancelled", "abe", {"job": job_id})]
