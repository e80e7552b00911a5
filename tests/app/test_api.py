"""`/api/v1` as a program uses it, on a real database."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

from app.api.application import build_api
from app.api.body_limit import MAX_BODY_BYTES
from app.commands.reviewing import summary_json
from backend.errors import TashikaError
from backend.jobs import queue
from backend.jobs.worker import Worker
from backend.people import tokens, users
from backend.people.person import SCOPES
from backend.review.intake import service
from backend.review.queue import inbox, leases
from tests.review.builders import LOG, record_item, send_all_to_review, summarize
from tests.review.fixtures import database, migrated_file

__all__ = ["database", "migrated_file"]
PASSWORD = "correct horse battery"


@pytest.fixture
def api(database):
    return TestClient(build_api(database), raise_server_exceptions=False)


def bearer(database, *scopes, owner=None):
    token = tokens.create(database, name="test", scopes=scopes or SCOPES, owner=owner)
    return {"Authorization": f"Bearer {token}"}


def refusal(answer):
    assert set(answer.json()) == {"code", "message"}
    return answer.status_code, answer.json()["code"]


def test_a_document_becomes_a_summary_as_the_command_line_prints_it(api, database):
    headers = bearer(database)
    answer = api.post("/documents", json={"text": LOG, "title": "Log 7", "kind": "inspection_log"}, headers=headers)
    assert answer.status_code == 202
    job = answer.json()["job"]
    status = api.get(f"/jobs/{job}", headers=headers).json()
    assert (status["state"], status["position"], status["summary"], status["error"]) == ("queued", 1, None, None)
    assert refusal(api.get(f"/jobs/{job}/result", headers=headers)) == (409, "job.unfinished")
    Worker(database, summarize).run_one()
    status = api.get(f"/jobs/{job}", headers=headers).json()
    assert status["state"] == "done"
    result = api.get(f"/jobs/{job}/result", headers=headers).json()
    assert result == json.loads(json.dumps(summary_json(service.summary(database, status["summary"]))))
    assert result["document"]["title"] == "Log 7"
    assert "".join(token["text"] for token in result["tokens"]) == result["summary"]


def test_a_repeated_submission_is_one_job(api, database):
    headers = bearer(database) | {"Idempotency-Key": "order 7"}
    first = api.post("/documents", json={"text": LOG}, headers=headers).json()
    again = api.post("/documents", json={"text": LOG}, headers=headers).json()
    assert again == {"job": first["job"], "is_new": False}
    other = api.post("/documents", json={"text": "Another text."}, headers=headers)
    assert refusal(other) == (409, "submission.key_reused")


def test_a_file_is_read_as_in_the_browser(api, database):
    headers = bearer(database)
    answer = api.post("/files", files={"file": ("検査 7.txt", LOG.encode("cp932"))}, headers=headers)
    assert answer.status_code == 202
    assert service.job(database, answer.json()["job"]).document_title
    broken = api.post("/files", files={"file": ("a.pdf", b"%PDF-1.7 broken")}, headers=headers)
    assert broken.status_code == 422
    assert broken.json()["code"].startswith("document.")


def test_a_failed_job_says_why(api, database):
    headers = bearer(database)
    job = api.post("/documents", json={"text": LOG}, headers=headers).json()["job"]
    claimed = queue.claim(database, worker="w")
    queue.fail(database, claimed, TashikaError("test.broken", "It broke at {place}.", place="x"))
    assert api.get(f"/jobs/{job}", headers=headers).json()["error"] == {
        "code": "test.broken", "message": "It broke at x.",
    }  # fmt: skip
    assert refusal(api.get(f"/jobs/{job}/result", headers=headers)) == (409, "job.failed")


def test_an_item_is_read_and_decided_once(api, database):
    headers = bearer(database)
    item = record_item(database).item_id
    (row,) = api.get("/inbox", headers=headers).json()["items"]
    assert row["item_id"] == item
    found = api.get(f"/inbox/{item}", headers=headers).json()
    assert found["summary"]["review_item"] == item
    verdict = {"kind": "correct", "version": found["version"], "text": "Another text.", "note": "checked"}
    assert api.post(f"/inbox/{item}/verdict", json=verdict, headers=headers).status_code == 201
    again = api.post(f"/inbox/{item}/verdict", json=verdict, headers=headers)
    assert refusal(again) == (409, "review.already_decided")
    (given,) = api.get(f"/inbox/{item}", headers=headers).json()["verdicts"]
    assert (given["kind"], given["text"], given["reviewer"]) == ("correct", "Another text.", "local")
    (exported,) = api.get("/export/verdicts?format=jsonl", headers=headers).text.splitlines()
    assert json.loads(exported)["note"] == "checked"
    assert api.get("/export/verdicts", headers=headers).content.startswith(b"\xef\xbb\xbf")
    assert api.get("/export/verdicts?format=xlsx", headers=headers).content.startswith(b"PK")


def test_an_item_is_claimed_by_one_program_at_a_time(api, database):
    headers = bearer(database, "review")
    item = record_item(database).item_id
    claimed = api.post(f"/inbox/{item}/claim", headers=headers)
    assert claimed.status_code == 200
    assert api.get(f"/inbox/{item}", headers=headers).json()["lease"] == claimed.json()
    assert api.post(f"/inbox/{item}/claim", headers=headers).status_code == 200
    leases.release(database, item_id=item, reviewer=claimed.json()["owner"])
    leases.claim(database, item_id=item, reviewer="ito")
    assert refusal(api.post(f"/inbox/{item}/claim", headers=headers)) == (409, "review.lease_passed")
    verdict = {"kind": "approve", "version": 1}
    assert refusal(api.post(f"/inbox/{item}/verdict", json=verdict, headers=headers)) == (409, "review.lease_passed")


def test_the_policy_is_read_and_saved_with_its_shares_and_rules(api, database):
    headers = bearer(database)
    before = api.get("/policy", headers=headers).json()
    reach = {"risk_low": 0.8, "risk_high": 1.0, "kind": "specification"}
    rule = {**reach, "role": "lead", "needs_second": True, "hours": 4.0}
    values = {"threshold": 0.25, "samples": 4, "audit_share": 0.1}
    extended = {**values, "second_share": 0.2, "seed_share": 0.03, "rules": [rule]}
    saved = api.put("/policy", json=extended, headers=headers).json()
    assert saved == {"version": before["version"] + 1, **extended}
    assert api.get("/policy", headers=headers).json() == saved
    # A program that knows only the three values changes nothing else.
    assert api.put("/policy", json={**values, "samples": 5}, headers=headers).json() == {
        **saved, "version": saved["version"] + 1, "samples": 5,
    }  # fmt: skip
    assert api.put("/policy", json={**values, "rules": []}, headers=headers).json()["rules"] == []


def test_a_policy_that_was_changed_since_it_was_read_is_not_overwritten(api, database):
    headers = bearer(database)
    seen = api.get("/policy", headers=headers).json()["version"]
    mine = {"threshold": 0.25, "samples": 4, "audit_share": 0.1, "seen_version": seen}
    saved = api.put("/policy", json={**mine, "threshold": 0.3}, headers=headers).json()
    assert refusal(api.put("/policy", json=mine, headers=headers)) == (409, "policy.changed")
    assert api.get("/policy", headers=headers).json() == saved


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"threshold": 2}, "request.invalid"), ({"seed_share": -0.1}, "request.invalid"),
        ({"rules": [{"role": "king"}]}, "request.invalid"), ({"rules": [{"hours": 1e9}]}, "request.invalid"),
        ({"rules": [{}]}, "rules.nothing"),
        ({"rules": [{"role": "lead", "risk_low": 0.9, "risk_high": 0.1}]}, "rules.risk"),
    ],
)  # fmt: skip
def test_a_policy_that_makes_no_sense_is_refused(api, database, wrong, code):
    values = {"threshold": 0.25, "samples": 4, "audit_share": 0.1, **wrong}
    assert refusal(api.put("/policy", json=values, headers=bearer(database))) == (422, code)


def test_without_a_valid_token_nothing_is_answered(api, database):
    for headers in ({}, {"Authorization": "Bearer guess"}, {"Authorization": "Basic YTpi"}):
        for path in ("/inbox", "/jobs/1", "/policy", "/export/verdicts"):
            status, code = refusal(api.get(path, headers=headers))
            assert (status, code) in ((401, "token.missing"), (401, "token.invalid"))


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [("submit", "GET", "/jobs/1"), ("review", "GET", "/inbox"), ("export", "GET", "/export/verdicts"),
     ("policy", "GET", "/policy")],
)  # fmt: skip
def test_a_token_may_do_what_its_scopes_say(api, database, scope, method, path):
    others = [one for one in SCOPES if one != scope]
    assert refusal(api.request(method, path, headers=bearer(database, *others))) == (403, "token.scope")
    assert api.request(method, path, headers=bearer(database, scope)).status_code in (200, 404)


def test_a_token_may_do_what_its_owners_role_allows(api, database):
    for role in ("submitter", "reviewer", "lead"):
        users.add(database, name=role, role=role, password=PASSWORD)
    values = {"threshold": 0.25, "samples": 4, "audit_share": 0.1}
    allowed = {
        role: [
            api.get("/inbox", headers=bearer(database, owner=role)).status_code,
            api.get("/export/verdicts", headers=bearer(database, owner=role)).status_code,
            api.put("/policy", json=values, headers=bearer(database, owner=role)).status_code,
        ]
        for role in ("submitter", "reviewer", "lead")
    }
    assert allowed == {"submitter": [403, 403, 403], "reviewer": [200, 403, 403], "lead": [200, 200, 200]}


def test_a_submitters_token_fetches_own_summaries_only(api, database):
    for name, role in (("abe", "submitter"), ("ito", "submitter"), ("ueda", "reviewer")):
        users.add(database, name=name, role=role, password=PASSWORD)
    job = api.post("/documents", json={"text": LOG}, headers=bearer(database, owner="abe")).json()["job"]
    seen = [
        api.get(f"/jobs/{job}", headers=bearer(database, owner=name)).status_code for name in ("abe", "ito", "ueda")
    ]
    assert seen == [200, 404, 200]


def test_a_token_that_may_only_submit_reads_nothing_that_others_submitted(api, database):
    for name, role in (("abe", "submitter"), ("ueda", "admin")):
        users.add(database, name=name, role=role, password=PASSWORD)
    job = api.post("/documents", json={"text": LOG}, headers=bearer(database, owner="abe")).json()["job"]
    Worker(database, summarize).run_one()
    seen = {}
    for scopes in (("submit",), ("submit", "export"), ("submit", "review")):
        headers = bearer(database, *scopes, owner="ueda")
        seen[scopes] = [api.get(f"/jobs/{job}{rest}", headers=headers).status_code for rest in ("", "/result")]
        own = api.post("/documents", json={"text": f"{LOG}{scopes}"}, headers=headers).json()["job"]
        assert api.get(f"/jobs/{own}", headers=headers).status_code == 200
    assert seen == {("submit",): [404, 404], ("submit", "export"): [404, 404], ("submit", "review"): [200, 200]}


def test_every_refusal_has_a_code_and_a_sentence(api, database):
    headers = bearer(database)
    assert refusal(api.get("/nothing", headers=headers)) == (404, "request.not_found")
    assert refusal(api.delete("/policy", headers=headers)) == (405, "request.method")
    assert refusal(api.get("/jobs/0", headers=headers)) == (422, "request.invalid")
    assert refusal(api.get("/jobs/99", headers=headers)) == (404, "job.not_found")
    assert refusal(api.post("/documents", json={"text": " "}, headers=headers)) == (422, "document.paste_empty")
    assert refusal(api.post("/documents", json={"text": LOG, "tpyo": 1}, headers=headers)) == (422, "request.invalid")
    assert refusal(api.post("/documents", content=b"{", headers=headers)) == (422, "request.invalid")


def test_an_unforeseen_error_shows_no_stack(api, database, monkeypatch):
    monkeypatch.setattr(inbox, "page", lambda *args, **named: 1 / 0)
    answer = api.get("/inbox", headers=bearer(database))
    assert refusal(answer) == (500, "server.unexpected")
    assert "ZeroDivision" not in answer.text


def test_a_body_that_is_too_large_is_refused_before_it_is_kept(api, database):
    headers = bearer(database)
    announced = headers | {"Content-Length": str(MAX_BODY_BYTES + 1)}
    assert refusal(api.post("/documents", content=b"", headers=announced)) == (413, "request.too_large")

    def endless():
        for _ in range(MAX_BODY_BYTES // 1_000_000 + 2):
            yield b"x" * 1_000_000

    assert refusal(api.post("/documents", content=endless(), headers=headers)) == (413, "request.too_large")


def test_the_documentation_needs_no_other_server(api):
    page = api.get("/docs").text
    assert "http" not in page.replace("https://fastapi.tiangolo.com", "").split("<script>")[0]
    for part in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert api.get(f"/static-offline-docs/{part}").status_code == 200
    paths = api.get("/openapi.json").json()["paths"]
    assert {"/documents", "/files", "/jobs/{job}/result", "/inbox/{item}/verdict", "/policy"} <= set(paths)


def test_texts_that_no_database_holds_are_refused_or_mended(api, database):
    headers = bearer(database)
    send_all_to_review(database)
    for body in (b'{"text": "\\ud800 lot 7"}', b'{"text": "lot 7", "title": "\\ud800\\u0000"}'):
        assert api.post("/documents", content=body, headers=headers).status_code in (202, 422)
