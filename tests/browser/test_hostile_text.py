"""A document's text never runs as code in a browser, and never breaks the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from backend.documents import read_text
from tests.browser import pages
from tests.browser.measure_drawing import put_long_summary

HOSTILE = {
    "template": "Cost ${5} and ${window.__canary += 1} `${alert(1)}` {{value}} {{{this}}}",
    "markup": '<img src=x onerror="window.__canary += 1"><script>window.__canary += 1</script><svg onload=alert(1)>',
    "windows_path": "C:\\new\\users\\u0041\\x41 \\` \\${1}",
    "right_to_left": "Lot \u202e123 NG\u202c \u0645\u0631\u062d\u0628\u0627 12.4 mm \u05e9\u05dc\u05d5\u05dd",
    "emoji": "👷🏽‍♀️ lot 🏭-12 measured 📏 12.4 mm 😀 NG ⚠️ 𠮷野家 が 85.16 不合格",
    "closing": "</textarea></div></script>--> ]]> \"' onmouseover=alert(1) x='",
    "markdown": "[x](javascript:alert(1)) ![y](x onerror=alert(1)) $$\\href{javascript:alert(1)}{x}$$",
    "handlebars": "{{#each value}}{{this}}{{/each}} @children ${value}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_shown_as_it_is(open_page, name):
    text = f"Inspection log {name}\n{HOSTILE[name]}\nBore 12.4 mm OK\n"
    watched = open_page()
    page = watched.page
    pages.open_summarize(page, watched.base_url)
    pages.paste_and_summarize(page, text, timeout_ms=20_000)
    clean = read_text(text).text
    lines = page.locator("#result .tk-source .tk-line-text").all_inner_texts()
    assert lines[1].split() == clean.split("\n")[1].split()
    for phrase in page.locator("#result .tk-phrase").all()[:40]:
        phrase.hover()
    page.locator("#result .tk-toggle").click()
    assert (
        page.locator("#result .tk-summary").inner_text().split()
        == (clean[:220].strip() + " Measured 77.31 mm.").split()
    )
    watched.check()


def test_marks_sit_on_the_right_characters_after_emoji(open_page):
    watched = open_page()
    page = watched.page
    pages.open_summarize(page, watched.base_url)
    pages.paste_and_summarize(page, HOSTILE["emoji"] + "\n", timeout_ms=20_000)
    phrase = page.locator("#result .tk-phrase", has_text="85.16").first
    phrase.click()
    expect(page.locator("#result .tk-quote")).to_have_text(phrase.inner_text())
    expect(page.locator("#result .tk-lit")).to_contain_text("85.16")


def test_a_hostile_upload_does_nothing(open_page, tmp_path):
    watched = open_page()
    page = watched.page
    upload = tmp_path / "<img src=x onerror=alert(1)> ${alert(1)}.txt"
    upload.write_text("\n".join(HOSTILE.values()), encoding="utf-8")
    pages.open_summarize(page, watched.base_url)
    pages.upload(page, upload)
    expect(page.locator("#remarks .tk-note")).to_be_visible()
    pages.submit(page)
    pages.wait_for_summary(page, timeout_ms=20_000)
    pages.open_inbox(page, watched.base_url)
    watched.check()


@pytest.mark.parametrize(("language", "sentence"), [("en", "is not a text"), ("ja", "テキストではなく")])
def test_a_binary_upload_gets_one_sentence_without_markup(open_page, tmp_path, language, sentence):
    watched = open_page(language)
    page = watched.page
    upload = tmp_path / "a<b onclick=alert(1)>.txt"
    upload.write_bytes(bytes(range(256)) * 40)
    pages.open_summarize(page, watched.base_url)
    pages.upload(page, upload)
    assert sentence in pages.error_message(page)
    expect(page.locator("[data-testid=toast-body] b[onclick]")).to_have_count(0)
    expect(page.locator("#document textarea")).to_have_value("")


def test_a_cp932_upload_says_how_it_was_read(open_page, tmp_path):
    watched = open_page("ja")
    page = watched.page
    upload = tmp_path / "検査.txt"
    upload.write_bytes("受入検査記録\n外径 φ12.00 mm 合格\n全長 85.16 不合格\n".encode("cp932"))
    pages.open_summarize(page, watched.base_url)
    pages.upload(page, upload)
    expect(page.locator("#remarks .tk-note")).to_contain_text("CP932")
    pages.submit(page)
    pages.wait_for_summary(page, timeout_ms=20_000)
    expect(page.locator("#result .tk-decision")).to_contain_text("CP932")


def test_5000_tokens_are_all_drawn_and_drawn_back(open_page, site):
    item, tokens = put_long_summary(site.database)
    assert tokens >= 5000
    watched = open_page()
    page = watched.page
    pages.open_inbox(page, watched.base_url, item=item)
    phrases = page.locator("#review .tk-phrase")
    expect(phrases.nth(1000)).to_be_attached()
    page.locator("#review .tk-show-tokens").click()
    expect(page.locator("#review .tk-token")).to_have_count(tokens)
    page.locator("#review .tk-show-tokens").click()
    expect(page.locator("#review .tk-token")).to_have_count(0)
    expect(phrases.nth(1000)).to_be_attached()
