"""Who a worker is, and whether a worker of that name can still be at work.

In: nothing, or a name from the database. Out: a name, or whether its process is gone for certain.
A name is "host:process:start:worker". Machines that share a database need different host names. Knows nothing of jobs.

On Linux the start is "boot@ticks" (/proc/sys/kernel/random/boot_id, and field 22 of /proc/PID/stat: clock ticks since
the boot), which stays the same when the clock is set. Elsewhere, and in names of earlier versions, it is the time of
day in seconds.
"""

from __future__ import annotations

import socket
import uuid
from pathlib import Path

import psutil

# The start time of a process is read from the same clock each time; this is only for rounding.
_START_TOLERANCE_SECONDS = 1.0
_BOOT_MARK = "@"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TICKS_PLACE = 19  # of field 22, counted from the state, which is field 3
_ENDED = ("Z", "X", "x")


def new_identity() -> str:
    """A name that no other worker has, now or later."""
    process = psutil.Process()
    start = _read_start(process.pid) if _BOOT_ID.is_file() else f"{process.create_time():.2f}"
    return f"{socket.gethostname()}:{process.pid}:{start}:{uuid.uuid4().hex[:8]}"


def is_gone(identity: str) -> bool:
    """Whether the worker ran on this machine in a process that no longer exists.

    False where that cannot be known from here: another machine's worker is judged by its heartbeat.
    """
    host, pid, start, _ = identity.rsplit(":", 3)
    if host != socket.gethostname():
        return False
    if _BOOT_MARK not in start:
        return _is_gone_by_clock(int(pid), started=float(start))
    return _BOOT_ID.is_file() and _read_start(int(pid)) != start  # another system may run beside one of the same name


def _read_start(pid: int) -> str | None:
    """When a process of this boot began, as "boot@ticks"; None when there is none, or it only waits to be reaped."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()  # the name in brackets may hold anything, brackets too
    if fields[0] in _ENDED:
        return None
    return f"{_BOOT_ID.read_text('ascii').strip()}{_BOOT_MARK}{fields[_TICKS_PLACE]}"


def _is_gone_by_clock(pid: int, *, started: float) -> bool:
    try:
        found = psutil.Process(pid)
        is_same = abs(found.create_time() - started) < _START_TOLERANCE_SECONDS
        return not is_same or found.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
