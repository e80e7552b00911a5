"""The real server on a temporary data folder, and a browser that notices what must never happen.

The summarizer is the one of `summarizer.py`; everything else (database, queue, worker, pages) is the real thing.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from app.model_loading import ModelLoader
from app.server import build_app
from backend.config import Settings
from backend.jobs.worker import Worker
from backend.review.store.database import Database, open_database, upgrade
from tests.browser import summarizer
from tests.browser.chromium import LOCALES, PATIENCE_MS

#: Set by any script that a document smuggles in.
CANARY = "window.__canary = 0; window.alert = window.confirm = window.prompt = () => { window.__canary += 1; };"


@dataclass
class Site:
    """A running server."""

    url: str
    database: Database
    data: Path


@dataclass
class Watched:
    """A page, and everything that it must not have done."""

    page: Page
    base_url: str
    faults: list[str] = field(default_factory=list)

    def forget(self, pattern: str) -> None:
        """Forget the faults so far that a pattern is found in: here they are what was asked for."""
        self.faults[:] = [fault for fault in self.faults if not re.search(pattern, fault)]

    def check(self) -> None:
        """Fail on a script that ran, a request to elsewhere, or an error in the console."""
        assert self.page.evaluate("window.__canary") == 0
        assert self.faults == []


def serve_in_thread(data: Path, *, load=lambda report: summarizer, **named: object) -> Iterator[Site]:
    """Serve until the generator is closed; further settings by name."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = Settings(data=data, port=port, database_url="", host="127.0.0.1", **named)
    upgrade(settings.url)
    database = open_database(settings.url)
    model = ModelLoader(load)
    # Built outside of the test's thread: Playwright keeps an event loop running there.
    with ThreadPoolExecutor(1) as builder:
        worker = Worker(database, model.summarize)
        app = builder.submit(build_app, settings, database=database, model=model, worker=worker).result()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
        assert thread.is_alive()
    try:
        yield Site(f"http://127.0.0.1:{port}", database, data)
    finally:
        server.should_exit = True
        thread.join(20)
        database.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for the tests of a module."""
    yield from serve_in_thread(tmp_path_factory.mktemp("data"))


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator:
    """Call with a language (and a viewport) for a new page of a new browser profile."""
    contexts = []
    watched_pages = []

    def open_one(language: str = "en", *, viewport: tuple[int, int] = (1440, 900)) -> Watched:
        context = browser.new_context(locale=LOCALES[language], viewport={"width": viewport[0], "height": viewport[1]})
        contexts.append(context)
        context.add_init_script(CANARY)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        watched = Watched(page, site.url)
        watched_pages.append(watched)
        page.on("console", lambda said: _note_console(watched, said.type, said.text))
        page.on("pageerror", lambda error: watched.faults.append(f"script: {error}"))
        page.on("request", lambda request: _note_request(watched, request.url))
        return watched

    yield open_one
    try:
        for watched in watched_pages:
            watched.check()
    finally:
        for context in contexts:
            context.close()


def _note_console(watched: Watched, kind: str, text: str) -> None:
    # Leaving a page ends its open requests, and Gradio says so.
    is_leaving = "AbortError" in text or "Connection errored out" in text
    if kind == "error" and not is_leaving:
        watched.faults.append(f"console: {text}")


def _note_request(watched: Watched, url: str) -> None:
    if not url.startswith((watched.base_url, "data:", "blob:")):
        watched.faults.append(f"request: {url}")
