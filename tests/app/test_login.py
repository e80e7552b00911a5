"""The gate and the login page over HTTP, on the whole application with users and without."""

from __future__ import annotations

import json
import secrets
from urllib.parse import quote

import gradio as gr
import pytest
from fastapi.testclient import TestClient

from app.login.gate import is_loopback, require_users
from app.login.routes import local_target
from app.model_loading import ModelLoader
from app.pages.context import Context
from app.pages.frame import PAGE_ROLES
from app.pages.handling import authorizes
from app.server import build_app
from backend.config import Settings
from backend.errors import AccessError
from backend.jobs.worker import Worker
from backend.people import users
from backend.people.person import LOCAL_PERSON, ROLES, Person
from backend.review.intake import service
from backend.review.store.database import open_database, upgrade
from tests.browser.summarizer import summarize
from tests.review.builders import build_document

LOCAL = "http://127.0.0.1:7860"
PASSWORD = "correct horse battery"
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A client of the application, which runs in one event loop; one user a role; the database."""
    settings = Settings(data=tmp_path_factory.mktemp("data"), database_url="", host="127.0.0.1", port=7860)
    upgrade(settings.url)
    database = open_database(settings.url)
    model = ModelLoader(lambda report: summarize)
    app = build_app(settings, database=database, model=model, worker=Worker(database, model.summarize))
    with TestClient(app, base_url=LOCAL, follow_redirects=False) as started:
        assert started.get("/me").json()["is_local"]  # nobody has to log in as long as there are no users
        for role in ROLES:
            users.add(database, name=f"{role}-1", role=role, password=PASSWORD)
        yield started, database
    database.close()


@pytest.fixture
def client(served):
    served[0].cookies.clear()
    return served[0]


def log_in(client, role, *, target="", password=PASSWORD):
    form = {"name": f"{role}-1", "password": password, "next": target}
    return client.post("/en/login", data=form)


def call(client, fn_index, data):
    """Call a handler of the English pages as a browser does, by its number; what it said went wrong, or None."""
    session = secrets.token_hex(8)
    body = {"data": data, "fn_index": fn_index, "session_hash": session}
    assert client.post("/en/gradio_api/queue/join", json=body).status_code == 200
    stream = client.get("/en/gradio_api/queue/data", params={"session_hash": session}).text
    messages = [json.loads(line.removeprefix("data: ")) for line in stream.splitlines() if line.startswith("data: ")]
    (completed,) = [message for message in messages if message["msg"] == "process_completed"]
    return None if completed["success"] else completed["output"]["error"]


@pytest.mark.parametrize("path", ["/en/", "/ja/inbox?item=3", "/en/settings", "/me", "/en/config"])
def test_nobody_gets_in_without_logging_in(client, path):
    page = client.get(path, headers=HTML)
    language = "ja" if path.startswith("/ja") else "en"
    assert (page.status_code, page.headers["Location"]) == (303, f"/{language}/login?next={quote(path, safe='/')}")
    program = client.get(path)
    assert (program.status_code, program.json()["code"]) == (401, "login.needed")


def test_without_an_identity_provider_there_is_no_way_to_one(client):
    assert "/login/oidc" not in client.get("/en/login").text
    for path in ("/en/login/oidc", "/en/login/oidc?next=/en/inbox"):
        assert client.get(path).headers["Location"] == "/en/login"
    assert client.get("/login/oidc/callback?code=x&state=").status_code == 401


def test_uploads_and_files_are_for_the_logged_in_only(client, served, tmp_path):
    answer = client.post("/en/gradio_api/upload", files={"files": ("a.txt", b"text")})
    assert answer.status_code == 401
    assert client.get("/en/gradio_api/file=/etc/hostname").status_code == 401
    log_in(client, "submitter")
    (path,) = client.post("/en/gradio_api/upload", files={"files": ("a.txt", b"text")}).json()
    assert client.get(f"/en/gradio_api/file={path}").text == "text"
    client.cookies.clear()
    assert client.get(f"/en/gradio_api/file={path}").status_code == 401


def test_health_is_for_everybody_and_tells_nothing_else(client):
    assert set(client.get("/healthz").json()) == {"status", "model", "stage", "share", "error"}


def test_a_login_leads_to_where_one_wanted_to_go(client):
    answer = log_in(client, "reviewer", target="/en/inbox?item=3")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/en/inbox?item=3")
    cookie = answer.headers["Set-Cookie"]
    assert all(flag in cookie for flag in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"))
    assert client.get("/me").json() == {
        "name": "reviewer-1", "role": "reviewer", "is_local": False, "has_password": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/ja/inbox?item=3", "/en/inbox?item=3"),
        ("https://evil.example/", "/en/"), ("//evil.example/", "/en/"), ("/\\evil.example", "/en/"),
        ("javascript:alert(1)", "/en/"), ("/en//evil.example", "/en/evil.example"), ("/api/v1/docs", "/en/"),
        ("/en/\r\nSet-Cookie: a=b", "/en/"), ("", "/en/"),
        ("/ja/login?next=/ja/login", "/en/"),
    ],
)  # fmt: skip
def test_a_login_never_leads_to_another_site(target, leads_to):
    assert local_target(target, language="en") == leads_to


@pytest.mark.parametrize(
    ("language", "said"), [("en", "name or the password is wrong"), ("ja", "パスワードが違います")]
)
def test_a_wrong_password_is_said_on_the_page_without_echoing_markup(client, language, said):
    form = {"name": '"><script>alert(1)</script>', "password": "wrong", "next": '"><b>'}
    answer = client.post(f"/{language}/login", data=form)
    assert answer.status_code == 401
    assert said in answer.text
    assert "<script" not in answer.text
    assert "<b>" not in answer.text
    assert "set-cookie" not in answer.headers


def test_too_many_attempts_are_said_so(client, served):
    for _ in range(5):
        assert client.post("/en/login", data={"name": "guess", "password": "x"}).status_code == 401
    answer = client.post("/en/login", data={"name": "guess", "password": "x"})
    assert answer.status_code == 429
    assert "too many attempts" in answer.text


def test_another_site_can_neither_log_in_nor_log_out(client):
    log_in(client, "lead")
    for path in ("/en/login", "/en/logout", "/en/password"):
        assert client.post(path, headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.get("/me").status_code == 200


def test_a_session_ends_with_logging_out_even_for_a_copied_cookie(client):
    log_in(client, "lead")
    copied = dict(client.cookies)
    assert client.post("/en/logout").headers["Location"] == "/en/login"
    client.cookies.update(copied)
    assert client.get("/me").status_code == 401


def test_a_temporary_password_opens_nothing_but_the_page_for_an_own_one(client, served):
    made = users.add(served[1], name="new", role="lead")
    client.post("/en/login", data={"name": "new", "password": made})
    assert client.get("/en/inbox", headers=HTML).headers["Location"] == "/en/password"
    assert client.get("/en/config").status_code == 403
    assert made not in client.get("/en/password").text
    refused = client.post("/en/password", data={"old": made, "new": "short"})
    assert refused.status_code == 401
    assert "10 to 200 characters" in refused.text
    assert client.post("/en/password", data={"old": made, "new": PASSWORD}).status_code == 303
    assert client.get("/me").json()["name"] == "new"


@pytest.mark.parametrize("role", ROLES)
def test_a_page_opens_for_the_roles_that_may(client, role):
    log_in(client, role)
    for page, needed in PAGE_ROLES.items():
        answer = client.get(f"/ja/{page}", headers=HTML)
        assert answer.status_code == (200 if Person("x", role).may(needed) else 403), page
        if answer.status_code == 403:
            assert "このページは開けません" in answer.text


def handlers(served):
    """All handlers of the English pages by number, with what they need."""
    blocks = next(route.app for route in served[0].app.routes if getattr(route, "path", "") == "/en").get_blocks()
    return {number: block for number, block in blocks.fns.items() if callable(block.fn)}


def test_every_handler_of_every_page_names_the_role_it_needs(served):
    found = handlers(served)
    assert len(found) > 12
    unguarded = [block.name for block in found.values() if getattr(block.fn, "required_role", None) not in ROLES]
    assert unguarded == []


def test_no_handler_answers_a_role_that_may_not_call_it(client, served):
    log_in(client, "submitter")
    refused = 0
    for number, block in handlers(served).items():
        if Person("x", "submitter").may(block.fn.required_role):
            continue
        said = call(client, number, [1 if isinstance(one, gr.Slider) else None for one in block.inputs])
        assert "Your role" in (said or ""), block.name
        refused += 1
    assert refused > 8


def test_a_submitter_opens_own_jobs_only(client, served):
    database = served[1]
    own = service.submit(database, document=build_document(), submitted_by="submitter-1")
    foreign = service.submit(database, document=build_document("Secret text.\n"), submitted_by="lead-1")
    (poll,) = [number for number, block in handlers(served).items() if block.name == "poll"]
    log_in(client, "submitter")
    assert call(client, poll, [own]) is None
    assert f"no job {foreign}" in call(client, poll, [foreign])
    log_in(client, "reviewer")
    assert call(client, poll, [foreign]) is None


def test_a_handler_without_a_person_is_refused():
    context = Context(
        database=None, model_state=None, score=None, person=lambda request: LOCAL_PERSON, data_dir="", model_name=""
    )
    called = authorizes("en", context=context, role="lead")(lambda value: value)
    assert called(gr.Request(), 7) == 7
    nobody = Context(
        database=None,
        model_state=None,
        score=None,
        person=lambda request: Person("x", "submitter"),
        data_dir="",
        model_name="",
    )
    with pytest.raises(gr.Error, match="Your role"):
        authorizes("en", context=nobody, role="lead")(lambda value: value)(gr.Request(), 7)


@pytest.mark.parametrize(
    ("host", "is_local"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("[::1]", True), ("127.0.0.9", True),
     ("0.0.0.0", False), ("::", False), ("192.168.1.4", False), ("plant.example", False)],
)  # fmt: skip
def test_only_this_machines_own_addresses_go_without_users(host, is_local, tmp_path):
    assert is_loopback(host) == is_local
    url = f"sqlite:///{tmp_path / 'a.db'}"
    upgrade(url)
    database = open_database(url)
    if is_local:
        require_users(database, host=host)
    else:
        with pytest.raises(AccessError, match="tashika users add"):
            require_users(database, host=host)
        users.add(database, name="abe", role="admin", password=PASSWORD)
        require_users(database, host=host)
    database.close()
