"""`tashika worker`: processes without pages work on the queue of a server that does not."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.commands.reviewing import opened
from app.model_loading import ModelLoader
from app.server import build_app
from backend.config import Settings
from backend.jobs import queue
from backend.review.intake import service
from backend.review.store.model_tables import ModelRow
from backend.review.store.tables import SummaryRow
from tests.review.builders import build_document
from tests.review.fixtures import postgres_server, postgres_url
from tests.tiny_installation import tiny_settings

__all__ = ["postgres_server", "postgres_url"]

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 180.0


@contextmanager
def working(settings: Settings) -> Iterator[None]:
    """A worker's process, which must end well when it is told to."""
    own = {
        "TASHIKA_DATA": settings.data, "TASHIKA_MODEL": settings.model, "TASHIKA_ADAPTER": settings.adapter,
        "TASHIKA_DATABASE_URL": settings.database_url, "TASHIKA_THREADS": 1, "TASHIKA_MAX_SUMMARY_TOKENS": 12,
        "TASHIKA_MAX_DOCUMENT_TOKENS": 80,
    }  # fmt: skip
    environment = {**os.environ, **{name: str(value) for name, value in own.items()}}
    command = [sys.executable, "-m", "app", "worker"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert "works on the queue" in said
    assert "Traceback" not in said, said


def wait_for(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_worker_in_a_process_of_its_own_summarizes_what_a_server_took_in(tmp_path):
    settings = tiny_settings(tmp_path)
    settings.data.mkdir()
    model = ModelLoader(lambda report: pytest.fail("the server needs no model"), status="elsewhere")
    with opened(settings) as database:
        app = build_app(settings, database=database, model=model, worker=None)
        with TestClient(app, base_url="http://127.0.0.1:7860") as client:
            assert client.get("/healthz").json()["model"] == "elsewhere"
            job = service.submit(database, document=build_document())
            assert service.job(database, job).state == "queued"
            with working(settings):
                wait_for(lambda: service.job(database, job).state in ("done", "failed"))
        assert service.job(database, job).summary_id is not None


def test_machines_that_share_a_database_share_its_queue_and_its_model_wherever_their_files_lie(tmp_path, postgres_url):
    first = tiny_settings(tmp_path).model_copy(update={"database_url": postgres_url})
    moved = tmp_path / "elsewhere" / "first"
    shutil.copytree(first.adapter, moved)
    second = first.model_copy(update={"data": tmp_path / "other", "adapter": moved})
    with opened(first) as database:
        jobs = [
            service.submit(database, document=build_document(f"Lot A-{number}: 12.4 mm, OK.\n")) for number in range(6)
        ]
        with working(first), working(second):
            wait_for(lambda: queue.is_idle(database))
        assert {service.job(database, job).state for job in jobs} == {"done"}
        with database.reading() as session:
            assert len(session.scalars(select(SummaryRow.id)).all()) == 6
            assert len(session.scalars(select(ModelRow.version)).all()) == 1


def test_a_server_that_does_not_work_loads_nothing_when_another_version_comes_into_force():
    loaded = []
    model = ModelLoader(lambda report: loaded.append(report), status="elsewhere")
    model.reload()
    assert (model.state().status, loaded) == ("elsewhere", [])
