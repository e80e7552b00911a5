"""The corpus of bad files and texts, through the browser: a result or one clear sentence, and the page lives on."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from app.text import error_text
from backend.documents.document import read_file, read_text
from backend.errors import DocumentError
from backend.review.store.tables import DocumentRow
from tests.browser import pages
from tests.documents.corpus import FILES, PASTED, RESULT

SOON_SECONDS = 60  # on a busy machine; laying the text out took minutes


def expected_sentence(language: str, read: Callable[[], object]) -> str:
    """What the reader says about this input, in the page's language."""
    with pytest.raises(DocumentError) as refusal:
        read()
    return error_text(language, refusal.value)


def documents(site) -> int:
    with site.database.session() as session:
        return session.scalar(select(func.count()).select_from(DocumentRow))


def close_messages(page: Page) -> None:
    for _ in range(page.locator("[data-testid=toast-body]").count()):
        page.locator("[data-testid=toast-close]").first.click()
    expect(page.locator("[data-testid=toast-body]")).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_bad_file_gets_a_result_or_one_sentence_and_the_page_lives_on(open_page, site, tmp_path, language):
    watched = open_page(language)
    page = watched.page
    pages.open_summarize(page, watched.base_url)
    before = documents(site)
    for name, case in FILES.items():
        pages.paste(page, "")
        file = case.write(tmp_path)
        pages.upload(page, file)
        if case.expected == RESULT:
            expect(page.locator("#remarks"), name).to_contain_text(case.file_name)
            expect(page.locator("#document textarea"), name).not_to_have_value("")
        else:
            sentence = expected_sentence(language, partial(read_file, file))
            assert sentence in pages.error_message(page), name
            expect(page.locator("[data-testid=toast-body]"), name).to_have_count(1)
            expect(page.locator("#document textarea"), name).to_have_value("")
            close_messages(page)
    assert documents(site) == before
    pages.paste_and_summarize(page, "Lot 5: bore 12.4 mm, OK.", timeout_ms=20_000)


def test_the_file_dialog_offers_what_can_be_read(open_page, site):
    watched = open_page("ja")
    pages.open_summarize(watched.page, watched.base_url)
    with watched.page.expect_file_chooser() as chosen:
        watched.page.locator("#upload").click()
    assert {".txt", ".xlsx", ".pdf"} <= set(chosen.value.element.get_attribute("accept").split(","))


def test_every_bad_text_gets_a_result_or_one_sentence_and_the_page_lives_on(open_page, site):
    watched = open_page("ja")
    page = watched.page
    for name, case in PASTED.items():
        pages.open_summarize(page, watched.base_url)
        before = documents(site)
        pages.paste(page, case.text)
        if case.expected == RESULT:
            pages.submit(page)
            pages.wait_for_summary(page, timeout_ms=20_000)
        else:
            page.locator("#submit").click()
            sentence = expected_sentence("ja", partial(read_text, case.text))
            assert sentence in pages.error_message(page), name
            assert documents(site) == before
            close_messages(page)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_two_million_characters_from_the_clipboard_are_refused_at_once(open_page, site, language):
    watched = open_page(language)
    page = watched.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    pages.open_summarize(page, watched.base_url)
    pages.paste(page, "Lot 5: bore 12.4 mm, OK.")
    text = PASTED["two_million_characters"].text
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    begun = time.monotonic()
    page.locator("#document textarea").press("Control+A")
    page.keyboard.press("Control+V")
    assert expected_sentence(language, partial(read_text, text)) in pages.error_message(page)
    assert time.monotonic() - begun < SOON_SECONDS
    expect(page.locator("#document textarea")).to_have_value("Lot 5: bore 12.4 mm, OK.")
    pages.submit(page)
