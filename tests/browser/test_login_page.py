"""Logging in, being let in and kept out, as people with a browser see it."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from backend.people import users
from tests.browser import pages
from tests.browser.conftest import serve_in_thread

PAGE_MS = 60_000  # a whole page of Gradio for the first time, on a busy machine
PASSWORD = "correct horse battery"
LOG = "Incoming inspection log\nLot L-100, 20 pcs inspected\nBore 12.4 mm, limit 12.5 mm, OK\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server with users; everybody has to log in."""
    for started in serve_in_thread(tmp_path_factory.mktemp("data")):
        for name, role in (("山田", "lead"), ("abe", "submitter"), ("ito", "submitter")):
            users.add(started.database, name=name, role=role, password=PASSWORD)
        yield started


def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Type name and password, as on a keyboard without a mouse."""
    page.locator("#name").fill(name)
    page.locator("#name").press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def forget_refusals(watched) -> None:
    """A refused page is an error in Chromium's console, soon after; here it is what was asked for."""
    ends = time.monotonic() + 30
    while not any(re.search("status of 40[13]", fault) for fault in watched.faults) and time.monotonic() < ends:
        watched.page.wait_for_timeout(50)
    watched.forget("status of 40[13]")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_person_logs_in_and_comes_to_the_page_that_was_asked_for(open_page, language):
    watched = open_page(language)
    page = watched.page
    page.goto(f"{watched.base_url}/inbox")
    expect(page.locator("h1")).to_have_text("Log in" if language == "en" else "ログイン")
    assert page.evaluate("document.documentElement.lang") == language
    log_in(page, "山田", "wrong password")
    expect(page.get_by_role("alert")).to_contain_text("is wrong" if language == "en" else "違います")
    expect(page.locator("#name")).to_have_value("山田")
    forget_refusals(watched)
    page.keyboard.type(PASSWORD)  # the password field has the focus, the name is still there
    page.keyboard.press("Enter")
    page.wait_for_url(f"{watched.base_url}/{language}/inbox", wait_until="commit")
    expect(page.locator("#masthead .tk-person-name")).to_have_text("山田", timeout=PAGE_MS)
    expect(page.locator("#masthead .tk-person-name")).to_have_attribute(
        "title", "lead" if language == "en" else "責任者"
    )
    assert watched.faults == []
    page.locator("#masthead .tk-sign-out").click()
    page.wait_for_url(f"{watched.base_url}/{language}/login")
    page.goto(f"{watched.base_url}/{language}/inbox")
    expect(page.locator("#password")).to_be_visible()
    assert watched.page.context.cookies() == []
    # what the page had still asked for when its person logged out is refused, and Gradio says so
    watched.forget("status of 401|^console: Response$")


def test_the_login_page_changes_its_language_and_keeps_the_way(open_page):
    watched = open_page()
    page = watched.page
    page.goto(f"{watched.base_url}/en/settings")
    page.get_by_text("日本語").click()
    expect(page.locator("h1")).to_have_text("ログイン")
    log_in(page, "山田")
    page.wait_for_url(f"{watched.base_url}/ja/settings", wait_until="commit")


def test_a_submitter_sees_own_documents_and_no_page_of_others(open_page, site):
    abe, ito = open_page(), open_page()
    for watched, name in ((abe, "abe"), (ito, "ito")):
        watched.page.goto(watched.base_url)
        log_in(watched.page, name)
        expect(watched.page.locator("#masthead .tk-person-name")).to_have_text(name, timeout=PAGE_MS)
    job = pages.paste_and_summarize(abe.page, LOG, timeout_ms=60_000)
    for hidden in ("Inbox", "Insights", "Models", "Settings", "Users"):
        expect(abe.page.locator(".nav-holder nav a", has_text=hidden)).to_be_hidden()
    expect(abe.page.locator("#result a[href*=inbox]")).to_have_count(0)
    ito.page.goto(f"{ito.base_url}/en/?job={job}")
    assert f"There is no job {job}" in pages.error_message(ito.page)
    expect(ito.page.locator("#result .tk-summary")).to_have_count(0)
    ito.page.goto(f"{ito.base_url}/en/inbox")
    expect(ito.page.locator("h1")).to_have_text("Not for your role")
    forget_refusals(ito)


def test_a_temporary_password_is_replaced_before_anything_else(open_page, site):
    made = users.add(site.database, name="new", role="lead")
    watched = open_page()
    page = watched.page
    page.goto(f"{watched.base_url}/en/")
    log_in(page, "new", made)
    expect(page.locator("h1")).to_have_text("Choose a password")
    page.locator("#old").fill(made)
    page.locator("#new").fill("another good one")
    page.keyboard.press("Enter")
    expect(page.locator("#masthead .tk-person-name")).to_have_text("new", timeout=PAGE_MS)
