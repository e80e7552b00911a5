"""*Summarize*, as a person uses it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app.pages.samples import SAMPLES
from tests.browser import pages

LOG = "Incoming inspection log\nLot L-100, 20 pcs inspected\nBore 12.4 mm, limit 12.5 mm, OK\nPiece 3: NG, on hold\n"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_pasted_log_becomes_a_summary_with_marked_phrases(open_page, language):
    watched = open_page(language)
    page = watched.page
    pages.open_summarize(page, watched.base_url)
    assert page.url == f"{watched.base_url}/{language}/"
    pages.paste_and_summarize(page, LOG, timeout_ms=20_000)
    invented = page.locator("#result .tk-phrase", has_text="77.31")
    expect(invented).to_have_attribute("data-band", re.compile("check|doubtful"))
    expect(page.locator("#result .tk-source")).to_contain_text("Bore 12.4 mm")
    expect(page.locator("#result .tk-decision-title")).to_have_text(
        re.compile("Waits for a person|Accepted" if language == "en" else "人による確認待ち|採用")
    )
    expect(page.locator("#result .tk-decision")).to_contain_text("Cold start" if language == "en" else "初期状態")
    assert pages.read_calibration_version(page) == 1
    assert page.evaluate("document.documentElement.lang") == language


def test_a_focused_phrase_says_why_and_lights_its_source_line(open_page):
    watched = open_page()
    page = watched.page
    pages.open_summarize(page, watched.base_url)
    filler = "".join(f"Remark {number}: nothing of note.\n" for number in range(300))
    pages.paste_and_summarize(page, "Inspection log\nBore 12.4 mm measured on lot L-100.\n" + filler, timeout_ms=20_000)
    page.locator("#result .tk-source").evaluate("pane => { pane.scrollTop = pane.scrollHeight; }")
    page.locator("#result .tk-phrase", has_text="12.4").first.click()
    panel = page.locator("#result .tk-panel")
    expect(panel).to_contain_text(re.compile(r"Probability of an edit: .*%"))
    lit = page.locator("#result .tk-line.tk-lit").first
    expect(lit).to_contain_text("12.4 mm")
    expect(lit).to_be_in_viewport()
    page.locator("#result .tk-phrase", has_text="77.31").focus()
    expect(panel).to_contain_text("77.31 mm does not occur in the document")
    label = page.locator("#result .tk-phrase", has_text="77.31").get_attribute("aria-label")
    assert "Doubtful" in label or "Check" in label
    assert "Probability of an edit" in label


def test_the_arrow_keys_walk_from_phrase_to_phrase(open_page):
    watched = open_page()
    page = watched.page
    pages.open_summarize(page, watched.base_url)
    pages.paste_and_summarize(page, LOG, timeout_ms=20_000)
    page.locator("#result .tk-phrase").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.phrase") == "1"
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.dataset.phrase") == "0"
    page.keyboard.press("Escape")
    expect(page.locator("#result .tk-line.tk-lit")).to_have_count(0)


def test_tokens_are_shown_on_demand(open_page):
    watched = open_page()
    page = watched.page
    pages.open_summarize(page, watched.base_url)
    pages.paste_and_summarize(page, LOG, timeout_ms=20_000)
    text = page.locator("#result .tk-summary").inner_text()
    expect(page.locator("#result .tk-token")).to_have_count(0)
    page.locator("#result .tk-toggle").click()
    assert page.locator("#result .tk-summary").inner_text() == text
    page.locator("#result .tk-token").first.click()
    expect(page.locator("#result .tk-panel")).to_contain_text("Total uncertainty")
    page.locator("#result .tk-toggle").click()
    expect(page.locator("#result .tk-token")).to_have_count(0)


def test_an_omission_lights_its_line(open_page):
    watched = open_page()
    page = watched.page
    pages.open_summarize(page, watched.base_url)
    long = LOG[:40] + "x" * 220 + "\nSample 9: length 85.4 mm, NG, rejected\n"
    pages.paste_and_summarize(page, long, timeout_ms=20_000)
    omission = page.locator("#result .tk-omissions button").first
    expect(omission).to_contain_text("NG")
    omission.click()
    expect(page.locator("#result .tk-line.tk-lit")).to_contain_text("85.4 mm, NG")


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_one_click_away(open_page, name):
    watched = open_page("ja" if name == "japanese" else "en")
    page = watched.page
    pages.open_summarize(page, watched.base_url)
    pages.take_sample(page, name)
    kind = "specification" if name == "specification" else "inspection_log"
    expect(page.locator(f"#kind input[value={kind}]")).to_be_checked()
    pages.submit(page)
    pages.wait_for_summary(page, timeout_ms=20_000)


def test_a_sample_can_be_submitted_at_once(open_page):
    watched = open_page()
    page = watched.page
    pages.open_summarize(page, watched.base_url)
    # Two frames are less than a round trip through the queue.
    page.evaluate(
        """() => { const press = (id) => document.querySelector(id).click();
        press('#sample-inspection');
        requestAnimationFrame(() => requestAnimationFrame(() => press('#submit'))); }"""
    )
    page.wait_for_url("**job=*")
    pages.wait_for_summary(page, timeout_ms=20_000)
    expect(page.locator("#result .tk-source")).to_contain_text("INCOMING INSPECTION LOG")


def test_the_kind_is_guessed_and_can_be_changed(open_page):
    watched = open_page()
    page = watched.page
    pages.open_summarize(page, watched.base_url)
    pages.paste(page, "Specification draft\nThe seal shall withstand 1.6 MPa. The material shall be FKM.\n")
    expect(page.locator("#kind input[value=specification]")).to_be_checked()
    page.locator("#kind input[value=report]").check()
    page.locator("#document textarea").press_sequentially(" more")
    pages.submit(page)
    pages.wait_for_summary(page, timeout_ms=20_000)
    expect(page.locator("#result .tk-subtitle")).to_contain_text("Other")


def test_a_reload_in_the_middle_finds_the_job_again(open_page):
    watched = open_page()
    page = watched.page
    pages.open_summarize(page, watched.base_url)
    pages.paste(page, "SLOWLY " + LOG)
    job = pages.submit(page)
    progress = page.locator("#progress .tk-sentence")
    expect(progress).to_have_text(re.compile("Writing the summary: token|Scoring: . of"))
    page.reload()
    expect(progress).to_be_visible()
    assert f"job={job}" in page.url
    pages.wait_for_summary(page, timeout_ms=20_000)
    expect(page.locator("#progress .tk-sentence")).to_have_count(0)


def test_a_closed_tab_loses_nothing(open_page, browser):
    watched = open_page()
    pages.open_summarize(watched.page, watched.base_url)
    pages.paste(watched.page, "SLOWLY closed tab " + LOG)
    pages.submit(watched.page)
    other = open_page()
    watched.page.goto("about:blank")
    watched.page.goto(watched.base_url)
    page = other.page
    pages.open_summarize(page, other.base_url)
    row = page.locator("#recent .tk-row", has_text="closed tab").first
    row.click()
    pages.wait_for_summary(page, timeout_ms=20_000)
    expect(page.locator("#result .tk-subtitle")).to_contain_text("closed tab")


def test_waiting_jobs_say_their_place(open_page):
    first, second = open_page(), open_page()
    for watched in (first, second):
        pages.open_summarize(watched.page, watched.base_url)
        pages.paste(watched.page, "SLOWLY " + LOG)
        pages.submit(watched.page)
    expect(second.page.locator("#progress .tk-sentence")).to_contain_text(re.compile(r"position \d"))
    for watched in (first, second):
        pages.wait_for_summary(watched.page, timeout_ms=30_000)


@pytest.mark.parametrize(("language", "sentence"), [("en", "was cancelled"), ("ja", "取り消されました")])
def test_a_job_can_be_cancelled(open_page, language, sentence):
    watched = open_page(language)
    page = watched.page
    pages.open_summarize(page, watched.base_url)
    pages.paste(page, "ENDLESSLY " + LOG)
    pages.submit(page)
    page.locator("#cancel").click()
    expect(page.locator("#progress .tk-sentence")).to_contain_text(sentence)
    expect(page.locator("#cancel")).to_be_hidden()
    first = page.url
    page.locator("#again").click()
    page.wait_for_function("first => location.href !== first", arg=first)
    expect(page.locator("#again")).to_be_hidden()
    page.locator("#cancel").click()
    expect(page.locator("#progress .tk-sentence")).to_contain_text(sentence)
    page.locator("#new").click()
    pages.paste_and_summarize(page, LOG, timeout_ms=20_000)


def test_a_file_dropped_anywhere_on_the_form_is_read(open_page):
    watched = open_page()
    page = watched.page
    pages.open_summarize(page, watched.base_url)
    page.evaluate(
        """() => {
            const files = new DataTransfer();
            files.items.add(new File(["Dropped log\\nBore 12.4 mm OK\\n"], "dropped.txt", { type: "text/plain" }));
            const box = document.querySelector("#document textarea");
            for (const name of ["dragover", "drop"])
                box.dispatchEvent(new DragEvent(name, { dataTransfer: files, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.locator("#document textarea")).to_have_value("Dropped log\nBore 12.4 mm OK")
    expect(page.locator("#remarks .tk-note")).to_contain_text("dropped.txt")


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "There is no text to summarize"), ("ja", "要約する文章がありません")],
)
def test_an_empty_form_gets_one_sentence_and_the_page_lives_on(open_page, language, sentence):
    watched = open_page(language)
    page = watched.page
    pages.open_summarize(page, watched.base_url)
    page.locator("#submit").click()
    assert sentence in pages.error_message(page)
    pages.paste_and_summarize(page, LOG, timeout_ms=20_000)


def test_an_unknown_job_gets_one_sentence(open_page):
    watched = open_page()
    watched.page.goto(f"{watched.base_url}/?job=987654")
    assert "There is no job 987654" in pages.error_message(watched.page)
    expect(watched.page.locator("#document textarea")).to_be_visible()
    expect(watched.page.locator("#submit")).to_be_enabled()


def test_the_language_can_be_switched_and_keeps_the_job(open_page):
    watched = open_page()
    page = watched.page
    pages.open_summarize(page, watched.base_url)
    job = pages.paste_and_summarize(page, LOG, timeout_ms=20_000)
    page.locator(".tk-language").click()
    page.wait_for_url(f"**/ja/?job={job}")
    expect(page.locator("#result h3").first).to_have_text("文書")
    page.goto(f"{watched.base_url}/ja/?job={job}&lang=en")
    expect(page.locator("#result h3").first).to_have_text("Document")
