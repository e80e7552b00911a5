"""Whether a worker of the past can still be alive."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from backend.jobs.identity import is_gone, new_identity

ROOT = Path(__file__).parents[2]
TELL = (
    "from backend.jobs.identity import new_identity\n"
    "print(new_identity(), flush=True)\n"
    "input()\n"
)  # fmt: skip
on_linux = pytest.mark.skipif(not psutil.LINUX, reason="only Linux tells when a process began without the clock")


@pytest.fixture
def other():
    """Another process, and the name that it has given itself."""
    command = [sys.executable, "-c", TELL]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield process, process.stdout.readline().strip()
    if process.poll() is None:
        process.kill()
    process.communicate()


def to_old_name(identity: str) -> str:
    """The name that a worker of an earlier version would have."""
    host, pid, _, worker = identity.rsplit(":", 3)
    return f"{host}:{pid}:{psutil.Process(int(pid)).create_time():.2f}:{worker}"


def test_a_worker_of_this_process_is_alive_and_no_two_have_one_name():
    assert not is_gone(new_identity())
    assert new_identity() != new_identity()


def test_a_worker_of_a_process_that_ended_is_gone(other):
    process, identity = other
    names = (identity, to_old_name(identity))
    assert [is_gone(name) for name in names] == [False, False]
    process.communicate("\n")
    assert [is_gone(name) for name in names] == [True, True]


def test_a_worker_of_a_killed_process_is_gone_before_its_parent_has_noticed(other):
    process, identity = other
    names = (identity, to_old_name(identity))
    process.kill()
    while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
        pass
    assert [is_gone(name) for name in names] == [True, True]


def test_a_process_that_got_the_same_number_later_is_another_one(other):
    _, identity = other
    host, _, start, worker = identity.rsplit(":", 3)
    _, pid, *_ = new_identity().rsplit(":", 3)
    assert is_gone(f"{host}:{pid}:{start}:{worker}")
    old_host, old_pid, started, _ = to_old_name(identity).rsplit(":", 3)
    assert is_gone(f"{old_host}:{old_pid}:{float(started) - 3600:.2f}:{worker}")


@on_linux
def test_a_worker_is_alive_after_the_clock_was_set(other, monkeypatch):
    _, identity = other
    create_time = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: create_time(process) + 3600)
    assert not is_gone(identity)


@on_linux
def test_a_worker_from_before_the_machine_was_started_again_is_gone():
    host, pid, start, worker = new_identity().rsplit(":", 3)
    _, ticks = start.split("@")
    assert is_gone(f"{host}:{pid}:00000000-0000-0000-0000-000000000000@{ticks}:{worker}")


@on_linux
def test_a_program_with_brackets_and_spaces_in_its_name_is_found(tmp_path):
    link = tmp_path / "a) Z (b"
    link.symlink_to("/bin/sleep")
    process = subprocess.Popen([str(link), "600"])
    try:
        start = (Path("/proc") / str(process.pid) / "stat").read_text().rsplit(")", 1)[1].split()[19]
        host, _, own, worker = new_identity().rsplit(":", 3)
        assert not is_gone(f"{host}:{process.pid}:{own.split('@')[0]}@{start}:{worker}")
    finally:
        process.kill()
        process.wait()


def test_another_machines_worker_is_not_known_to_be_gone():
    assert not is_gone("elsewhere:1:1.00:abcd")
    assert not is_gone("elsewhere:1:boot@1:abcd")
