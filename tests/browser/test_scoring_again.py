"""*Score again* while the model takes its time: the score finds who asked for it, and disturbs nobody who types."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from backend.review.queue import inbox
from tests.browser import pages, summarizer
from tests.browser.conftest import serve_in_thread
from tests.browser.test_review_page import own_text, put

GATE = threading.Event()


def score(document, **how):
    """Like the summarizer's, but not before the test says so."""
    assert GATE.wait(60)
    return summarizer.score(document, **how)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server whose model scores when the test says so."""
    model = SimpleNamespace(summarize=summarizer.summarize, score=score)
    yield from serve_in_thread(tmp_path_factory.mktemp("data"), load=lambda report: model)


@pytest.fixture(autouse=True)
def gate():
    """Closed, until the test opens it."""
    GATE.clear()
    yield GATE
    GATE.set()


def open_and_score(open_page, site, text: str):
    """An item whose text was edited and sent to be scored."""
    watched, item = open_page(), put(site)
    pages.open_inbox(watched.page, watched.base_url, item=item)
    send(watched.page, text)
    return watched.page, item


def send(page, text: str) -> None:
    page.locator("#corrected textarea").fill(text)
    page.locator("#score-again").click()
    expect(page.locator("#score-again")).to_be_disabled()


#: Notes that the button was switched off, which a refusal undoes sooner than a look at the page may come.
WATCH_BUTTON = """() => new MutationObserver(() => {
  if (document.querySelector("#score-again")?.disabled) document.documentElement.dataset.sent = "yes";
}).observe(document.body, {subtree: true, childList: true, attributes: true, attributeFilter: ["disabled"]})"""


def test_a_score_that_comes_back_leaves_the_field_to_who_types_into_it(open_page, site, gate):
    page, item = open_and_score(open_page, site, "Lot L-100: bore 12.9 mm, OK. Shaft length 85.1 mm.")
    page.locator("#review .tk-phrase:not([data-band=sure])").first.click()
    page.keyboard.press("c")
    field = page.locator("#phrase-text")
    expect(field).to_be_focused()
    pages.let_settle(page)
    gate.set()
    expect(page.locator("#which")).to_be_visible()
    page.keyboard.press("End")
    page.keyboard.type("arx")
    expect(field).to_be_focused()
    assert field.input_value().endswith("arx")
    assert "arx" in own_text(page)
    assert inbox.item(site.database, item).verdict is None
    page.locator("#which").click()  # the scored text is there when it is asked for
    expect(page.locator("#review .tk-summary")).to_contain_text("85.1")


def test_a_verdict_key_does_not_count_while_the_scored_text_has_only_just_come(open_page, site, gate):
    page, item = open_and_score(open_page, site, "Lot L-100: bore 12.4 mm, OK.")
    pages.let_settle(page)
    page.evaluate(
        """() => new MutationObserver((_, watching) => {
          watching.disconnect();
          setTimeout(() => document.dispatchEvent(new KeyboardEvent("keydown", { key: "r", bubbles: true })), 50);
        }).observe(document.querySelector("#review .tk-summary"), { childList: true })"""
    )
    gate.set()
    expect(page.locator("#review .tk-summary")).to_have_text("Lot L-100: bore 12.4 mm, OK.")
    page.wait_for_timeout(1500)
    assert inbox.item(site.database, item).verdict is None
    page.keyboard.press("r")
    expect(page.locator("#message .tk-note")).to_be_visible()


def test_a_second_item_is_scored_while_the_first_one_still_is(open_page, site, gate):
    other = put(site)
    page, first = open_and_score(open_page, site, "the first item's own text 1.")
    page.locator(f'#inbox-list .tk-row[data-id="{other}"]').click()
    page.wait_for_url(f"**item={other}")
    send(page, "the second item's own text 2.")
    gate.set()
    expect(page.locator("#review .tk-summary")).to_have_text("the second item's own text 2.")
    expect(page.locator("#score-again")).to_be_enabled()
    page.locator(f'#inbox-list .tk-row[data-id="{first}"]').click()
    page.wait_for_url(f"**item={first}")
    expect(page.locator("#corrected textarea")).to_have_value("the first item's own text 1.")
    expect(page.locator("#score-again")).to_be_enabled()


def open_and_wait(open_page, site):
    """An item that a scorer is ready for."""
    watched, item = open_page(), put(site)
    pages.open_inbox(watched.page, watched.base_url, item=item)
    expect(watched.page.locator("#score-again")).to_be_visible()
    return watched


def expect_button_back(page) -> None:
    expect(page.locator("#score-again")).to_be_enabled()
    expect(page.locator("#scoring")).to_have_text("")


def test_a_refused_scoring_gives_its_button_back(open_page, site):
    watched = open_and_wait(open_page, site)
    page = watched.page
    page.evaluate("document.querySelector('#corrected-text').removeAttribute('maxlength')")
    page.evaluate(WATCH_BUTTON)
    page.locator("#corrected textarea").fill("x" * 20_001)
    page.locator("#score-again").click()
    expect(page.locator("html")).to_have_attribute("data-sent", "yes")
    assert "at most 20000 characters" in pages.error_message(page)
    expect_button_back(page)
    watched.forget("Failed to load resource")


def test_a_scoring_that_never_reached_the_server_gives_its_button_back(open_page, site):
    watched = open_and_wait(open_page, site)
    watched.page.route("**/queue/join*", lambda route: route.abort(), times=1)
    send(watched.page, "bore 12.4 mm")
    expect_button_back(watched.page)  # Gradio loads the page anew, as soon as the server answers
    assert own_text(watched.page) == "bore 12.4 mm"
    watched.forget("Failed to load resource")
