"""*Inbox*, as a reviewer uses it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from backend.documents import read_text
from backend.review.intake import service
from backend.review.policy import policies
from backend.review.queue import drafts, inbox
from tests.browser import pages
from tests.browser.conftest import Site
from tests.browser.summarizer import summarize

PRESS_WHEN_DRAWN = """() => new MutationObserver((_, observer) => {
  observer.disconnect();
  document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', bubbles: true}));
}).observe(document.querySelector('#review .tk-review'), {childList: true})"""


def fill(site: Site, count: int, *, prefix: str = "Log") -> None:
    """Put summaries into the inbox, all of them sent to a person."""
    policies.save(site.database, threshold=0.0, samples=4, audit_share=0.0)
    for number in range(count):
        document = read_text(f"{prefix} {number}\nInspection of lot L-{number}: bore 12.{number} mm, OK\n")
        scored = summarize(document, samples=4, on_progress=lambda progress: None)
        service.record(site.database, document=document, scored=scored)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_empty_inbox_says_so_kindly(open_page, language):
    watched = open_page(language)
    pages.open_inbox(watched.page, watched.base_url)
    expected = "Nothing waits for you" if language == "en" else "確認待ちの要約はありません"
    expect(watched.page.locator("#inbox-list .tk-empty-title")).to_have_text(expected)


def test_approving_brings_the_next_item_and_says_what_happened(open_page, site):
    fill(site, 3)
    watched = open_page()
    page = watched.page
    pages.open_inbox(page, watched.base_url)
    first = pages.open_first_item(page)
    pages.approve(page)
    assert pages.message(page).startswith(f"Item {first} is approved.")
    assert pages.open_item_number(page) != first
    assert inbox.item(site.database, first).verdict.kind == "approve"


def test_a_correction_is_stored_and_can_be_undone(open_page, site):
    fill(site, 2, prefix="Correction")
    watched = open_page()
    page = watched.page
    pages.open_inbox(page, watched.base_url)
    item = pages.open_first_item(page)
    pages.correct(page, "Lot accepted. 寸法は 12.0 mm 🙂")
    assert inbox.item(site.database, item).verdict.text == "Lot accepted. 寸法は 12.0 mm 🙂"
    pages.undo(page)
    assert "undone" in pages.message(page)
    assert inbox.item(site.database, item).verdict is None
    assert pages.open_item_number(page) == item


def test_a_rejection_keeps_its_note(open_page, site):
    fill(site, 2, prefix="Rejection")
    watched = open_page()
    pages.open_inbox(watched.page, watched.base_url)
    item = pages.open_first_item(watched.page)
    pages.reject(watched.page, note="wrong lot")
    verdict = inbox.item(site.database, item).verdict
    assert (verdict.kind, verdict.note) == ("reject", "wrong lot")


def test_an_edit_is_never_lost_by_approving(open_page, site):
    fill(site, 2, prefix="Edited")
    watched = open_page()
    page = watched.page
    pages.open_inbox(page, watched.base_url)
    item = pages.open_first_item(page)
    page.locator("#corrected textarea").fill("another text")
    page.locator("#approve").click()
    assert "save the correction" in pages.error_message(page)
    assert inbox.item(site.database, item).verdict is None


def test_typing_is_kept_as_a_draft(open_page, site):
    fill(site, 1, prefix="Draft")
    watched = open_page()
    page = watched.page
    pages.open_inbox(page, watched.base_url)
    item = pages.open_first_item(page)
    box = page.locator("#corrected textarea")
    box.click()
    box.press_sequentially("half a thou")
    expect(page.locator("#draft-state")).to_have_attribute("data-state", "saved")
    other = open_page()
    pages.open_inbox(other.page, other.base_url, item=item)
    expect(other.page.locator("#corrected textarea")).to_have_value(re.compile("half a thou"))
    assert "half a thou" in drafts.find(site.database, item_id=item, reviewer="local").text


def test_two_reviewers_on_one_item_meet_a_clear_sentence(open_page, site):
    fill(site, 2, prefix="Double")
    one, two = open_page(), open_page("ja")
    for watched in (one, two):
        pages.open_inbox(watched.page, watched.base_url)
    item = pages.open_first_item(one.page)
    pages.open_inbox(two.page, two.base_url, item=item)
    pages.approve(one.page)
    two.page.locator("#approve").click()
    assert f"項目 {item} はすでに" in pages.error_message(two.page)


def test_five_items_by_keyboard_alone(open_page, site):
    fill(site, 6, prefix="Keys")
    before = inbox.counts(site.database)
    watched = open_page()
    page = watched.page
    pages.open_inbox(page, watched.base_url)
    expect(page.locator("#review .tk-summary")).to_be_visible()
    first = pages.open_item_number(page)
    page.keyboard.press("j")
    page.wait_for_function("first => !location.search.endsWith('item=' + first)", arg=first)
    page.keyboard.press("k")
    page.wait_for_function("first => location.search.endsWith('item=' + first)", arg=first)
    for key in ("a", "r", "a"):
        address = page.url
        pages.let_settle(page)
        page.keyboard.press(key)
        page.wait_for_function("before => location.href !== before", arg=address)
    address = page.url
    page.keyboard.press("e")
    expect(page.locator("#corrected textarea")).to_be_focused()
    page.keyboard.type("all area j k a r ?")
    pages.let_settle(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_function("before => location.href !== before", arg=address)
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+?")
    expect(page.locator("dialog.tk-dialog")).to_be_visible()
    page.keyboard.press("Escape")
    after = inbox.counts(site.database)
    assert after.decided == before.decided + 4


def test_a_held_key_and_one_too_early_decide_no_item_that_nobody_has_seen(open_page, site):
    fill(site, 3, prefix="Held")
    watched = open_page()
    page = watched.page
    pages.open_inbox(page, watched.base_url)
    expect(page.locator("#review .tk-summary")).to_be_visible()
    before, address = inbox.counts(site.database).decided, page.url
    pages.let_settle(page)
    page.evaluate(PRESS_WHEN_DRAWN)
    for _ in range(20):  # without an `up` in between Chromium sends repeated keys
        page.keyboard.down("a")
        page.wait_for_timeout(100)
    page.keyboard.up("a")
    assert page.url != address
    assert inbox.counts(site.database).decided == before + 1
    pages.let_settle(page)
    address = page.url
    page.keyboard.press("r")
    page.wait_for_function("before => location.href !== before", arg=address)
    assert inbox.counts(site.database).decided == before + 2


def test_keys_are_quiet_during_japanese_composition(open_page, site):
    fill(site, 2, prefix="Composition")
    watched = open_page("ja")
    page = watched.page
    pages.open_inbox(page, watched.base_url)
    pages.open_first_item(page)
    before = inbox.counts(site.database).decided
    page.locator("#corrected textarea").focus()
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "あ", "selectionStart": 1, "selectionEnd": 1})
    page.evaluate(
        "document.querySelector('#corrected textarea').dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Enter', ctrlKey: true, keyCode: 229, isComposing: true, bubbles: true}))"
    )
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', isComposing: true, bubbles: true}))"
    )
    session.send("Input.insertText", {"text": "あ"})
    page.wait_for_timeout(500)
    assert inbox.counts(site.database).decided == before


def test_the_list_is_paged_and_filtered(open_page, site):
    fill(site, 16, prefix="Paging")
    watched = open_page()
    page = watched.page
    pages.open_inbox(page, watched.base_url)
    expect(page.locator("#inbox-list .tk-row")).to_have_count(12)
    page.locator("#inbox-list .tk-pager button").last.click()
    expect(page.locator("#inbox-list .tk-pager")).to_contain_text("Page 2 of")
    page.locator("#inbox-list [data-filter=decided]").click()
    expect(page.locator("#inbox-list [data-filter=decided]")).to_have_attribute("aria-pressed", "true")
    page.locator("#inbox-list .tk-row").first.click()
    expect(page.locator("#message")).to_contain_text(re.compile("Approved|Corrected|Rejected"))
    expect(page.locator("#verdicts")).to_be_hidden()
