"""Promises, prices and changes on *Settings* and *Insights*, in both languages."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from backend.review.learning import certificates
from backend.review.policy import policies, what_if
from backend.review.queue import inbox, verdicts
from tests.browser import pages
from tests.browser.test_inbox_page import fill

SAID = {
    "en": ("No threshold can promise", "Expected cost a day", "come as before", "no valid"),
    "ja": (
        "約束できるしきい値はありません",
        "期待費用",
        "同じように出ています",
        "有効な証明書がありません",
    ),
}
TRIAL = {"en": ("in the shadow", "is live", "has ended"), "ja": ("試算中", "実施中", "採用しました")}


@pytest.fixture(scope="module")
def judged(site):
    """Six summaries with verdicts."""
    fill(site, 6, prefix="Decisions")
    while (item_id := inbox.next_pending(site.database)) is not None:
        version = inbox.item(site.database, item_id).version
        kind = "approve" if item_id % 2 else "reject"
        verdicts.give(site.database, item_id=item_id, kind=kind, reviewer="local", expected_version=version)
    return site


@pytest.mark.parametrize("language", ["en", "ja"])
def test_settings_say_what_a_policy_costs_and_promises(open_page, judged, language):
    watched = open_page(language)
    page = watched.page
    pages.open_settings(page, watched.base_url)
    pages.set_dial(page, "threshold", 99)
    expect(page.locator("#costs")).to_contain_text(SAID[language][1])
    expect(page.locator("#cost-curve .js-plotly-plot")).to_be_visible()
    price = 7 if language == "en" else 8
    page.locator("#price-minute input").fill(str(price))
    page.locator("#price-minute input").press("Tab")
    page.locator("#certify").click()
    expect(page.locator("#certificate")).to_contain_text(SAID[language][0])
    assert what_if.current_prices(judged.database).minute == price
    assert certificates.latest(judged.database).guarantee.alpha == 0.05
    before = policies.current(judged.database)
    page.locator("#take").click()
    assert SAID[language][3] in pages.error_message(page)
    assert policies.current(judged.database) == before


@pytest.mark.parametrize(
    ("field", "typed", "button", "said"),
    [
        ("alpha", "0", "certify", "0.1～50"),
        ("rule-low", "101", "rule-add", "0～100"),
        ("second-share", "-1", "save-looks", "0～100"),
        ("trial-model", "-1", "trial-start", "0～9,999"),
        ("price-minute", "-1", None, "0～1,000,000,000"),
    ],
)
def test_a_number_out_of_range_is_refused_in_the_language_of_the_page(open_page, site, field, typed, button, said):
    watched = open_page("ja")
    page = watched.page
    pages.open_settings(page, watched.base_url)
    before = policies.current(site.database)
    page.locator(f"#{field} input").fill(typed)
    page.locator(f"#{field} input").press("Tab")
    if button is not None:
        page.locator(f"#{button}").click()
    assert f"{said} の数値を入力してください" in pages.error_message(page)
    assert policies.current(site.database) == before


@pytest.mark.parametrize("language", ["en", "ja"])
def test_insights_say_whether_something_changed(open_page, judged, language):
    watched = open_page(language)
    page = watched.page
    pages.open_insights(page, watched.base_url)
    expect(page.locator("#drift")).to_contain_text(SAID[language][2])
    expect(page.locator("#drift tbody tr")).to_have_count(1)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_another_policy_is_tried_in_the_shadow_then_live_and_promoted(open_page, judged, language):
    watched = open_page(language)
    page = watched.page
    pages.open_settings(page, watched.base_url)
    page.locator("#trial-samples input").fill("4")
    for number, name in enumerate(("start", "live", "promote")):
        page.locator(f"#trial-{name}").click()
        said = TRIAL[language][number]
        expect(page.locator("#trial")).to_contain_text(said)
    expect(page.locator("#trial tbody tr")).to_have_count(2)
    expect(page.locator("#trial tbody tr").last).to_contain_text("60 % / 10 % / 4")
    promoted = policies.current(judged.database)
    assert (promoted.threshold, promoted.samples) == (0.6, 4)
    policies.save(judged.database, threshold=0.5, samples=8, audit_share=0.05)
