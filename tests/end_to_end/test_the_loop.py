"""The main job on the real model: a log in the browser, to a calibration that later summaries use."""

from tests.browser import pages
from tests.end_to_end.conftest import health

LOGS = [
    "Incoming inspection, lot {lot}. Part BH-44{n}. Bore 62.0{n} mm, limit 62.00 to 62.03: OK. Result: accepted.",
    "Final inspection of lot {lot}. Thickness 8.{n}1 mm, limit 8.00 +/-0.05: NG. Lot on hold, rework by 12 June.",
    "Lot {lot}: torque 12.{n} Nm, limit 12 to 14. Hardness 58 HRC, limit 55 to 60. All checks passed.",
]


def log(number: int) -> str:
    return LOGS[number % len(LOGS)].format(lot=f"L24{number:02d}", n=number % 3)


def review_everything(page, url, *, texts):
    """Have summaries written and judge them: one gets a sentence more, one is rejected, the others are right.

    The first calibration thinks far worse of them, so that there is something to learn.
    """
    for text in texts:
        pages.open_summarize(page, url)
        pages.paste_and_summarize(page, text)
        assert pages.read_calibration_version(page) == 1
    pages.open_inbox(page, url)
    pages.open_first_item(page)
    written = page.locator("#corrected textarea").input_value()
    pages.correct(page, f"{written} Checked by the night shift.")
    pages.reject(page, note="wrong lot")
    for _ in texts[2:]:
        pages.approve(page)


def test_a_verdict_becomes_a_calibration_that_later_summaries_use(start, page):
    program = start()
    pages.open_settings(page, program.url)
    pages.set_dial(page, "threshold", 0)
    pages.set_dial(page, "samples-dial", 4)
    pages.save_settings(page)

    review_everything(page, program.url, texts=[log(number) for number in range(10)])

    pages.open_insights(page, program.url)
    report = pages.recalibrate(page)
    version = pages.current_calibration_version(page)
    assert version == 2, report

    pages.open_summarize(page, program.url)
    pages.paste_and_summarize(page, log(10))
    assert pages.read_calibration_version(page) == 2
    assert health(program)["model"] == "ready"
    assert program.stop() == 0


def test_phrases_of_a_real_summary_say_why_and_where_from(start, page):
    program = start()
    pages.open_summarize(page, program.url)
    pages.take_sample(page, "inspection")
    pages.submit(page)
    summary = pages.wait_for_summary(page)
    phrases = summary.locator("[data-band]")
    assert phrases.count() > 3
    phrases.first.focus()
    detail = page.locator("#result").inner_text()
    assert "Probability of an edit" in detail
