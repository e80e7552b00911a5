"""Logging in by an identity provider as people with a browser see it: one button, there and back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import serve_in_thread
from tests.browser.test_accessibility import serious_findings
from tests.browser.test_login_page import PAGE_MS, forget_refusals
from tests.people.provider import CLIENT_ID, CLIENT_SECRET, serve_provider

BUTTON = {"en": "Log in with the company account", "ja": "会社のアカウントでログイン"}
REFUSED = {"en": "did not let you in", "ja": "許可しませんでした"}


@pytest.fixture(scope="module")
def provider():
    """A provider on this machine."""
    yield from serve_provider()


@pytest.fixture(scope="module")
def site(tmp_path_factory, provider):
    """A server that knows the provider."""
    named = {"oidc_issuer": provider.url, "oidc_client_id": CLIENT_ID, "oidc_client_secret": CLIENT_SECRET}
    yield from serve_in_thread(tmp_path_factory.mktemp("data"), oidc_roles={"leads": "lead"}, **named)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_person_comes_in_by_the_company_account_or_hears_why_not(open_page, provider, language):
    provider.forget()
    watched = open_page(language)
    page = watched.page
    page.goto(f"{watched.base_url}/{language}/inbox")
    expect(page.locator("#oidc")).to_have_text(BUTTON[language])
    assert serious_findings(page) == []
    page.locator("#oidc").click()  # the provider knows nobody yet
    expect(page.get_by_role("alert")).to_contain_text(REFUSED[language])
    forget_refusals(watched)
    provider.account = {"sub": language, "preferred_username": f"山田 {language}", "groups": ["leads"]}
    page.locator("#oidc").click()
    page.wait_for_url(f"{watched.base_url}/{language}/inbox", wait_until="commit")
    expect(page.locator("#masthead .tk-person-name")).to_have_text(f"山田-{language}", timeout=PAGE_MS)
    watched.forget(f"^request: {re.escape(provider.url)}/")
