"""The whole application behind a reverse proxy: which names, origins and addresses it believes."""

from __future__ import annotations

import pytest
import uvicorn
from fastapi.testclient import TestClient
from pydantic import ValidationError

from app.login.gate import require_users
from app.model_loading import ModelLoader
from app.server import build_app, server_options
from backend.config import Settings
from backend.errors import AccessError
from backend.jobs.worker import Worker
from backend.people import lockout, users
from backend.review.store.database import open_database, upgrade
from tests.browser.summarizer import summarize

PROXY = "10.0.0.5"
PUBLIC = {"Host": "plant.example", "Origin": "https://plant.example"}
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """What uvicorn would serve, and the database."""
    settings = Settings(
        data=tmp_path_factory.mktemp("data"), database_url="", host="127.0.0.1", port=7860,
        proxies=f"{PROXY}, 10.1.0.0/16", public_hosts="Plant.example, plant.example:8443",
    )  # fmt: skip
    upgrade(settings.url)
    database = open_database(settings.url)
    model = ModelLoader(lambda report: summarize)
    app = build_app(settings, database=database, model=model, worker=Worker(database, model.summarize))
    config = uvicorn.Config(app, **server_options(settings))
    config.load()
    yield config.loaded_app, database, settings
    database.close()


def connect(served, *, address=PROXY):
    return TestClient(served[0], base_url="http://127.0.0.1:7860", client=(address, 50_000), follow_redirects=False)


def test_the_public_name_is_answered_and_no_other(served):
    client = connect(served)
    for host in ("plant.example", "plant.example:8443", "127.0.0.1:7860"):
        assert client.get("/healthz", headers={"Host": host}).status_code == 200
    for host in ("evil.example", "plant.example.evil.example"):
        assert client.get("/healthz", headers={"Host": host}).status_code == 400


def test_nobody_is_the_local_person_under_a_public_name(served):
    _, database, settings = served
    assert not users.exist(database)
    assert connect(served).get("/me").status_code == 401
    with pytest.raises(AccessError, match="TASHIKA_PUBLIC_HOSTS"):
        require_users(database, host=settings.host, public_hosts=settings.own_origins)


def test_a_login_through_the_proxy_passes_with_the_hosts_name_kept_or_not(served):
    users.add(served[1], name="root", role="admin", password=PASSWORD)
    form = {"name": "root", "password": PASSWORD}
    forwarded = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    for headers in (PUBLIC, {**PUBLIC, "Host": "127.0.0.1:7860"}):
        answer = connect(served).post("/en/login", data=form, headers={**headers, **forwarded})
        assert answer.status_code == 303
        assert "Secure" in answer.headers["Set-Cookie"]
    foreign = {**PUBLIC, **forwarded, "Origin": "https://evil.example"}
    assert connect(served).post("/en/login", data=form, headers=foreign).status_code == 403


def test_tries_to_log_in_count_by_the_address_that_a_known_proxy_tells(served, monkeypatch):
    monkeypatch.setattr(lockout, "MAX_TRIES_OF_ADDRESS", 2)

    def try_from(forwarded, *, address, name):
        headers = {**PUBLIC, "X-Forwarded-For": forwarded}
        return connect(served, address=address).post("/en/login", data={"name": name}, headers=headers).status_code

    assert [try_from("192.0.2.1", address=PROXY, name=f"a{number}") for number in range(3)] == [401, 401, 429]
    assert try_from("192.0.2.2", address="10.1.2.3", name="b") == 401
    # Somebody else only pretends to be a proxy.
    said = [try_from(f"192.0.2.{number}", address="198.51.100.9", name=f"c{number}") for number in (10, 11, 12)]
    assert said == [401, 401, 429]


@pytest.mark.parametrize(
    "named", [{"public_hosts": "*"}, {"public_hosts": "https://plant.example"}, {"proxies": "*"}, {"proxies": "proxy"}]
)
def test_what_would_let_everybody_in_or_is_no_name_is_refused(named):
    with pytest.raises(ValidationError):
        Settings(**named)
