"""axe-core finds nothing serious on any page, in either language, light and dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from backend.documents import read_text
from backend.review.intake import service
from tests.browser.test_review_page import LOGS, put

SEEN = {
    "": "#recent .tk-row",
    "?job=": "#result .tk-summary",
    "inbox": "#review .tk-phrase",
    "insights": "#counts .tk-tile",
    "models": "#texts .tk-tile",
    "settings": "#what-if .tk-note",
    "users": "#users .tk-note",
}


@pytest.fixture(scope="module")
def job(site):
    """A summarized document of the local person, and an item in the inbox."""
    put(site)
    return service.submit(site.database, document=read_text(LOGS["en"][0]), submitted_by="local")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_axe_finds_nothing_serious(open_page, site, job, language, scheme):
    watched = open_page(language)
    page = watched.page
    page.emulate_media(color_scheme=scheme)
    found = []
    for path, seen in SEEN.items():
        page.goto(f"{watched.base_url}/{language}/{path}{job if path.endswith('=') else ''}")
        expect(page.locator(seen).first).to_be_visible()
        if page.locator("#submit").count():  # free once the page's state is there
            expect(page.locator("#submit")).to_be_enabled()
        if path == "inbox":
            page.keyboard.press("f")
            page.locator("#corrected textarea").fill("Lot L-100: bore 12.4 mm")
        found += [f"{path or 'summarize'}: {line}" for line in serious_findings(page)]
    assert found == []


def serious_findings(page) -> list[str]:
    """Rule, element and reason of each violation that is serious or critical, when no colour is on its way."""
    page.wait_for_function("document.getAnimations().every(one => !(one instanceof CSSTransition))")
    violations = Axe().run(page).response["violations"]
    return [
        f"{one['id']} {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in violations
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
