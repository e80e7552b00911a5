"""The review of one summary: phrase by phrase, with the source beside it, and nothing typed is ever lost."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from backend.documents import read_text
from backend.review.intake import service
from backend.review.policy import policies
from backend.review.queue import drafts, inbox, verdict_details
from tests.browser import pages
from tests.browser.conftest import Site
from tests.browser.summarizer import score

LOGS = {
    "en": (
        "Inspection log\nLot L-100, bore 12.4 mm, limit 12.5 mm, OK\nShaft length 85.0 mm, OK\n"
        "Piece 3: NG, rejected, on hold\nOperator: Sato\n",
        "Lot L-100: bore 12.9 mm, OK. Shaft length 85.0 mm.",
    ),
    "ja": (
        "受入検査記録\nロット K-0921 外径 12.00 mm 合格\n全長 85.16 mm 不合格\n材料証明書が未着\n",
        "ロット K-0921、外径 12.09 mm 合格。",
    ),
}
WRONG = {"en": "12.9", "ja": "12.09"}


def put(site: Site, language: str = "en") -> int:
    """A summary with a wrong number, waiting in the inbox; its item."""
    policies.save(site.database, threshold=0.0, samples=4, audit_share=0.0)
    text, summary = LOGS[language]
    document = read_text(text)
    scored = score(document, summary=summary, samples=4)
    return service.record(site.database, document=document, scored=scored).item_id


def open_item(open_page, site: Site, language: str = "en", *, item: int | None = None, **how):
    watched, number = open_watched(open_page, site, language, item=item, **how)
    return watched.page, number


def open_watched(open_page, site: Site, language: str = "en", *, item: int | None = None, **how):
    watched = open_page(language, **how)
    number = item or put(site, language)
    pages.open_inbox(watched.page, watched.base_url, item=number)
    expect(watched.page.locator("#review .tk-summary")).to_be_visible()
    return watched, number


def own_text(page) -> str:
    return page.locator("#corrected textarea").input_value()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_phrase_is_corrected_in_place_and_the_difference_is_shown_by_words(open_page, site, language):
    page, item = open_item(open_page, site, language)
    wrong = WRONG[language]
    page.locator("#review .tk-phrase", has_text=wrong).first.click()
    expect(page.locator("#review .tk-panel")).to_contain_text(
        "does not occur in the document" if language == "en" else "文書に"
    )
    phrase = page.locator("#phrase-text")
    phrase.fill(phrase.input_value().replace(wrong, "12.4"))
    assert own_text(page) == LOGS[language][1].replace(wrong, "12.4")
    expect(page.locator("#diff del")).to_have_text(wrong)
    expect(page.locator("#diff ins")).to_have_text("12.4")
    expect(page.locator("#review .tk-phrase", has_text=wrong).first).to_have_attribute("data-done", "corrected")
    page.locator("#reason select").select_option("wrong_number")
    page.locator("#note textarea").fill("see line 2")
    page.locator("#correct").click()
    expect(page.locator("#message .tk-note")).to_be_visible()
    verdict = inbox.item(site.database, item).verdict
    assert (verdict.text, verdict.note) == (own_text_of(language), "see line 2")
    found = verdict_details.find(site.database, verdict.id)
    assert found.reason == "wrong_number"
    assert "corrected" in found.phrases


def own_text_of(language: str) -> str:
    return LOGS[language][1].replace(WRONG[language], "12.4")


def test_an_alternative_is_taken_by_a_click_or_by_its_digit(open_page, site):
    page, _ = open_item(open_page, site)
    phrase = page.locator("#review .tk-phrase").first
    phrase.click()
    page.locator("#review [data-take='0']").click()
    assert "other" in own_text(page)
    page.locator("#restore").click()
    assert own_text(page) == LOGS["en"][1]
    page.keyboard.press("Escape")
    phrase.focus()
    page.keyboard.press("1")
    assert "other" in own_text(page)


def test_a_selected_part_of_the_document_shows_what_rests_on_it(open_page, site):
    page, _ = open_item(open_page, site)
    page.locator("#review .tk-line-text", has_text="Shaft length").click()
    expect(page.locator("#review .tk-rests", has_text="85.0")).to_have_count(1)
    expect(page.locator("#review .tk-panel")).to_contain_text("Rests on this part of the document")
    page.locator("#review .tk-line-text", has_text="Operator").click()
    expect(page.locator("#review .tk-rests")).to_have_count(0)
    expect(page.locator("#review .tk-panel")).to_contain_text("Nothing in the summary rests on this part")
    page.locator("#review .tk-source").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#review .tk-current")).to_contain_text("Shaft length")
    expect(page.locator("#review .tk-rests", has_text="85.0")).to_have_count(1)


@pytest.mark.parametrize(("language", "missing"), [("en", "Piece 3: NG"), ("ja", "85.16")])
def test_what_is_missing_is_inserted_with_one_key(open_page, site, language, missing):
    page, _ = open_item(open_page, site, language)
    page.keyboard.press("o")
    expect(page.locator("#review .tk-lit")).to_contain_text(missing)
    page.keyboard.press("i")
    assert own_text(page).startswith(LOGS[language][1])
    assert missing in own_text(page)
    expect(page.locator("#diff del")).to_have_count(0)
    expect(page.locator("#review [data-done=corrected]")).to_have_count(0)


def test_a_tab_that_is_closed_in_the_middle_of_typing_loses_at_most_half_a_second(open_page, site):
    watched, item = open_watched(open_page, site)
    page = watched.page
    watched.page = page.context.new_page()  # is looked at when the other is gone
    box = page.locator("#corrected textarea")
    box.click()
    page.keyboard.press("Control+End")
    typed = []
    for word in ("one", "two", "three", "four", "five", "six"):
        page.keyboard.type(f" {word}")
        typed.append((time.monotonic(), word))
        page.wait_for_timeout(120)
    closed_at = time.monotonic()
    page.close()
    safe = [word for at, word in typed if at < closed_at - 0.5]
    assert safe
    deadline = time.monotonic() + 10
    while (draft := drafts.find(site.database, item_id=item, reviewer="local")) is None or safe[-1] not in draft.text:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    again, _ = open_item(open_page, site, item=item)
    assert safe[-1] in own_text(again)


def test_everything_of_a_half_finished_review_is_there_in_another_browser(open_page, site):
    page, item = open_item(open_page, site)
    page.keyboard.press("f")
    page.keyboard.press("y")
    accepted = page.locator("#review [data-done=accepted]")
    expect(accepted).to_have_count(1)
    page.locator("#note textarea").fill("ask Mr. Sato 佐藤")
    page.locator("#reason select").select_option("wording")
    page.locator("#corrected textarea").fill("half a thought 🙂")
    expect(page.locator("#draft-state")).to_have_attribute("data-state", "saved")
    other, _ = open_item(open_page, site, "ja", item=item)
    assert own_text(other) == "half a thought 🙂"
    assert other.locator("#note textarea").input_value() == "ask Mr. Sato 佐藤"
    assert other.locator("#reason select").input_value() == "wording"
    expect(other.locator("#draft-state")).to_contain_text("の下書き")


def test_a_draft_that_cannot_be_saved_says_so_and_is_saved_later(open_page, site):
    watched, item = open_watched(open_page, site)
    page = watched.page
    page.route("**/drafts/*", lambda route: route.abort())
    page.locator("#corrected textarea").fill("typed without a network")
    expect(page.locator("#draft-state")).to_have_attribute("data-state", "failed")
    page.unroute("**/drafts/*")
    expect(page.locator("#draft-state")).to_have_attribute("data-state", "saved")
    assert drafts.find(site.database, item_id=item, reviewer="local").text == "typed without a network"
    watched.forget("Failed to load resource")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_edited_text_is_scored_again_and_the_original_is_kept(open_page, site, language):
    page, item = open_item(open_page, site, language)
    edited = LOGS[language][1] + (" Weight 31.7 kg." if language == "en" else "質量 31.7 kg。")
    page.locator("#corrected textarea").fill(edited)
    page.locator("#score-again").click()
    expect(page.locator("#scoring")).to_contain_text("is scored" if language == "en" else "採点しました")
    expect(page.locator("#review .tk-summary")).to_have_text(edited)
    expect(page.locator("#review .tk-phrase", has_text="31.7").first).to_have_attribute(
        "data-band", re.compile("check|doubtful")
    )
    page.locator("#which").click()
    expect(page.locator("#review .tk-summary")).to_have_text(LOGS[language][1])
    assert inbox.item(site.database, item).summary.text == LOGS[language][1]
    assert own_text(page) == edited


def test_the_keys_of_the_review_are_quiet_during_japanese_composition(open_page, site):
    page, item = open_item(open_page, site, "ja")
    page.keyboard.press("f")
    page.keyboard.press("c")
    field = page.locator("#phrase-text")
    expect(field).to_be_focused()
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "あいう", "selectionStart": 3, "selectionEnd": 3})
    enter = "new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, isComposing: true, bubbles: true})"
    page.evaluate(f"document.querySelector('#phrase-text').dispatchEvent({enter})")
    expect(field).to_be_focused()
    session.send("Input.insertText", {"text": "愛う"})
    assert "愛う" in own_text(page)
    page.keyboard.type("arxy1")
    assert inbox.item(site.database, item).verdict is None
    assert "arxy1" in own_text(page)
    page.keyboard.press("Enter")
    expect(field).not_to_be_focused()


def test_a_phrase_is_corrected_where_it_stands_after_the_text_before_it_has_changed(open_page, site):
    page, _ = open_item(open_page, site)
    phrase = page.locator("#review .tk-phrase:not([data-band=sure])").last
    phrase.click()
    words = page.locator("#phrase-text").input_value()
    before, _, after = LOGS["en"][1].rpartition(words)
    page.keyboard.press("e")
    page.keyboard.press("Control+Home")
    page.keyboard.type("Put before. ")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(page.locator("#phrase-text")).to_have_value(words)
    page.keyboard.type("Q")
    page.keyboard.type("Z")
    assert own_text(page) == f"Put before. {before}QZ{after}"


def test_five_items_are_reviewed_phrase_by_phrase_with_the_keyboard_alone(open_page, site):
    items = [put(site) for _ in range(5)]
    page, first = open_item(open_page, site, item=items[-1])
    for number in range(5):
        here = page.url
        while page.locator("#review .tk-phrase:not([data-band=sure]):not([data-done])").count():
            page.keyboard.press("f")
            page.keyboard.press("y")
        if number == 1:
            page.keyboard.press("o")
            page.keyboard.press("i")
            page.keyboard.press("w")
            page.keyboard.press("ArrowDown")
            page.keyboard.press("Escape")
            page.keyboard.press("e")
            pages.let_settle(page)
            page.keyboard.press("Control+Enter")
        else:
            pages.let_settle(page)
            page.keyboard.press("r" if number == 2 else "a")
        page.wait_for_function("before => location.href !== before", arg=here)
    kinds = [
        item.verdict.kind for item in (inbox.item(site.database, i) for i in range(1, items[-1] + 1)) if item.verdict
    ]
    assert kinds.count("approve") >= 3
    verdict = inbox.item(site.database, first).verdict
    assert "accepted" in verdict_details.find(site.database, verdict.id).phrases


def test_source_and_summary_stand_side_by_side_and_stack_on_a_narrow_screen(open_page, site):
    page, item = open_item(open_page, site)
    source, summary = page.locator("#review .tk-source"), page.locator("#review .tk-summary")
    assert summary.bounding_box()["x"] > source.bounding_box()["x"] + source.bounding_box()["width"]
    narrow, _ = open_item(open_page, site, item=item, viewport=(390, 844))
    box = narrow.locator("#review .tk-summary").bounding_box()
    assert box["y"] > narrow.locator("#review .tk-source").bounding_box()["y"]
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 390
