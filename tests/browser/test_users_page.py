"""An administrator's page: add, change, disable, in both languages, and axe on it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from backend.people import sessions, tokens, users
from tests.browser import pages
from tests.browser.conftest import serve_in_thread
from tests.browser.test_accessibility import serious_findings
from tests.browser.test_login_page import PAGE_MS, PASSWORD, log_in

WORDS = {
    "en": {"disabled": "disabled", "last": "only administrator", "role": "reviewer"},
    "ja": {"disabled": "停止中", "last": "管理者は root さんだけ", "role": "確認者"},
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server with one administrator and a token."""
    for started in serve_in_thread(tmp_path_factory.mktemp("data")):
        users.add(started.database, name="root", role="admin", password=PASSWORD)
        tokens.create(started.database, name="line 3", scopes=["submit"], owner="root")
        yield started


@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_administrator_adds_changes_and_disables_a_user(open_page, site, language):
    words, name = WORDS[language], f"山田-{language}"
    watched = open_page(language)
    page = watched.page
    page.goto(f"{watched.base_url}/{language}/users")
    log_in(page, "root")
    expect(page.locator("#users tbody tr").first).to_be_visible(timeout=PAGE_MS)
    page.locator("#user-name :is(input, textarea)").fill(name)
    page.locator(f"#user-role label:has-text('{words['role']}')").click()
    page.locator("#user-add").click()
    row = page.locator("#users tbody tr").filter(has_text=name)
    expect(row).to_contain_text(words["role"])
    made = page.locator("#users-said p").last.inner_text().replace("：", ": ").rpartition(": ")[2]
    assert sessions.log_in(site.database, name=name, password=made, address="")
    page.locator("#users .tk-cell-button", has_text="root").click()
    expect(page.locator("#user-name :is(input, textarea)")).to_have_value("root")
    page.locator("#user-disable").click()
    assert words["last"] in pages.error_message(page)
    page.locator("[data-testid=toast-close]").click()
    row.locator("button").click()
    expect(page.locator("#user-name :is(input, textarea)")).to_have_value(name)
    page.locator("#user-disable").click()
    expect(row).to_contain_text(words["disabled"])
    assert users.list_users(site.database)[-1].is_disabled
    assert serious_findings(page) == []
    if language == "ja":
        button = page.locator("#tokens .tk-cell-button")  # it reads 無効にする: its row says 無効 before the press, too
        button.click()
        expect(button).to_have_count(0)
        expect(page.locator("#tokens tbody tr")).to_contain_text("無効")
        assert tokens.list_tokens(site.database)[0].is_revoked
