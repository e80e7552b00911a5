"""One person at a time on an item: who has it is said, nobody's text is lost, and it can go to somebody else."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from backend.review.queue import dispatch, inbox, leases, verdicts
from backend.review.store import events
from tests.browser import pages
from tests.browser.test_review_page import open_watched, own_text, put


def ask(page) -> None:
    """What a window does when a person comes back to it."""
    page.evaluate("window.dispatchEvent(new Event('focus'))")


@pytest.mark.parametrize(("language", "said"), [("en", "You are on it until"), ("ja", "自分が作業中")])
def test_an_opened_item_is_taken_and_given_back_when_it_is_left(open_page, site, language, said):
    watched, item = open_watched(open_page, site, language)
    expect(watched.page.locator("#lease")).to_contain_text(said)
    assert inbox.item(site.database, item).lease.owner == "local"
    watched.page.goto("about:blank")
    wait_for_lease(watched.page, site, item, is_held=False)


def test_one_of_two_tabs_leaves_an_item_and_the_other_still_holds_it(open_page, site):
    watched, item = open_watched(open_page, site)
    page, other = watched.page, watched.page.context.new_page()
    pages.open_inbox(other, watched.base_url, item=item)
    expect(other.locator("#lease")).to_contain_text("You are on it until")
    other.goto("about:blank")
    page.wait_for_timeout(1500)  # what it would send is on its way by now
    assert inbox.item(site.database, item).lease.owner == "local"
    pages.open_inbox(other, watched.base_url, item=item)
    expect(other.locator("#lease")).to_contain_text("You are on it until")
    leases.release(site.database, item_id=item, reviewer="local")  # as the server does for a tab that turns elsewhere
    other.evaluate(f"new BroadcastChannel('tashika-items').postMessage({{kind: 'opened', item: {item}, tab: 'third'}})")
    other.evaluate(f"new BroadcastChannel('tashika-items').postMessage({{kind: 'left', item: {item}, tab: 'third'}})")
    wait_for_lease(page, site, item, is_held=True)
    for tab in (other, page):
        tab.goto("about:blank")
    wait_for_lease(page, site, item, is_held=False)


def wait_for_lease(page, site, item, *, is_held) -> None:
    for _ in range(100):
        if (inbox.item(site.database, item).lease is not None) == is_held:
            return
        page.wait_for_timeout(100)
    pytest.fail("the item is free" if is_held else "the item is still held")


def test_an_item_of_another_person_can_be_read_but_not_decided_until_it_is_free(open_page, site):
    item = put(site)
    leases.claim(site.database, item_id=item, reviewer="安倍 <b>")
    watched, _ = open_watched(open_page, site, item=item)
    page = watched.page
    expect(page.locator("#lease")).to_contain_text("安倍 <b> works on this item until")
    expect(page.locator("#approve")).to_be_disabled()
    expect(page.locator("#skip")).to_be_enabled()
    leases.release(site.database, item_id=item, reviewer="安倍 <b>")
    ask(page)
    expect(page.locator("#lease")).to_contain_text("You are on it")
    expect(page.locator("#approve")).to_be_enabled()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_who_was_overtaken_sees_both_texts_and_loses_none(open_page, site, language):
    watched, item = open_watched(open_page, site, language)
    page = watched.page
    page.locator("#corrected textarea").fill("what I wrote 😀")
    expect(page.locator("#draft-state")).to_have_attribute("data-state", "saved")
    leases.release(site.database, item_id=item, reviewer="local")
    theirs = "what <img src=x onerror='window.__canary=1'> wrote"
    verdicts.give(site.database, item_id=item, kind="correct", text=theirs, reviewer="伊藤", expected_version=1)
    page.locator("#corrected textarea").fill("what I wrote, again")
    expect(page.locator("#conflict-theirs")).to_have_text(theirs)
    expect(page.locator("#conflict-mine")).to_have_text("what I wrote, again")
    expect(page.locator("#conflict")).to_contain_text("伊藤")
    expect(page.locator("#correct")).to_be_disabled()
    assert own_text(page) == "what I wrote, again"
    page.locator("#reload").click()
    expect(page.locator("#verdicts")).to_be_hidden()
    assert own_text(page) == theirs


def test_an_item_that_has_changed_says_so_and_is_opened_again_from_the_list_with_the_draft(open_page, site):
    item = put(site)
    dispatch.escalate(site.database, item_id=item, reviewer="ueda", to_role="reviewer", wants_second=True)
    roles = ("reviewer",)
    said = {"item_id": item, "kind": "reject", "reviewer": "abe", "roles": roles, "expected_version": 2}
    first = verdicts.give(site.database, **said)
    watched, _ = open_watched(open_page, site, item=item)
    page = watched.page
    page.locator("#corrected textarea").fill("what I wrote")
    expect(page.locator("#draft-state")).to_have_attribute("data-state", "saved")
    verdicts.undo(site.database, first, undone_by="abe", roles=roles)
    ask(page)
    expect(page.locator("#conflict")).to_contain_text("has changed since you opened it")
    expect(page.locator("#correct")).to_be_disabled()
    page.locator(f'#inbox-list .tk-row[data-id="{item}"]').click()
    expect(page.locator("#correct")).to_be_enabled()
    expect(page.locator("#conflict")).to_be_hidden()
    assert own_text(page) == "what I wrote"
    page.locator("#correct").click()
    expect(page.locator("#message .tk-note")).to_contain_text(f"item {item}", ignore_case=True)
    assert inbox.item(site.database, item, viewer="local").history[-1].text == "what I wrote"


def test_an_item_is_postponed_and_another_is_passed_on(open_page, site):
    later, passed = put(site), put(site)
    watched, _ = open_watched(open_page, site, item=later)
    page = watched.page
    page.locator(".tk-later summary").click()
    page.locator("#pass-note").fill("measure again 再測定")
    page.locator("#postpone-hours").select_option("24")
    page.locator("#postpone").click()
    expect(page.locator("#message .tk-note")).to_contain_text(f"Item {later} is postponed until")
    found = inbox.item(site.database, later)
    assert (found.state, found.lease) == ("pending", None)
    assert found.postponed_until is not None
    assert events.of_item(site.database, later)[-1].facts["note"] == "measure again 再測定"
    pages.open_inbox(page, watched.base_url, item=passed)
    page.locator(".tk-later summary").click()
    page.locator("#escalate").click()
    assert "Name a person or a role" in pages.error_message(page)
    page.locator("#pass-role").select_option("lead")
    page.locator("#pass-second").check()
    page.locator("#escalate").click()
    expect(page.locator("#message .tk-note")).to_contain_text(f"Item {passed} is passed on: lead")
    found = inbox.item(site.database, passed)
    assert (found.role, found.is_escalated, found.stage) == ("lead", True, "first")
    with page.expect_popup() as opened:
        page.locator(".tk-later summary").click()
        page.locator("#record").click()
    expect(opened.value.locator("h1")).to_be_visible()
