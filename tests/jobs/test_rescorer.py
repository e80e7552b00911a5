"""Scoring earlier summaries again: in the background, stopped and taken up, past texts that cannot be scored."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from backend.errors import ModelError
from backend.jobs import queue, rescorer, worker
from backend.jobs.rescorer import Rescorer, RescoringStoppedError
from backend.review.intake import service
from backend.review.learning import rescorings
from backend.review.learning.rescorings import Extent
from backend.review.store.database import Database
from backend.uncertainty.summary import Progress
from tests.review.builders import build_document, build_scored, record_item, summarize
from tests.review.learning.test_rescorings import SECOND, judge, promote_second


def score(document, *, summary, samples, on_progress):
    """The later model."""
    on_progress(Progress("scoring", samples, samples, summary))
    return replace(build_scored(summary, document=document), samples=samples, **SECOND)


@pytest.fixture
def waiting(database: Database) -> Database:
    """Three reviewed summaries of the first model, the second one in force."""
    for number in range(3):
        judge(database, record_item(database, number=number).item_id, "approve")
    promote_second(database)
    return database


def test_everything_is_scored_and_the_progress_is_told(waiting: Database):
    told = []
    failed = Rescorer(waiting, score, is_free=lambda: True).work_through(lambda *at: told.append(at))
    assert failed == 0
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_stop_loses_nothing_and_the_next_one_goes_on(waiting: Database):
    def score_until_told_to_stop(document, *, summary, samples, on_progress):
        if rescorings.extent(waiting).done == 1:
            first._stopping.set()
        return score(document, summary=summary, samples=samples, on_progress=on_progress)

    first = Rescorer(waiting, score_until_told_to_stop, is_free=lambda: True)
    with pytest.raises(RescoringStoppedError):
        first.work_through(lambda *at: None)
    assert rescorings.extent(waiting) == Extent(2, 1, 3)
    assert Rescorer(waiting, score, is_free=lambda: True).work_through(lambda *at: None) == 0
    assert rescorings.extent(waiting) == Extent(2, 3, 3)


def test_texts_that_cannot_be_scored_are_passed_over(waiting: Database):
    calls = []

    def score_some(document, *, summary, samples, on_progress):
        calls.append(document.text)
        if len(calls) == 1:
            raise ModelError("test.refused", "Too odd.")
        found = score(document, summary=summary, samples=samples, on_progress=on_progress)
        return replace(found, text="Another text.") if len(calls) == 2 else found

    assert Rescorer(waiting, score_some, is_free=lambda: True).work_through(lambda *at: None) == 2
    assert rescorings.extent(waiting) == Extent(2, 1, 3)
    assert len(calls) == 3


def test_a_model_that_is_not_the_one_in_force_yet_is_waited_for(waiting: Database):
    def score_first(document, *, summary, samples, on_progress):
        return build_scored(summary, document=document)

    early = Rescorer(waiting, score_first, is_free=lambda: True)
    assert not early.run_one()
    early._score = score
    assert early.work_through(lambda *at: None) == 0


def test_in_the_background_it_gives_way_to_documents_that_wait(waiting: Database, monkeypatch):
    monkeypatch.setattr(rescorer, "IDLE_SECONDS", 0.02)
    service.submit(waiting, document=build_document())
    assert not queue.is_idle(waiting)
    working = Rescorer(waiting, score, is_free=lambda: queue.is_idle(waiting))
    working.start()
    time.sleep(0.3)
    assert rescorings.extent(waiting).done == 0
    worker.Worker(waiting, summarize).run_one()
    ends = time.monotonic() + 60
    while rescorings.extent(waiting).done < 3:
        assert time.monotonic() < ends
        time.sleep(0.05)
    working.stop()
    assert not working._thread.is_alive()


def test_a_look_in_vain_is_not_repeated_until_a_while_has_passed_or_the_model_changes(waiting: Database, monkeypatch):
    looks = []
    look = rescorings.next_task
    monkeypatch.setattr(rescorings, "next_task", lambda *args, **options: looks.append(1) or look(*args, **options))
    working = Rescorer(waiting, score, is_free=lambda: True)
    assert [working.run_one() for _ in range(6)] == [True, True, True, False, False, False]
    assert len(looks) == 4
    working._version = 0  # as it was before a switch
    assert not working.run_one()
    assert len(looks) == 5
