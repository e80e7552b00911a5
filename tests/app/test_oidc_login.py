"""Logging in by an identity provider over HTTP, on the whole application and a real provider."""

from __future__ import annotations

import httpx2
import pytest
from fastapi.testclient import TestClient

from app.login.oidc import build_way
from app.model_loading import ModelLoader
from app.server import build_app
from backend.config import Settings
from backend.errors import AccessError
from backend.jobs.worker import Worker
from backend.people import users
from backend.review.store.database import open_database, upgrade
from tests.browser.summarizer import summarize
from tests.people.provider import CLIENT_ID, CLIENT_SECRET, serve_provider

LOCAL = "http://127.0.0.1:7860"
HTML = {"Accept": "text/html"}
YAMADA = {"sub": "u-1", "preferred_username": "yamada", "groups": ["leads"]}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A client of the application, its database, and the provider."""
    with_provider = serve_provider()
    provider = next(with_provider)
    settings = Settings(
        data=tmp_path_factory.mktemp("data"), database_url="", host="127.0.0.1", port=7860, oidc_issuer=provider.url,
        oidc_client_id=CLIENT_ID, oidc_client_secret=CLIENT_SECRET, oidc_roles={"leads": "lead"},
    )  # fmt: skip
    upgrade(settings.url)
    database = open_database(settings.url)
    model = ModelLoader(lambda report: summarize)
    app = build_app(settings, database=database, model=model, worker=Worker(database, model.summarize))
    with TestClient(app, base_url=LOCAL, follow_redirects=False) as started:
        yield started, database, provider
    database.close()
    with_provider.close()


@pytest.fixture
def client(served):
    served[0].cookies.clear()
    return served[0]


@pytest.fixture
def provider(served):
    served[2].forget()
    served[2].account = dict(YAMADA)
    return served[2]


def go(client, *, target="", language="en"):
    """From the button to the provider; the address that it sends the browser back to."""
    there = client.get(f"/{language}/login/oidc", params={"next": target})
    assert there.status_code == 303
    return httpx2.get(there.headers["Location"], follow_redirects=False).headers["Location"]


def test_everybody_logs_in_where_there_is_a_provider_even_on_this_machine(client):
    assert client.get("/me").status_code == 401
    assert client.get("/ja/inbox", headers=HTML).headers["Location"] == "/ja/login?next=/ja/inbox"
    page = client.get("/ja/login?next=/ja/inbox").text
    assert 'href="/ja/login/oidc?next=%2Fja%2Finbox"' in page
    assert "会社のアカウントでログイン" in page


def test_an_account_gets_a_session_like_any_other_and_the_page_it_asked_for(client, provider, served):
    back = go(client, target="/ja/inbox?item=3", language="ja")
    assert back.startswith(f"{LOCAL}/login/oidc/callback?")
    answer = client.get(back)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/ja/inbox?item=3")
    session = next(one for one in answer.headers.get_list("Set-Cookie") if one.startswith("tashika_session_7860="))
    assert all(flag in session for flag in ("HttpOnly", "SameSite=lax", "Path=/;", "Max-Age=43200"))
    me = {"name": "yamada", "role": "lead", "is_local": False, "has_password": False}
    assert client.get("/me").json() == me
    assert client.get("/en/password").headers["Location"] == "/en/"
    assert [name for name in client.cookies] == ["tashika_session_7860"]  # what was remembered is forgotten
    users.set_disabled(served[1], name="yamada", is_disabled=True)
    assert client.get("/me").status_code == 401
    refused = client.get(go(client))
    assert refused.status_code == 401
    assert "The user yamada is locked out here" in refused.text
    users.set_disabled(served[1], name="yamada", is_disabled=False)


def test_a_login_that_another_browser_began_is_refused(client, provider):
    back = go(client, language="ja")
    kept = dict(client.cookies)
    client.cookies.clear()
    answer = client.get(back, headers={"Accept-Language": "ja"})
    assert answer.status_code == 401
    assert "別のブラウザー" in answer.text
    client.cookies.update(kept)
    for state in ("", "guess"):
        forged = client.get("/login/oidc/callback", params={"code": "x", "state": state})
        assert "別のブラウザー" in forged.text
        assert "tashika_session_7860" not in client.cookies
    client.cookies.clear()
    client.cookies.set("tashika_session_7860_oidc", "bm90IGpzb24", path="/login/oidc/callback")
    assert client.get(back).status_code == 401


def test_the_way_back_works_once(client, provider):
    back = go(client)
    kept = dict(client.cookies)
    assert client.get(back).status_code == 303
    client.cookies.clear()
    client.cookies.update(kept)
    assert client.get(back).status_code == 401


def test_a_refusal_is_said_without_echoing_what_the_address_holds(client, provider):
    provider.refuses = "yes"
    answer = client.get(go(client, language="ja"))
    assert answer.status_code == 401
    assert "許可しませんでした（access_denied）" in answer.text
    there = client.get("/en/login/oidc").headers["Location"]
    state = httpx2.URL(there).params["state"]
    answer = client.get("/login/oidc/callback", params={"error": "<script>alert(1)</script>", "state": state})
    assert "did not let you in (?)" in answer.text
    assert "<script" not in answer.text


def test_a_way_leads_back_to_this_site_only(client, provider):
    answer = client.get(go(client, target="//evil.example/"))
    assert answer.headers["Location"] == "/en/"


def test_settings_that_do_not_fit_together_are_said_at_the_start(tmp_path):
    named = {"data": tmp_path, "database_url": "", "oidc_issuer": "https://id.example", "oidc_client_id": "x"}
    assert build_way(Settings(**{**named, "oidc_issuer": ""})) is None
    assert build_way(Settings(**named, oidc_domains="Plant.example, other.example")).rules.domains == (
        "plant.example",
        "other.example",
    )
    for wrong, code in (
        ({"oidc_client_id": ""}, "oidc.settings"),
        ({"oidc_issuer": "http://id.example"}, "oidc.settings"),
        ({"oidc_roles": {"leads": "king"}}, "users.role"),
    ):
        with pytest.raises(AccessError) as caught:
            build_way(Settings(**{**named, **wrong}))
        assert caught.value.code == code
