"""The list of the inbox: search, filters, views, assignment, and who works on what."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from backend.documents import read_text
from backend.people import users
from backend.review.intake import service
from backend.review.policy import policies
from backend.review.queue import dispatch, inbox, leases, saved_views
from backend.review.store.inbox_views import InboxFilter
from backend.review.store.tables import now
from tests.browser import pages
from tests.browser.conftest import Site, serve_in_thread
from tests.browser.summarizer import summarize
from tests.browser.test_login_page import PASSWORD, log_in

HOSTILE = "<img src=x onerror='window.__canary=1'>${window.__canary=1}"


def fill(site: Site, count: int, *, prefix: str) -> list[int]:
    """Put summaries into the inbox; their numbers."""
    policies.save(site.database, threshold=0.0, samples=4, audit_share=0.0)
    items = []
    for number in range(count):
        document = read_text(f"{prefix} {number}\nInspection of lot L-{number}: bore 12.{number} mm, OK 検査済\n")
        scored = summarize(document, samples=4, on_progress=lambda progress: None)
        items.append(service.record(site.database, document=document, scored=scored, submitted_by="abe").item_id)
    return items


def rows(page):
    return page.locator("#inbox-list .tk-row")


def search(page, words: str) -> None:
    box = page.locator("#inbox-list input[type=search]")
    box.fill(words)
    box.press("Enter")


@pytest.mark.parametrize(
    ("language", "nothing"), [("en", "Nothing fits the filter"), ("ja", "条件に合う項目はありません")]
)
def test_a_search_narrows_the_list_and_says_when_nothing_fits(open_page, site, language, nothing):
    fill(site, 2, prefix=f"Search {language}")
    watched = open_page(language)
    page = watched.page
    pages.open_inbox(page, watched.base_url)
    search(page, f"search {language} L-1")
    expect(rows(page)).to_have_count(1)
    expect(rows(page).first).to_contain_text(f"Search {language} 1")
    search(page, f"{language} 検査済")
    expect(rows(page)).to_have_count(2)
    search(page, "no such words")
    expect(page.locator("#inbox-list .tk-empty-title")).to_have_text(nothing)
    page.locator("#inbox-list summary").click()
    page.locator("#inbox-list [data-clear]").click()
    expect(page.locator("#inbox-list .tk-empty-title")).to_have_count(0)


def test_a_view_is_saved_under_a_name_and_brings_its_filter_back(open_page, site):
    fill(site, 3, prefix="Views")
    watched = open_page()
    page = watched.page
    pages.open_inbox(page, watched.base_url)
    search(page, "views L-2")
    expect(rows(page)).to_have_count(1)
    page.locator("#inbox-list summary").click()
    page.locator("#inbox-list select[name=sort]").select_option("age")
    expect(page.locator("#inbox-list select[name=sort]")).to_have_value("age")
    page.locator("#inbox-list [data-viewname]").fill(f"mine {HOSTILE}"[:60])
    page.locator("#inbox-list [data-keep]").click()
    view = page.locator("#inbox-list [data-view]")
    expect(view).to_have_count(1)
    (saved,) = saved_views.of_person(site.database, "local")
    assert (saved.where, saved.sort) == (InboxFilter(text="views L-2"), "age")
    page.locator("#inbox-list [data-filter=all]").click()
    expect(page.locator("#inbox-list [data-filter=all]")).to_have_attribute("aria-pressed", "true")
    page.locator("#inbox-list [data-clear]").click()
    expect(page.locator("#inbox-list input[type=search]")).to_have_value("")
    view.click()
    expect(page.locator("#inbox-list input[type=search]")).to_have_value("views L-2")
    expect(rows(page)).to_have_count(1)
    page.locator("#inbox-list [data-forget]").click()
    expect(view).to_have_count(0)


def test_changes_that_follow_each_other_at_once_all_count(open_page, site):
    """Three before the answer to the first: the words, the order, and the view that is kept."""
    fill(site, 2, prefix="Quick")
    watched = open_page()
    page = watched.page
    pages.open_inbox(page, watched.base_url)
    page.locator("#inbox-list summary").click()
    expect(page.locator("#inbox-list [data-keep]")).to_be_visible()
    page.evaluate(
        """() => {
          const list = document.querySelector("#inbox-list");
          const set = (selector, value) => {
            const field = list.querySelector(selector);
            field.value = value;
            field.dispatchEvent(new Event("change", { bubbles: true }));
          };
          set("input[type=search]", "quick L-1");
          set("select[name=sort]", "age");
          list.querySelector("[data-viewname]").value = "at once";
          list.querySelector("[data-keep]").click();
        }"""
    )
    expect(page.locator("#inbox-list [data-view]")).to_have_text("at once")
    (saved,) = saved_views.of_person(site.database, "local")
    assert (saved.where, saved.sort) == (InboxFilter(text="quick L-1"), "age")
    expect(rows(page)).to_have_count(1)
    expect(page.locator("#inbox-list select[name=sort]")).to_have_value("age")
    page.locator("#inbox-list [data-forget]").click()
    expect(page.locator("#inbox-list [data-view]")).to_have_count(0)


def test_selected_items_are_assigned_together(open_page, site):
    items = fill(site, 3, prefix="Assign")
    watched = open_page()
    page = watched.page
    pages.open_inbox(page, watched.base_url)
    search(page, "assign")
    expect(rows(page)).to_have_count(3)
    for item in items[:2]:
        page.locator(f'#inbox-list [data-select="{item}"]').check()
    page.locator("#inbox-list [data-person]").fill("Ｉto 伊藤")
    page.locator("#inbox-list [data-assign]").click()
    expect(page.locator("#inbox-list .tk-chip[data-kind=assignee]")).to_have_text(["For ito 伊藤"] * 2)
    expect(page.locator("#inbox-list .tk-bulk")).to_be_hidden()


@pytest.fixture
def site_with_people(tmp_path):
    """A server with users: a name that is not one of theirs is refused."""
    for started in serve_in_thread(tmp_path):
        users.add(started.database, name="abe", role="reviewer", password=PASSWORD)
        yield started


def test_items_stay_selected_after_a_name_was_refused_and_go_to_the_next_name(open_page, site_with_people):
    site = site_with_people
    items = fill(site, 2, prefix="Refused")
    watched = open_page("ja")
    watched.base_url = site.url
    page = watched.page
    page.goto(f"{site.url}/ja/inbox")
    log_in(page, "abe")
    expect(rows(page)).to_have_count(2)
    for item in items:
        page.locator(f'#inbox-list [data-select="{item}"]').check()
    page.locator("#inbox-list [data-person]").fill("nobody")
    page.locator("#inbox-list [data-assign]").click()
    assert "nobody" in pages.error_message(page)
    page.locator("#inbox-list [data-person]").fill("abe")
    page.locator("#inbox-list [data-assign]").click()
    expect(page.locator("#inbox-list .tk-chip[data-kind=assignee]")).to_have_count(2)
    assert [inbox.item(site.database, item).assignee for item in items] == ["abe", "abe"]
    expect(page.locator("#inbox-list .tk-bulk")).to_be_hidden()


def test_chips_say_who_is_on_it_and_where_it_stands(open_page, site):
    leased, postponed, doubled = fill(site, 3, prefix="Chips")
    leases.claim(site.database, item_id=leased, reviewer=f"安倍 {HOSTILE}")
    dispatch.postpone(site.database, item_id=postponed, reviewer="abe", until=now() + timedelta(days=1))
    dispatch.escalate(site.database, item_id=doubled, reviewer="abe", to_role="lead", wants_second=True)
    watched = open_page("ja")
    page = watched.page
    pages.open_inbox(page, watched.base_url)
    search(page, "chips")
    expect(page.locator(f'#inbox-list [data-id="{leased}"] .tk-chip')).to_contain_text(f"安倍 {HOSTILE} さんが作業中")
    expect(page.locator(f'#inbox-list [data-id="{doubled}"] .tk-chips')).to_contain_text("二人で確認")
    expect(page.locator(f'#inbox-list [data-id="{postponed}"]')).to_have_count(0)
    page.locator("#inbox-list [data-filter=postponed]").click()
    expect(page.locator(f'#inbox-list [data-id="{postponed}"] .tk-chip')).to_contain_text("後回し")
    page.locator("#inbox-list [data-filter=escalated]").click()
    expect(page.locator(f'#inbox-list [data-id="{doubled}"]')).to_be_visible()


def test_numbers_of_the_filter_are_kept_and_what_they_cannot_be_is_refused_in_words(open_page, site):
    fill(site, 1, prefix="Numbers")
    watched = open_page()
    page = watched.page
    pages.open_inbox(page, watched.base_url)
    page.locator("#inbox-list summary").click()
    box = page.locator("#inbox-list input[name=risk_low]")
    box.fill("100")  # a risk is never certain
    box.press("Enter")
    expect(page.locator("#inbox-list .tk-empty-title")).to_have_text("Nothing fits the filter")
    expect(box).to_have_value("100")
    box.fill("-5")
    box.press("Enter")
    assert re.search("from 0.* to 1", pages.error_message(page))
