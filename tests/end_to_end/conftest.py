"""The program as a person starts it, with the real default model out of the package registry.

The model is provisioned once a test run (or taken from TASHIKA_TEST_MODELS, a folder of an earlier run).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from backend.language.provision import ensure_default_model

ROOT = Path(__file__).parents[2]
READY_SECONDS = 120


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Folder that holds the default model."""
    given = os.environ.get("TASHIKA_TEST_MODELS")
    is_shared_out = "PYTEST_XDIST_WORKER" in os.environ
    run = tmp_path_factory.getbasetemp().parent if is_shared_out else tmp_path_factory.getbasetemp()
    folder = Path(given) if given else run / "models"
    with FileLock(run / "models.lock"):  # the other worker may want it, too
        ensure_default_model(folder)
    return folder


@pytest.fixture
def data(tmp_path, models):
    """An empty installation whose model is already there."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "models").symlink_to(models, target_is_directory=True)
    return folder


@dataclass
class Program:
    """A running `python -m app`."""

    process: subprocess.Popen
    url: str
    seconds_to_pages: float

    def kill(self) -> None:
        """What a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        """What Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


@pytest.fixture
def start(data):
    """Starts the program on `data`; whatever still runs at the end is killed."""
    started = []

    def run() -> Program:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        begun = time.perf_counter()
        with (data.parent / "program.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "app", "serve", "--port", str(port)],
                cwd=ROOT, env={**os.environ, "TASHIKA_DATA": str(data)}, stdout=log, stderr=log,
            )  # fmt: skip
        program = Program(process, f"http://127.0.0.1:{port}", 0.0)
        started.append(program)
        wait_until(lambda: answers(program), seconds=READY_SECONDS)
        program.seconds_to_pages = time.perf_counter() - begun
        return program

    yield run
    for program in started:
        if program.process.poll() is None:
            program.kill()


def answers(program: Program) -> bool:
    """Whether the pages are served; a program that has ended is an error at once."""
    assert program.process.poll() is None, "the program ended"
    try:
        return health(program)["status"] == "ok"
    except OSError:
        return False


def health(program: Program) -> dict:
    """What `/healthz` says."""
    with urllib.request.urlopen(f"{program.url}/healthz", timeout=5) as response:
        return json.load(response)


def wait_until(is_so, *, seconds: float) -> None:
    """Poll until `is_so()`; fail after `seconds`."""
    limit = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < limit, "waited too long"
        time.sleep(0.2)


@pytest.fixture
def page(browser):
    """A fresh English browser window."""
    context = browser.new_context(locale="en-US", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()
