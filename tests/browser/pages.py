"""The pages as objects with verbs: what a person does, and what a person then sees.

In: a Playwright page. Out: texts and numbers as shown. Knows nothing of the server.
"""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

#: For the real model on a busy machine; the page itself answers in well under a second.
MODEL_MS = 300_000

SETTLE_MS = 300


def open_summarize(page: Page, base_url: str, *, job: int | None = None) -> None:
    """Open *Summarize*, or one job on it."""
    page.goto(f"{base_url}/?job={job}" if job else f"{base_url}/")
    expect(page.locator("#masthead .tk-name")).to_be_visible()
    if job is None:
        expect(page.locator("#document textarea")).to_be_visible()
        expect(page.locator("#submit")).to_be_enabled()  # the page has all its state


def paste(page: Page, text: str) -> None:
    """Put a text into the form."""
    page.locator("#document textarea").fill(text)


def take_sample(page: Page, name: str) -> None:
    """Put a sample ("inspection", "specification" or "japanese") into the form."""
    page.locator(f"#sample-{name}").click()
    expect(page.locator("#document textarea")).not_to_have_value("")


def submit(page: Page) -> int:
    """Send the form; the number of the job, which stands in the address."""
    page.locator("#submit").click()
    page.wait_for_url(re.compile(r"job=\d+"))
    return int(re.search(r"job=(\d+)", page.url).group(1))


def wait_for_summary(page: Page, *, timeout_ms: float = MODEL_MS) -> Locator:
    """The summary with its phrases, once it is there."""
    summary = page.locator("#result .tk-summary")
    expect(summary).to_be_visible(timeout=timeout_ms)
    return summary


def paste_and_summarize(page: Page, text: str, *, timeout_ms: float = MODEL_MS) -> int:
    """From *Summarize* with an empty form to the summary; the number of the job."""
    paste(page, text)
    job = submit(page)
    wait_for_summary(page, timeout_ms=timeout_ms)
    return job


def upload(page: Page, path: Path) -> None:
    """Choose a file, as from the file dialog: not in the moment in which the last answer came.

    Gradio's server forgets an event that arrives while the stream of the one before is being closed.
    """
    page.wait_for_timeout(SETTLE_MS)
    page.locator("#upload").locator("xpath=..").locator("input[type=file]").set_input_files(path)


def decision(page: Page) -> str:
    """The decision on the summary shown: "accepted" or "review"."""
    return page.locator("#result .tk-decision").get_attribute("data-tone")


def provenance(page: Page) -> str:
    """What the summary shown was made with: model, posterior, calibration, policy, seconds."""
    return page.locator(".tk-provenance").inner_text()


def read_calibration_version(page: Page) -> int:
    """The calibration that scored the summary shown (on *Summarize* or in the inbox, either language)."""
    found = re.search(r"(?:Calibration|較正 第) (\d+)", provenance(page))
    return int(found.group(1))


def open_inbox(page: Page, base_url: str, *, item: int | None = None) -> None:
    """Open *Inbox*, or one item of it."""
    page.goto(f"{base_url}/inbox?item={item}" if item else f"{base_url}/inbox")
    expect(page.locator("#inbox-list .tk-filters")).to_be_visible()


def open_first_item(page: Page) -> int:
    """Open the most doubtful item of the list; its number."""
    row = page.locator("#inbox-list .tk-row").first
    item = int(row.get_attribute("data-id"))
    row.click()
    expect(page.locator(f'#inbox-list .tk-row[data-id="{item}"][aria-current="true"]')).to_be_visible()
    expect(page.locator("#review .tk-summary")).to_be_visible()
    return item


def open_item_number(page: Page) -> int:
    """The item that is open, by the address."""
    return int(re.search(r"item=(\d+)", page.url).group(1))


def let_settle(page: Page) -> None:
    """Look at the open item for as long as it takes until keys give verdicts on it."""
    page.wait_for_function(
        "() => performance.now() - Number(document.querySelector('#review .tk-review').dataset.drawnAt) > 600"
    )


def approve(page: Page) -> None:
    """Approve the open item."""
    _decide(page, "approve")


def correct(page: Page, text: str) -> None:
    """Save another text for the open item."""
    page.locator("#corrected textarea").fill(text)
    _decide(page, "correct")


def reject(page: Page, *, note: str = "") -> None:
    """Reject the open item."""
    if note:
        page.locator("#note textarea, #note input").first.fill(note)
    _decide(page, "reject")


def undo(page: Page) -> None:
    """Take the last verdict back."""
    before = message(page)
    page.locator("#undo").click()
    expect(page.locator("#message .tk-note")).not_to_have_text(before)


def message(page: Page) -> str:
    """What the inbox says has just happened."""
    return page.locator("#message .tk-note").inner_text().strip()


def open_insights(page: Page, base_url: str) -> None:
    """Open *Insights*."""
    page.goto(f"{base_url}/insights")
    expect(page.locator("#counts .tk-tile").first).to_be_visible()


def recalibrate(page: Page) -> str:
    """Press *Recalibrate* on *Insights*; the report in words."""
    page.locator("#recalibrate").click()
    report = page.locator("#report .tk-note")
    expect(report).to_be_visible(timeout=MODEL_MS)
    return report.inner_text()


def current_calibration_version(page: Page) -> int:
    """The version in use, from the table on *Insights* (either language)."""
    row = page.locator("#calibrations tbody tr").filter(has_text=re.compile("in use|使用中"))
    return int(row.locator("td").first.inner_text())


def open_settings(page: Page, base_url: str) -> None:
    """Open *Settings*."""
    page.goto(f"{base_url}/settings")
    expect(page.locator("#what-if .tk-note")).to_be_visible()


def set_dial(page: Page, name: str, value: int) -> None:
    """Type a number into a dial: "threshold", "samples-dial" or "audit"."""
    box = page.locator(f"#{name} input[type=number]")
    box.fill(str(value))
    box.press("Tab")


def save_settings(page: Page) -> str:
    """Save the policy; what the page says."""
    page.locator("#save").click()
    note = page.locator("#saved .tk-note")
    expect(note).to_be_visible()
    return note.inner_text()


def error_message(page: Page) -> str:
    """The sentence of the error that is shown."""
    toast = page.locator("[data-testid=toast-body]").first
    expect(toast).to_be_visible()
    return toast.inner_text()


def _decide(page: Page, kind: str) -> None:
    before = page.url
    page.locator(f"#{kind}").click()
    expect(page.locator("#message .tk-note")).to_be_visible()
    page.wait_for_function("before => location.href !== before", arg=before)
