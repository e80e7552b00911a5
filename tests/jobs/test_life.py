"""Jobs and items under any order of events, and under many hands at once: nothing lost, nothing double."""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
from sqlalchemy import func, select

from backend.errors import ReviewError
from backend.jobs import queue
from backend.jobs.worker import Worker
from backend.review.intake import service
from backend.review.queue import drafts, inbox, verdicts
from backend.review.store.database import Database, open_database, upgrade
from backend.review.store.standing import stands
from backend.review.store.tables import ItemRow, JobRow, SummaryRow, VerdictRow, VerdictUndoRow
from backend.review.store.views import ClaimedJob
from tests.review.builders import build_document, build_scored, send_all_to_review, summarize

_SCORED = build_scored()


def _count(database: Database, query: object) -> int:
    with database.reading() as session:
        return session.scalar(query) or 0


class Life(RuleBasedStateMachine):
    """Submits, claims, finishes, crashes, decides and undoes, beside a plain model of what must be true."""

    claims = Bundle("claims")
    items = Bundle("items")
    verdicts = Bundle("verdicts")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        url = f"sqlite:///{self.folder / 'life.db'}"
        upgrade(url)
        self.database = open_database(url)
        send_all_to_review(self.database)
        self.queued: list[int] = []
        self.owner: dict[int, ClaimedJob] = {}
        self.done: set[int] = set()
        self.failed: set[int] = set()
        self.standing: dict[int, int] = {}
        self.version: dict[int, int] = {}
        self.given = 0
        self.undone: set[int] = set()

    @rule()
    def submit(self) -> None:
        """A person submits a document."""
        self.queued.append(service.submit(self.database, document=build_document()))

    @rule(target=claims, worker=st.sampled_from(["mortal-1", "mortal-2"]))
    def claim(self, worker: str) -> object:
        """A worker takes the oldest job, if there is one."""
        claimed = queue.claim(self.database, worker=worker)
        if not self.queued:
            assert claimed is None
            return multiple()
        assert claimed.job_id == self.queued.pop(0)
        self.owner[claimed.job_id] = claimed
        return claimed

    @rule(target=items, claimed=claims)
    def finish(self, claimed: ClaimedJob) -> object:
        """A worker finishes: it counts if the job is still its own, and never twice."""
        if self.owner.get(claimed.job_id) != claimed:
            with pytest.raises(ReviewError):
                service.finish(self.database, claim=claimed, scored=_SCORED)
            return multiple()
        summary_id = service.finish(self.database, claim=claimed, scored=_SCORED)
        del self.owner[claimed.job_id]
        self.done.add(claimed.job_id)
        item_id = service.summary(self.database, summary_id).item_id
        self.version[item_id] = 1
        return item_id

    @rule(worker=st.sampled_from(["mortal-1", "mortal-2"]))
    def crash(self, worker: str) -> None:
        """A worker dies, and the next start finds its jobs."""
        count = queue.requeue_abandoned(self.database, is_gone=lambda name: name == worker)
        lost = [claimed for claimed in self.owner.values() if claimed.worker == worker]
        assert count == len(lost)
        for claimed in lost:
            del self.owner[claimed.job_id]
            if claimed.attempt >= queue.MAX_ATTEMPTS:
                self.failed.add(claimed.job_id)
            else:
                self.queued = sorted([*self.queued, claimed.job_id])

    @rule(target=verdicts, item_id=items, kind=st.sampled_from(["approve", "reject"]), is_late=st.booleans())
    def give(self, item_id: int, kind: str, is_late: bool) -> object:
        """A person decides, now and then on what she opened too long ago."""
        seen = self.version[item_id] - (1 if is_late else 0)
        arguments = {"item_id": item_id, "kind": kind, "reviewer": "abe", "expected_version": seen}
        if item_id in self.standing or is_late:
            with pytest.raises(ReviewError) as raised:
                verdicts.give(self.database, **arguments)
            expected = "review.already_decided" if item_id in self.standing else "review.changed"
            assert raised.value.code == expected
            return multiple()
        self.standing[item_id] = verdicts.give(self.database, **arguments)
        self.version[item_id] += 1
        self.given += 1
        return self.standing[item_id]

    @rule(verdict=consumes(verdicts), is_twice=st.booleans())
    def undo(self, verdict: int, is_twice: bool) -> None:
        """A person takes a verdict back, perhaps by a double click."""
        verdicts.undo(self.database, verdict)
        self.undone.add(verdict)
        item_id = next(item for item, standing in self.standing.items() if standing == verdict)
        del self.standing[item_id]
        self.version[item_id] += 1
        if is_twice:
            with pytest.raises(ReviewError):
                verdicts.undo(self.database, verdict)

    @invariant()
    def every_job_is_where_it_should_be(self) -> None:
        """No job is lost, and each has at most one summary."""
        with self.database.reading() as session:
            rows = dict(session.execute(select(JobRow.id, JobRow.state)).all())
        expected = {job: "queued" for job in self.queued}
        expected |= {job: "running" for job in self.owner}
        expected |= {job: "done" for job in self.done} | {job: "failed" for job in self.failed}
        assert rows == expected
        assert _count(self.database, select(func.count()).select_from(SummaryRow)) == len(self.done)

    @invariant()
    def every_verdict_is_kept(self) -> None:
        """No verdict is lost or double, and an item waits exactly when none stands."""
        assert _count(self.database, select(func.count()).select_from(VerdictRow)) == self.given
        assert _count(self.database, select(func.count()).select_from(VerdictUndoRow)) == len(self.undone)
        with self.database.reading() as session:
            standing = dict(session.execute(select(VerdictRow.item_id, VerdictRow.id).where(stands())).all())
            decided = set(session.scalars(select(ItemRow.id).where(ItemRow.state == "decided")))
            versions = dict(session.execute(select(ItemRow.id, ItemRow.version)).all())
        assert standing == self.standing
        assert decided == set(self.standing)
        assert versions == self.version

    def teardown(self) -> None:
        """Remove the database."""
        self.database.close()
        shutil.rmtree(self.folder)


