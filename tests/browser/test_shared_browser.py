"""A log-in that ends, or changes hands, while somebody types: no text is lost, and none becomes another person's."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from backend.people import users
from backend.people.sessions import log_out
from backend.review.queue import drafts, inbox, saved_views
from tests.browser import pages
from tests.browser.conftest import serve_in_thread
from tests.browser.test_login_page import PAGE_MS, PASSWORD, log_in
from tests.browser.test_review_page import own_text, put


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server with two reviewers."""
    for started in serve_in_thread(tmp_path_factory.mktemp("data")):
        for name in ("abe", "kei"):
            users.add(started.database, name=name, role="reviewer", password=PASSWORD)
        yield started


def open_as(page: Page, site, name: str, *, item: int) -> None:
    """Log in on the way to an item."""
    page.goto(f"{site.url}/en/inbox?item={item}")
    log_in(page, name)
    expect(page.locator("#review .tk-summary")).to_be_visible(timeout=PAGE_MS)


def type_and_wait(page: Page, text: str, *, state: str) -> None:
    """Replace the own text; until it is saved, or is not."""
    page.locator("#corrected textarea").fill(text)
    expect(page.locator("#draft-state")).to_have_attribute("data-state", state)


def test_what_is_typed_after_the_session_has_ended_comes_back_after_the_next_log_in(open_page, site):
    item, watched = put(site), open_page()
    page = watched.page
    open_as(page, site, "abe", item=item)
    type_and_wait(page, "typed in time", state="saved")
    log_out(site.database, page.context.cookies()[0]["value"])
    page.locator("#note textarea").fill("and why")
    type_and_wait(page, "typed too late", state="failed")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_url("**/en/login?next=**")
    log_in(page, "abe")
    expect(page.locator("#corrected textarea")).to_have_value("typed too late", timeout=PAGE_MS)
    expect(page.locator("#note textarea")).to_have_value("and why")
    expect(page.locator("#draft-state")).to_have_attribute("data-state", "saved")
    assert drafts.find(site.database, item_id=item, reviewer="abe").text == "typed too late"
    watched.forget("status of 40[01]")  # a refused request is an error in Chromium's console


def test_what_another_tab_has_saved_since_is_not_overwritten_by_what_was_left_behind(open_page, site):
    item, watched = put(site), open_page()
    page = watched.page
    open_as(page, site, "abe", item=item)
    log_out(site.database, page.context.cookies()[0]["value"])
    type_and_wait(page, "left behind", state="failed")
    page.goto(f"{site.url}/en/login")
    drafts.save(site.database, item_id=item, reviewer="abe", text="newer")
    open_as(page, site, "abe", item=item)
    assert own_text(page) == "newer"
    watched.forget("status of 40[01]")  # a refused request is an error in Chromium's console


def test_a_tab_of_who_was_logged_in_before_saves_and_decides_nothing_for_who_is_now(open_page, site):
    item, watched = put(site), open_page()
    page = watched.page
    open_as(page, site, "abe", item=item)
    page.context.clear_cookies()
    other = page.context.new_page()
    open_as(other, site, "kei", item=put(site))
    type_and_wait(page, "what abe wrote", state="failed")
    expect(page.locator("#draft-state")).to_contain_text("opened by abe, and kei is logged in now")
    page.locator("#correct").click()
    assert "opened by abe, and kei is logged in now" in pages.error_message(page)
    assert inbox.item(site.database, item).verdict is None
    assert drafts.find(site.database, item_id=item, reviewer="kei") is None
    watched.forget("status of 40[01]")  # a refused request is an error in Chromium's console


def log_in_beside(page: Page, site, name: str) -> None:
    """Somebody else logs in with another tab of the same browser."""
    page.context.clear_cookies()
    open_as(page.context.new_page(), site, name, item=put(site))


def expect_refusal(page: Page) -> None:
    """The last message on the page names both."""
    toast = page.locator("[data-testid=toast-body]").last
    expect(toast).to_contain_text("opened by abe, and kei is logged in now")
    toast.locator("[data-testid=toast-close]").click()
    expect(page.locator("[data-testid=toast-body]")).to_have_count(0)


def test_a_tab_of_who_was_logged_in_before_undoes_no_verdict(open_page, site):
    item, watched = put(site), open_page()
    page = watched.page
    put(site)
    open_as(page, site, "abe", item=item)
    pages.approve(page)
    log_in_beside(page, site, "kei")
    page.locator("#undo").click()
    expect_refusal(page)
    verdict = inbox.item(site.database, item).verdict
    assert (verdict.kind, verdict.reviewer) == ("approve", "abe")
    watched.forget("status of 40[01]")  # a refused request is an error in Chromium's console


def test_a_tab_of_who_was_logged_in_before_keeps_no_view_and_assigns_nothing(open_page, site):
    item, watched = put(site), open_page()
    page = watched.page
    open_as(page, site, "abe", item=item)
    page.locator(f'#inbox-list [data-select="{item}"]').check()
    page.locator("#inbox-list .tk-more summary").click()
    log_in_beside(page, site, "kei")
    page.locator("#inbox-list [data-person]").fill("kei")
    page.locator("#inbox-list [data-assign]").click()
    expect_refusal(page)
    assert inbox.item(site.database, item).assignee is None
    page.locator("#inbox-list [data-viewname]").fill("abe's view")
    page.locator("#inbox-list [data-keep]").click()
    expect_refusal(page)
    assert saved_views.of_person(site.database, "kei") == ()
    watched.forget("status of 40[01]")  # a refused request is an error in Chromium's console
