"""`tashika worker`: a process without pages works on the queue of a server that does not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.commands.reviewing import opened
from app.model_loading import ModelLoader
from app.server import build_app
from backend.jobs import queue
from backend.review.intake import service
from tests.review.builders import build_document
from tests.tiny_installation import tiny_settings

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 180.0


@pytest.fixture
def installation(tmp_path):
    settings = tiny_settings(tmp_path)
    settings.data.mkdir()
    with opened(settings) as database:
        yield settings, database


def start_worker(settings) -> subprocess.Popen:
    own = {
        "TASHIKA_DATA": settings.data, "TASHIKA_MODEL": settings.model, "TASHIKA_ADAPTER": settings.adapter,
        "TASHIKA_THREADS": 1, "TASHIKA_MAX_SUMMARY_TOKENS": 12, "TASHIKA_MAX_DOCUMENT_TOKENS": 80,
    }  # fmt: skip
    environment = {**os.environ, **{name: str(value) for name, value in own.items()}}
    command = [sys.executable, "-m", "app", "worker"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)


def wait_for(what) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_worker_in_a_process_of_its_own_summarizes_what_a_server_took_in_and_ends_when_told(installation):
    settings, database = installation
    model = ModelLoader(lambda report: pytest.fail("the server needs no model"), status="elsewhere")
    app = build_app(settings, database=database, model=model, worker=None)
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        assert client.get("/healthz").json()["model"] == "elsewhere"
        job = service.submit(database, document=build_document())
        assert service.job(database, job).state == "queued"
        worker = start_worker(settings)
        try:
            wait_for(lambda: service.job(database, job).state in ("done", "failed"))
            assert service.job(database, job).summary_id is not None
            assert queue.is_idle(database)
        finally:
            worker.send_signal(signal.SIGTERM)
            _, said = worker.communicate(timeout=PATIENCE_SECONDS)
    assert worker.returncode == 0
    assert "Traceback" not in said
    assert "works on the queue" in said


def test_a_server_that_does_not_work_loads_nothing_until_a_text_is_scored_again(installation):
    loaded = []
    model = ModelLoader(lambda report: loaded.append(report), status="elsewhere")
    model.reload()  # another model version came into force
    assert (model.state().status, loaded) == ("elsewhere", [])
