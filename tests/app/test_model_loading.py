from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from app.model_loading import FORGET_AFTER, ModelLoader
from backend.documents import read_text
from backend.errors import ModelError, ModelNotReadyError

DOCUMENT = read_text("A log")


def ignore(progress):
    pass


def wait_until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_document_waits_for_the_model_and_is_then_summarized():
    gate = threading.Event()

    def load(report):
        report("download", 0.25)
        gate.wait(10)
        return SimpleNamespace(summarize=lambda document, **_: f"summary of {document.title}")

    loader = ModelLoader(load)
    assert loader.state().status == "waiting"
    loader.start()
    wait_until(lambda: loader.state().share == 0.25)
    assert loader.state().status == "loading"
    threading.Timer(0.05, gate.set).start()
    assert loader.summarize(DOCUMENT, samples=1, on_progress=ignore) == "summary of A log"
    assert loader.state().status == "ready"


def test_a_failure_is_said_and_the_next_document_tries_again():
    attempts = []

    def load(report):
        attempts.append(1)
        if len(attempts) == 1:
            raise ModelError("model.disk_full", "The disk is full.")
        return SimpleNamespace(summarize=lambda document, **_: "done")

    loader = ModelLoader(load)
    with pytest.raises(ModelNotReadyError, match="disk is full"):
        loader.summarize(DOCUMENT, samples=1, on_progress=ignore)
    assert loader.state().status == "failed"
    assert loader.summarize(DOCUMENT, samples=1, on_progress=ignore) == "done"


def test_an_unforeseen_failure_becomes_a_sentence(caplog):
    def load(report):
        raise RuntimeError("secret path")

    with pytest.raises(ModelError, match="the log of the program says why"):
        ModelLoader(load).summarize(DOCUMENT, samples=1, on_progress=ignore)
    assert "secret path" in caplog.text


def test_a_worker_that_stops_is_not_held_back_by_the_model():
    gate = threading.Event()

    class StoppedError(Exception):
        pass

    def stop(progress):
        raise StoppedError

    loader = ModelLoader(lambda report: gate.wait(10))
    with pytest.raises(StoppedError):
        loader.summarize(DOCUMENT, samples=1, on_progress=stop)
    gate.set()


def test_a_text_is_scored_when_the_document_before_it_is_done():
    running, order = threading.Event(), []

    def summarize(document, **_):
        running.set()
        time.sleep(0.1)
        order.append("summarized")

    def score(document, *, summary, **_):
        order.append(summary)

    loader = ModelLoader(lambda report: SimpleNamespace(summarize=summarize, score=score))
    worker = threading.Thread(target=loader.summarize, args=(DOCUMENT,), kwargs={"samples": 1, "on_progress": ignore})
    worker.start()
    assert running.wait(10)
    loader.score(DOCUMENT, summary="edited", samples=1, on_progress=ignore)
    worker.join()
    assert order == ["summarized", "edited"]


def test_another_model_is_loaded_while_the_present_one_goes_on_working():
    gate = threading.Event()
    loads = []

    def load(report):
        name = f"model {len(loads) + 1}"
        loads.append(name)
        if len(loads) == 2:
            gate.wait(10)
        return SimpleNamespace(summarize=lambda document, *, samples, on_progress: name, score=None)

    loader = ModelLoader(load)
    loader.reload()  # nothing is loaded yet: the first load takes what is in force then
    assert loads == []
    assert loader.summarize(DOCUMENT, samples=1, on_progress=ignore) == "model 1"
    loader.reload()
    assert loader.summarize(DOCUMENT, samples=1, on_progress=ignore) == "model 1"
    loader.reload()  # while it loads: once more, since what it loads may be out of date
    gate.set()
    wait_until(lambda: loader.state().status == "ready")
    assert loads == ["model 1", "model 2", "model 3"]
    assert loader.summarize(DOCUMENT, samples=1, on_progress=ignore) == "model 3"


def test_another_version_is_loaded_when_it_is_asked_for_and_let_go_when_it_no_longer_is():
    loaded = []

    def load_version(version):
        loaded.append(version)
        return SimpleNamespace(summarize=lambda document, **_: f"version {version}")

    main = SimpleNamespace(summarize=lambda document, **_: "in force")
    loader = ModelLoader(lambda report: main, load_version=load_version)
    ask = {"samples": 1, "on_progress": ignore}
    for _ in range(3):
        assert loader.summarize(DOCUMENT, version=2, **ask) == "version 2"
        assert loader.summarize(DOCUMENT, **ask) == "in force"
    assert loaded == [2]
    for _ in range(FORGET_AFTER):
        loader.summarize(DOCUMENT, **ask)
    assert loader.summarize(DOCUMENT, version=2, **ask) == "version 2"
    assert loader.summarize(DOCUMENT, version=3, **ask) == "version 3"
    assert loaded == [2, 2, 3]


def test_where_no_versions_can_be_loaded_a_sentence_says_so():
    loader = ModelLoader(lambda report: SimpleNamespace(summarize=lambda document, **_: "in force"))
    with pytest.raises(ModelError, match="not version 2"):
        loader.summarize(DOCUMENT, version=2, samples=1, on_progress=ignore)


def test_after_a_failed_reload_the_earlier_version_goes_on_and_documents_do_not_load_again():
    attempts = []

    def load(report):
        attempts.append(1)
        report("read", 0.5)
        if len(attempts) == 2:
            raise ModelError("model.disk_full", "The disk is full.")
        return SimpleNamespace(summarize=lambda document, **_: f"by version {len(attempts)}")

    loader = ModelLoader(load)
    ask = {"samples": 1, "on_progress": ignore}
    assert not loader.state().has_model
    loader.summarize(DOCUMENT, **ask)
    wait_until(lambda: loader.state().status == "ready")
    assert loader.state().has_model
    loader.reload()
    wait_until(lambda: loader.state().status == "failed")
    assert loader.state().has_model
    assert loader.state().error.code == "model.disk_full"
    for _ in range(3):
        loader.summarize(DOCUMENT, **ask)
    assert (loader.state().status, len(attempts)) == ("failed", 2)
    loader.reload()
    wait_until(lambda: loader.state().status == "ready")
    assert loader.state().error is None


def test_a_state_says_that_a_version_works_while_another_one_is_loaded():
    gate, loads = threading.Event(), []

    def load(report):
        loads.append(1)
        report("read", 0.5)
        if len(loads) == 2:
            gate.wait(10)
        return SimpleNamespace(summarize=lambda document, **_: "done")

    loader = ModelLoader(load)
    loader.summarize(DOCUMENT, samples=1, on_progress=ignore)
    wait_until(lambda: loader.state().status == "ready")
    loader.reload()
    assert (loader.state().status, loader.state().has_model) == ("loading", True)
    wait_until(lambda: loader.state().share == 0.5)
    assert loader.state().has_model
    gate.set()
