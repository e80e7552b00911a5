"""*Insights* and *Settings*, as the person who runs the system uses them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app.theme import DARK_COLOURS, LIGHT_COLOURS
from backend.review.learning import calibration
from backend.review.policy import policies
from backend.review.queue import inbox, verdicts
from backend.review.store.tables import CalibrationActivationRow, CalibrationRow
from tests.browser import pages
from tests.browser.test_inbox_page import fill


@pytest.mark.parametrize("language", ["en", "ja"])
def test_insights_without_verdicts_say_what_is_missing(open_page, language):
    watched = open_page(language)
    pages.open_insights(watched.page, watched.base_url)
    sentence = "This diagram needs verdicts" if language == "en" else "この図には判定が必要です"
    expect(watched.page.get_by_text(sentence).first).to_be_visible()
    report = pages.recalibrate(watched.page)
    assert ("stays in use" if language == "en" else "そのまま使います") in report
    assert "reason." not in report
    assert pages.current_calibration_version(watched.page) == 1


def decide_six(site) -> None:
    """Summaries with verdicts, which the diagrams need."""
    fill(site, 6, prefix="Figures")
    while (item_id := inbox.next_pending(site.database)) is not None:
        item = inbox.item(site.database, item_id)
        kind = "approve" if item_id % 2 else "reject"
        verdicts.give(site.database, item_id=item_id, kind=kind, reviewer="local", expected_version=item.version)


def test_insights_draw_their_diagrams_after_verdicts(open_page, site):
    decide_six(site)
    watched = open_page()
    pages.open_insights(watched.page, watched.base_url)
    expect(watched.page.locator("#reliability .js-plotly-plot")).to_be_visible()
    expect(watched.page.locator("#reliability")).to_contain_text("Summaries (risk)")
    expect(watched.page.locator("#coverage .js-plotly-plot")).to_be_visible()
    expect(watched.page.locator("#counts")).to_contain_text("3 approved, 0 corrected, 3 rejected")
    expect(watched.page.locator("#held-out .js-plotly-plot")).to_have_count(0)
    said = pages.recalibrate(watched.page)
    version, _ = calibration.current(site.database)
    assert ("stays in use" if version == 1 else f"version {version} is in use") in said
    assert pages.current_calibration_version(watched.page) == version
    expect(watched.page.locator("#report tbody")).to_contain_text("Phrases: Brier score")
    expect(watched.page.locator("#held-out .js-plotly-plot")).to_be_visible()
    expect(watched.page.locator("#held-out")).to_contain_text("Before")
    expect(watched.page.locator("#held-out")).to_contain_text("n=")


@pytest.mark.parametrize(("scheme", "colours"), [("light", LIGHT_COLOURS), ("dark", DARK_COLOURS)])
def test_the_text_of_a_figure_is_as_legible_as_the_pages(open_page, site, scheme, colours):
    decide_six(site)
    watched = open_page()
    watched.page.emulate_media(color_scheme=scheme)
    pages.open_insights(watched.page, watched.base_url)
    expect(watched.page.locator("#reliability .js-plotly-plot text").first).to_be_visible()
    read = "texts => [...new Set(texts.map(text => getComputedStyle(text).fill))]"
    (fill_colour,) = watched.page.locator("#reliability .js-plotly-plot text").evaluate_all(read)
    shown = [int(part) for part in re.findall(r"\d+", fill_colour)]
    for ground in ("back", "card"):
        assert contrast(shown, rgb(colours[ground])) >= 4.5


def rgb(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def contrast(one: list[int], other: list[int]) -> float:
    """Of two colours, as WCAG 2 defines it."""

    def luminance(colour: list[int]) -> float:
        parts = [part / 255 for part in colour]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_threshold_says_what_it_costs_and_is_saved_as_a_version(open_page, site, language):
    before = policies.current(site.database)
    watched = open_page(language)
    page = watched.page
    pages.open_settings(page, watched.base_url)
    pages.set_dial(page, "threshold", 99 if language == "en" else 77)
    expect(page.locator("#what-if .tk-note")).to_contain_text("would have sent" if language == "en" else "件")
    pages.set_dial(page, "samples-dial", 6)
    said = pages.save_settings(page)
    after = policies.current(site.database)
    assert str(after.version) in said
    assert after.version == before.version + 1
    assert (after.threshold, after.samples) == (0.99 if language == "en" else 0.77, 6)


def test_a_number_out_of_range_gets_one_sentence(open_page):
    watched = open_page()
    page = watched.page
    pages.open_settings(page, watched.base_url)
    page.evaluate("document.querySelector('#audit input[type=number]').removeAttribute('max')")
    pages.set_dial(page, "audit", 999)
    page.locator("#save").click()
    page.wait_for_timeout(500)
    pages.open_settings(page, watched.base_url)
    expect(page.locator("#audit input[type=number]")).not_to_have_value("999")


def test_an_older_calibration_can_be_put_in_force_again(open_page, site):
    first, _ = calibration.current(site.database)
    edit_model = calibration.current(site.database)[1]
    with site.database.session() as session:
        session.add(
            CalibrationRow(
                version=first + 1, parent=first, metrics={}, provenance={"verdicts": 0}, edit_model=edit_model.to_json()
            )
        )
        session.flush()
        session.add(CalibrationActivationRow(version=first + 1, activated_by="test"))
        session.commit()
    watched = open_page()
    page = watched.page
    pages.open_insights(page, watched.base_url)
    assert pages.current_calibration_version(page) == first + 1
    page.get_by_role("button", name=f"Use calibration version {first}").click()
    expect(page.locator("#report")).to_contain_text(f"Calibration version {first} is in use")
    assert pages.current_calibration_version(page) == first
