from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.http_guard import LanguageOfAddress, SameOrigin, SecurityHeaders, is_foreign


@pytest.fixture
def client():
    app = Starlette(routes=[Route("/{rest:path}", lambda request: PlainTextResponse("there"), methods=["GET", "POST"])])
    app.add_middleware(LanguageOfAddress, pages=("", "inbox"))
    app.add_middleware(SameOrigin)
    app.add_middleware(SecurityHeaders)
    return TestClient(app, base_url="http://127.0.0.1:7860", follow_redirects=False)


def test_every_answer_carries_the_security_headers(client):
    for answer in (client.get("/en/"), client.get("/"), client.post("/x", headers={"Origin": "http://evil.example"})):
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://127.0.0.1:7860"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:7860"}, 200),
    ],
)
def test_a_change_asked_for_by_another_site_is_refused(client, headers, status):
    assert client.post("/en/x", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("origin", "is_refused"),
    [
        ("https://plant.example", False),
        ("https://plant.example:8443", False),
        ("https://plant.example:9000", True),
        ("https://evil.plant.example", True),
        ("null", True),
    ],
)
def test_a_page_that_a_proxy_serves_under_a_name_of_this_site_may_change_something(origin, is_refused):
    own = ("plant.example", "plant.example:8443")
    headers = {"origin": origin, "host": "127.0.0.1:7860"}
    assert is_foreign("POST", Headers(headers), own=own) == is_refused


def test_reading_is_not_a_change():
    assert not is_foreign("GET", Headers({"origin": "http://evil.example"}))


@pytest.mark.parametrize(
    ("path", "accepts", "target"),
    [
        ("/", "ja", "/ja/"),
        ("/", "de", "/en/"),
        ("/inbox?item=12", "ja", "/ja/inbox?item=12"),
        ("/?lang=ja", "en", "/ja/"),
        ("/en/inbox?item=3&lang=ja", "en", "/ja/inbox?item=3"),
        ("/?lang=xx", "ja", "/ja/"),
    ],
)
def test_an_address_leads_to_the_page_in_the_readers_language(client, path, accepts, target):
    answer = client.get(path, headers={"Accept-Language": accepts})
    assert answer.status_code == 307
    assert answer.headers["Location"] == target


@pytest.mark.parametrize("path", ["/en/", "/ja/inbox?item=3", "/en/assets/x.js", "/healthz"])
def test_every_other_address_is_left_alone(client, path):
    assert client.get(path).status_code == 200


def test_a_redirect_never_leaves_this_server(client):
    for path in ("//evil.example/inbox", "/%5C%5Cevil.example/inbox", "/inbox/../..//evil.example"):
        target = client.get(f"http://127.0.0.1:7860{path}").headers.get("Location", "/en/")
        assert target.startswith(("/en/", "/ja/"))
