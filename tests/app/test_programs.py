"""The calls for programs with the real `gradio_client` against a running server."""

from __future__ import annotations

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from backend.documents import MAX_CHARACTERS
from backend.people import tokens, users
from backend.review.intake import service
from backend.review.intake.submissions import submit_once
from tests.browser.conftest import serve_in_thread
from tests.review.builders import build_document

LOG = "Incoming inspection log\nLot L-100, 20 pcs inspected\nBore 12.4 mm, limit 12.5 mm, OK\n"
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server with users."""
    for started in serve_in_thread(tmp_path_factory.mktemp("data")):
        for name in ("root", "abe"):
            users.add(started.database, name=name, role="admin", password=PASSWORD)
        yield started


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """The client tells its makers of every use, unless it is told not to."""
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "False")


def connect(site, *, language="en", scopes=("submit",), owner="root"):
    token = tokens.create(site.database, name="line 3", scopes=scopes, owner=owner)
    headers = {"Authorization": f"Bearer {token}"}
    return Client(
        f"{site.url}/{language}", headers=headers, verbose=False, download_files=False, analytics_enabled=False
    )


def test_a_program_summarizes_a_text_and_finds_it_again(site):
    client = connect(site)
    told = client.predict(text=LOG, api_name="/summarize")
    assert "77.31 mm" in told["summary"]
    assert service.job(site.database, told["job"]).submitted_by == "root"
    assert client.predict(job=told["job"], api_name="/result") == told
    assert client.predict(LOG, "specification", api_name="/summarize")["job"] == told["job"] + 1
    client.close()


def test_nothing_but_these_two_calls_is_offered(site):
    client = connect(site)
    offered = client.view_api(return_format="dict")
    assert sorted(offered["named_endpoints"]) == ["/result", "/summarize"]
    assert offered["unnamed_endpoints"] == {}
    assert all(one["description"] for one in offered["named_endpoints"].values())
    client.close()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer tk_guess"}, {"Authorization": "Basic eDp5"}])
def test_nobody_gets_in_without_a_token(site, headers):
    with pytest.raises(ValueError, match=r"Could not|401|not logged in"):
        Client(f"{site.url}/en", headers=headers, verbose=False, download_files=False, analytics_enabled=False)


def test_a_token_without_the_scope_for_it_does_not_open_the_pages(site):
    with pytest.raises(ValueError, match=r"Could not|401|not logged in"):
        connect(site, scopes=("review", "export", "policy"))


def test_an_administrators_token_reaches_no_more_than_a_submitters_own_jobs(site):
    foreign = submit_once(site.database, document=build_document(), submitted_by="abe", key="k").job_id
    client = connect(site, language="ja")
    with pytest.raises(AppError, match=f"ジョブ {foreign}"):
        client.predict(job=foreign, api_name="/result")
    program = {"Authorization": client.headers["Authorization"]}
    assert httpx.get(f"{site.url}/me", headers=program).json()["role"] == "submitter"
    for page in ("inbox", "settings", "users"):
        assert httpx.get(f"{site.url}/en/{page}", headers=program).status_code == 403
    client.close()


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [("", "", "no text"), ("x" * (MAX_CHARACTERS + 1), "", "at most 200,000"), (LOG, "novel", "does not exist")],
)
def test_what_cannot_be_summarized_is_refused_with_the_sentence_of_the_page(site, text, kind, said):
    client = connect(site)
    with pytest.raises(AppError, match=said):
        client.predict(text, kind, api_name="/summarize")
    client.close()