Life.TestCase.settings = settings(
    max_examples=8,
    stateful_step_count=25,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLife = Life.TestCase


def test_many_hands_at_once_meet_no_locked_database_and_lose_nothing(database: Database):
    send_all_to_review(database)
    failures: list[Exception] = []
    is_over = threading.Event()
    workers = [Worker(database, summarize) for _ in range(3)]
    for worker in workers:
        worker.start()

    def submit() -> None:
        for number in range(12):
            service.submit(database, document=build_document(f"{number}"))

    def review(name: str) -> None:
        while not is_over.is_set():
            item_id = inbox.next_pending(database)
            if item_id is None:
                is_over.wait(0.005)
                continue
            try:
                drafts.save(database, item_id=item_id, reviewer=name, text="draft")
                verdicts.give(
                    database,
                    item_id=item_id,
                    kind="approve",
                    reviewer=name,
                    expected_version=inbox.item(database, item_id).version,
                )
            except ReviewError as error:
                assert error.code == "review.already_decided"

    def keep_failure(call: object, *args: object) -> None:
        try:
            call(*args)
        except Exception as error:
            failures.append(error)

    people = [threading.Thread(target=keep_failure, args=(submit,)) for _ in range(3)]
    people += [threading.Thread(target=keep_failure, args=(review, f"person {n}")) for n in range(3)]
    for person in people:
        person.start()
    try:
        _wait_until_decided(database, 36)
    finally:
        is_over.set()
        for person in people:
            person.join()
        assert all([worker.stop() for worker in workers])
    assert failures == []
    assert _count(database, select(func.count()).select_from(SummaryRow)) == 36
    assert _count(database, select(func.count()).select_from(VerdictRow)) == 36


def _wait_until_decided(database: Database, count: int) -> None:
    pause = threading.Event()
    for _ in range(600):
        if inbox.counts(database).decided == count:
            return
        pause.wait(0.05)
    raise AssertionError(f"{inbox.counts(database)} after 30 s, {service.recent_jobs(database)[:3]}")
