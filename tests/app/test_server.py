from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from app.model_loading import ModelLoader
from app.server import build_app
from backend.config import Settings
from backend.jobs.worker import Worker
from backend.review.store.database import open_database, upgrade
from tests.browser import summarizer

LOCAL = "http://127.0.0.1:7860"


@pytest.fixture
def client(tmp_path):
    settings = Settings(data=tmp_path, database_url="", host="127.0.0.1", port=7860)
    upgrade(settings.url)
    database = open_database(settings.url)
    model = ModelLoader(lambda report: summarizer)
    app = build_app(settings, database=database, model=model, worker=Worker(database, model.summarize))
    with TestClient(app, base_url=LOCAL) as started:
        yield started
    database.close()


def test_health_tells_the_state_of_the_model(client):
    answer = client.get("/healthz").json()
    assert answer["status"] == "ok"
    assert answer["model"] in ("loading", "ready")


def test_both_languages_are_served_with_every_page(client):
    for language in ("en", "ja"):
        for path in ("", "inbox", "insights", "settings"):
            answer = client.get(f"/{language}/{path}")
            assert answer.status_code == 200
            assert answer.headers["X-Frame-Options"] == "DENY"


def test_another_name_for_this_machine_is_refused(client):
    assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 400


def test_another_site_gets_no_cors_headers_and_may_change_nothing(client):
    foreign = {"Origin": "http://evil.example"}
    assert "access-control-allow-origin" not in client.get("/en/config", headers=foreign).headers
    assert client.post("/en/gradio_api/queue/join", headers=foreign, json={}).status_code == 403


@pytest.mark.parametrize("name", ["tashika.db", "models/x.safetensors", "adapters/a/adapter_model.safetensors"])
def test_private_files_are_not_served(client, tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text("private", encoding="utf-8")
    assert client.get(f"/en/gradio_api/file={path}").status_code in (403, 404)


def test_nothing_is_advertised_or_recorded(client):
    config = client.get("/en/config").json()
    assert config["footer_links"] == []
    assert config["analytics_enabled"] is False
    assert not config.get("run_history", False)
    assert client.get("/docs").status_code == 404
