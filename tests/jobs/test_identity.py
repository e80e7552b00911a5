"""Whether a worker of the past can still be alive."""

from __future__ import annotations

import subprocess
import sys

import psutil

from backend.jobs.identity import is_gone, new_identity


def test_a_worker_of_this_process_is_alive_and_no_two_have_one_name():
    assert not is_gone(new_identity())
    assert new_identity() != new_identity()


def test_a_worker_of_a_process_that_ended_is_gone():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    host, _, _, worker = new_identity().rsplit(":", 3)
    identity = f"{host}:{process.pid}:{psutil.Process(process.pid).create_time():.2f}:{worker}"
    assert not is_gone(identity)
    process.communicate(b"\n")
    assert is_gone(identity)


def test_a_process_that_got_the_same_number_later_is_another_one():
    host, pid, started, worker = new_identity().rsplit(":", 3)
    assert is_gone(f"{host}:{pid}:{float(started) - 3600:.2f}:{worker}")


def test_another_machines_worker_is_not_known_to_be_gone():
    assert not is_gone("elsewhere:1:1.00:abcd")
