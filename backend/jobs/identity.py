"""Who a worker is, and whether a worker of that name can still be at work.

In: nothing, or a name from the database. Out: a name, or whether its process is gone for certain.
A name is "host:process:start:worker". Machines that share a database need different host names.
Knows nothing of jobs.
"""

from __future__ import annotations

import socket
import uuid

import psutil

# The start time of a process is read from the same clock each time; this is only for rounding.
_START_TOLERANCE_SECONDS = 1.0


def new_identity() -> str:
    """A name that no other worker has, now or later."""
    process = psutil.Process()
    return f"{socket.gethostname()}:{process.pid}:{process.create_time():.2f}:{uuid.uuid4().hex[:8]}"


def is_gone(identity: str) -> bool:
    """Whether the worker ran on this machine in a process that no longer exists.

    False where that cannot be known from here: another machine's worker is judged by its heartbeat.
    """
    host, pid, started, _ = identity.rsplit(":", 3)
    if host != socket.gethostname():
        return False
    try:
        found = psutil.Process(int(pid))
        is_same = abs(found.create_time() - float(started)) < _START_TOLERANCE_SECONDS
        return not is_same or found.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
