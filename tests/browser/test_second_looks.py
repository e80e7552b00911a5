"""Rules, checks, and what comes back: as a lead and a reviewer meet them, in both languages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from backend.documents import read_text
from backend.review.intake import service
from backend.review.policy import policies
from backend.review.queue import dispatch, inbox, leases, verdicts, vigilance
from backend.review.store import events
from backend.review.store.inbox_views import Rule
from backend.review.store.tables import now
from tests.browser import pages
from tests.browser.summarizer import score
from tests.browser.test_review_page import LOGS, open_watched, put

CHECK = {"en": "was a check", "ja": "は点検でした"}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_lead_adds_a_rule_and_removes_it_again(open_page, site, language):
    watched = open_page(language)
    page = watched.page
    pages.open_settings(page, watched.base_url)
    page.locator("#rule-hours input").fill("4")
    page.locator("#rule-role input[value=lead]").check()
    page.locator("#rule-add").click()
    expect(page.locator("#rules tbody tr")).to_have_count(1)
    expect(page.locator("#rules tbody")).to_contain_text("50 % – 100 %")
    assert policies.current(site.database).rules == (Rule(0.5, 1.0, role="lead", hours=4.0),)
    page.locator("#rule-low input").fill("90")
    page.locator("#rule-low input").press("Tab")
    page.locator("#rule-add").click()
    expect(page.locator("#rules tbody tr")).to_have_count(2)
    page.locator("#rules [data-press='-2']").click()
    expect(page.locator("#rules tbody tr").first).to_contain_text("90 % – 100 %")
    for count in (1, 0):
        page.locator("#rules [data-press='1']").click()
        expect(page.locator("#rules tbody tr")).to_have_count(count)
    assert policies.current(site.database).rules == ()


def test_a_rule_is_moved_and_removed_by_the_keyboard_alone(open_page, site):
    roles = ("reviewer", "lead", "admin")
    rules = tuple(Rule(0.5, 1.0, role=role) for role in roles)
    policies.save_rules(site.database, rules, seen_version=policies.current(site.database).version)
    watched = open_page("ja")
    page = watched.page
    pages.open_settings(page, watched.base_url)
    rows, focused = page.locator("#rules tbody tr"), page.locator("#rules :focus")
    for place, pressed in ((2, "-2"), (1, None)):
        expect(rows.nth(place).locator("[data-press]").first).to_have_text("上へ")
        rows.nth(place).locator("[data-press]").first.press("Enter")
        expect(rows.nth(place - 1)).to_contain_text("管理者")
        if pressed is not None:
            expect(focused).to_have_attribute("data-press", pressed)
    expect(focused).to_have_attribute("role", "region")  # at the top there is no way up: never on another button
    page.locator("#rules [data-press='3']").press("Enter")
    expect(rows).to_have_count(2)
    expect(focused).to_have_attribute("data-press", "2")
    for count in (1, 0):
        page.keyboard.press("Enter")
        expect(rows).to_have_count(count)
    expect(page.locator("#rules .tk-sheet")).to_be_focused()
    assert policies.current(site.database).rules == ()


def test_a_page_that_is_behind_puts_no_old_value_back_and_one_that_saves_goes_on(open_page, site):
    policies.save(site.database, threshold=0.5, samples=8, audit_share=0.05)
    watched = open_page()
    page = watched.page
    pages.open_settings(page, watched.base_url)
    elsewhere = policies.save(site.database, threshold=0.2, samples=8, audit_share=0.05, saved_by="ueda")
    pages.set_dial(page, "audit", 7)
    page.locator("#rule-role input[value=lead]").check()
    for button in ("#save", "#save-looks", "#rule-add"):
        page.locator(button).click()
        assert "has been changed since it was read" in pages.error_message(page)
        page.locator("[data-testid=toast-close]").first.click()
        expect(page.locator("[data-testid=toast-body]")).to_have_count(0)
    assert policies.current(site.database) == elsewhere
    pages.open_settings(page, watched.base_url)
    page.locator("#rule-role input[value=lead]").check()
    page.locator("#rule-add").click()
    expect(page.locator("#rules tbody tr")).to_have_count(1)
    page.locator("#seed-share input").fill("3")
    page.locator("#save-looks").click()
    expect(page.locator("#looks-saved .tk-note")).to_be_visible()
    page.locator("#second-share input").fill("50")
    page.locator("#save-looks").click()
    assert "two people who may review" in pages.error_message(page)
    pages.set_dial(page, "audit", 7)
    assert pages.save_settings(page)
    kept = policies.current(site.database)
    assert (kept.threshold, kept.audit_share, kept.seed_share, len(kept.rules)) == (0.2, 0.07, 0.03, 1)
    policies.save(site.database, threshold=0.2, samples=8, audit_share=0.05, seed_share=0.0, rules=())


@pytest.mark.parametrize("language", ["en", "ja"])
def test_who_answers_a_check_is_told_so_and_insights_show_the_teams_rate(open_page, site, language):
    policies.save(site.database, threshold=1.0, samples=4, audit_share=0.0, seed_share=1.0)
    text, summary = LOGS[language]
    document = read_text(text)
    service.record(site.database, document=document, scored=score(document, summary=summary, samples=4))
    policies.save(site.database, threshold=0.0, samples=4, audit_share=0.0, seed_share=0.0)
    item = inbox.next_pending(site.database)
    watched, _ = open_watched(open_page, site, language, item=item)
    page = watched.page
    expect(page.locator("#lease")).to_have_attribute("data-state", "own")
    page.locator("#approve").click()
    expect(page.locator("#message .tk-note")).to_contain_text(CHECK[language])
    expect(page.locator("#undo")).to_be_hidden()
    assert inbox.item(site.database, item).verdict is None
    rate = vigilance.catch_rate(site.database)
    pages.open_insights(page, watched.base_url)
    expect(page.locator("#team")).to_contain_text(str(rate.answered))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_decided_item_is_reopened_with_a_reason_and_a_postponed_one_taken_back(open_page, site, language):
    decided, later = put(site, language), put(site, language)
    verdicts.give(site.database, item_id=decided, kind="approve", reviewer="ito", expected_version=1)
    dispatch.postpone(site.database, item_id=later, reviewer="ito", until=now() + timedelta(days=1))
    watched, _ = open_watched(open_page, site, language, item=decided)
    page = watched.page
    page.locator("#reopen-reason").fill("新しい図面 <b>")
    page.locator("#reopen").click()
    expect(page.locator("#verdicts")).to_be_visible()
    assert inbox.item(site.database, decided).state == "pending"
    assert events.of_item(site.database, decided)[-2].facts["note"] == "新しい図面 <b>"
    pages.open_inbox(page, watched.base_url, item=later)
    page.locator("#wake").click()
    expect(page.locator("#message .tk-note")).to_contain_text(str(later))
    assert inbox.item(site.database, later).postponed_until is None
    expect(page.locator("#wake")).to_have_count(0)
    expect(page.locator(".tk-later-row .tk-hint")).to_have_count(0)  # until when it was postponed


def test_what_could_not_be_taken_back_can_be_tried_again(open_page, site):
    later = put(site)
    dispatch.postpone(site.database, item_id=later, reviewer="ito", until=now() + timedelta(days=1))
    watched, _ = open_watched(open_page, site, item=later)
    page = watched.page
    expect(page.locator(".tk-later-row .tk-hint")).to_be_visible()
    leases.release(site.database, item_id=later, reviewer="local")
    verdicts.give(site.database, item_id=later, kind="approve", reviewer="ito", expected_version=1)
    page.locator("#wake").click()
    assert pages.error_message(page)
    expect(page.locator("#wake")).to_be_enabled()
