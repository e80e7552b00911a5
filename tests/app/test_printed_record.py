from __future__ import annotations

from html.parser import HTMLParser

import fastapi
import pytest
from fastapi.testclient import TestClient

from app.pages.context import Context
from app.pages.printed_record import add_record_route, record_html
from backend.people.person import Person
from backend.review.intake import service
from backend.review.policy import policies
from backend.review.queue import dispatch, inbox, leases, verdicts, vigilance
from backend.review.store import events
from tests.review.builders import WRONG_SUMMARY, build_document, build_scored, record_item, send_all_to_review
from tests.review.fixtures import database, migrated_file

__all__ = ["database", "migrated_file"]
HOSTILE = "<script>window.__canary=1</script><img src=x onerror=alert(1)> ${7*7} ]]>"


class Reader(HTMLParser):
    """Tags and text of a page, as a browser would see them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        assert not [name for name, _ in attributes if name.startswith("on")]

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_record_has_summary_marks_verdicts_and_history(database, language):
    item_id = record_item(database, text=WRONG_SUMMARY, probability=0.1).item_id
    leases.claim(database, item_id=item_id, reviewer="abe")
    dispatch.escalate(database, item_id=item_id, reviewer="abe", to_role="lead", note="寸法?")
    verdicts.give(
        database, item_id=item_id, kind="correct", text="Fixed.", reviewer="ito", roles=["lead"], expected_version=1
    )
    history = events.of_item(database, item_id)
    page = Reader(record_html(inbox.item(database, item_id), history=history, language=language))
    assert {"mark", "sup", "table"} <= page.tags
    for shown in ("18.9", "Fixed.", "ito", "寸法?", "adapter-1", history[-1].hash):
        assert shown in page.text
    assert ("Escalated: lead" if language == "en" else "引き継ぎ: 責任者") in page.text
    assert next(one for one in history if one.kind == "claimed").facts["until"].endswith("+00:00")
    assert "+00:00" not in page.text  # the record keeps one form, the page writes times as its language does


@pytest.mark.parametrize("kind", ["approve", "reject"])
def test_the_record_of_an_answered_check_names_no_reviewer(database, kind):
    policies.save(database, threshold=1.0, samples=8, audit_share=0.0, seed_share=1.0)
    document = build_document()
    service.record(database, document=document, scored=build_scored(document=document, probability=0.99))
    check = inbox.next_pending(database, reviewer="fujiwara", roles=("reviewer",))
    leases.claim(database, item_id=check, reviewer="fujiwara")
    dispatch.escalate(database, item_id=check, reviewer="fujiwara", to_person="nakamura")
    leases.claim(database, item_id=check, reviewer="nakamura")
    before = record_html(inbox.item(database, check), history=events.of_item(database, check), language="en")
    assert "fujiwara" in before  # until it is answered it looks like any other item
    version = inbox.item(database, check).version
    said = {"kind": kind, "reviewer": "nakamura", "roles": ("reviewer",), "note": ""}
    vigilance.give(database, item_id=check, expected_version=version, **said)
    shown = record_html(inbox.item(database, check), history=events.of_item(database, check), language="en")
    assert "planted error" in shown
    assert "fujiwara" not in shown
    assert "nakamura" not in shown


def test_no_text_becomes_markup(database):
    send_all_to_review(database)
    document = build_document(f"Lot 1 {HOSTILE}\n", title=HOSTILE)
    scored = build_scored(f"Lot 1 {HOSTILE}", document=document, probability=0.05)
    item_id = service.record(database, document=document, scored=scored, submitted_by=HOSTILE).item_id
    verdicts.give(
        database, item_id=item_id, kind="correct", text=HOSTILE * 2, note=HOSTILE, reviewer=HOSTILE, expected_version=1
    )  # fmt: skip
    page = Reader(record_html(inbox.item(database, item_id), history=events.of_item(database, item_id), language="en"))
    assert not page.tags & {"script", "img"}
    assert page.text.count(HOSTILE) >= 6


def test_the_record_is_served_to_who_is_asking_and_a_missing_one_is_a_sentence(database):
    asked = []
    people = [Person("abe", "reviewer")]

    def find_person(request: fastapi.Request) -> Person:
        asked.append(request.url.path)
        return people[-1]

    app = fastapi.FastAPI()
    context = Context(database, model_state=None, score=None, person=find_person, data_dir="", model_name="")
    add_record_route(app, context)
    item_id = record_item(database).item_id
    client = TestClient(app)
    found = client.get(f"/ja/items/{item_id}/record")
    assert (found.status_code, asked) == (200, [f"/ja/items/{item_id}/record"])
    assert 'lang="ja"' in found.text
    missing = client.get("/en/items/99/record")
    assert (missing.status_code, missing.text) == (404, "There is no review item 99.")
    for wrong in ("x", "0", 2**63, "9" * 5000):
        assert client.get(f"/en/items/{wrong}/record").status_code == 422
    people.append(Person("x", "submitter"))
    refused = client.get(f"/ja/items/{item_id}/record")
    assert refused.status_code == 403
    assert "操作はできません" in refused.text
