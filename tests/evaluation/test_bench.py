"""Benchmark timing: interleaved runs, medians, ratios of medians and of pairs."""

from __future__ import annotations

import json

import pytest

from backend.evaluation import bench
from backend.evaluation.bench import Timing, compare, describe_machine, median_of, time_interleaved


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves only when the work says so."""
    now = [0.0]
    monkeypatch.setattr(bench, "perf_counter", lambda: now[0])
    return now


def test_runs_are_interleaved_after_the_warmups():
    calls = []
    works = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}
    time_interleaved(works, repeats=3, warmups=1)
    assert "".join(calls) == "ab" + "ababab"


def test_each_run_is_timed_and_warmups_are_not(clock):
    lengths = iter([100.0, 3.0, 1.0, 2.0])

    def work():
        clock[0] += next(lengths)

    timing = median_of(work, repeats=3, warmups=1)
    assert timing.seconds == (3.0, 1.0, 2.0)
    assert timing.to_json() == {"median": 2.0, "min": 1.0, "max": 3.0, "runs": [3.0, 1.0, 2.0]}


def test_a_ratio_is_of_the_medians_and_keeps_each_pair():
    ratio = compare(Timing((2.0, 4.0, 9.0)), reference=Timing((1.0, 2.0, 3.0)))
    assert ratio.to_json() == {"ratio": 2.0, "min": 2.0, "max": 3.0, "pairs": [2.0, 2.0, 3.0]}


def test_timings_of_different_runs_are_not_compared():
    with pytest.raises(ValueError, match="zip"):
        compare(Timing((1.0, 2.0)), reference=Timing((1.0,)))


def test_nothing_to_time_is_refused():
    with pytest.raises(ValueError, match="at least"):
        time_interleaved({}, repeats=3)
    with pytest.raises(ValueError, match="at least"):
        median_of(lambda: None, repeats=0)


def test_the_machine_is_described_in_plain_values():
    machine = describe_machine()
    described = json.loads(json.dumps(bench.machine_to_json(machine)))
    assert described["cores"] >= 1
    assert described["torch_threads"] >= 1
    assert described["cpu_model"]
    assert described["torch_version"][0].isdigit()
