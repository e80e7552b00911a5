"""A heartbeat outlives a database that is away for a moment."""

import threading

from sqlalchemy.exc import OperationalError

from backend.jobs.heartbeat import beating


def test_a_beat_that_fails_is_followed_by_the_next_one(caplog):
    beats, is_enough = [], threading.Event()

    def beat():
        beats.append(len(beats))
        if len(beats) == 1:
            raise OperationalError("update", {}, Exception("database is locked"))
        is_enough.set()

    with beating(beat, seconds=0.01, name="training 7"):
        assert is_enough.wait(10)
    assert "no heartbeat of training 7" in caplog.text


def test_it_ends_with_the_work():
    before = threading.active_count()
    with beating(lambda: None, seconds=0.01, name="job 1"):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
