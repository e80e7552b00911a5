"""Takes the README's pictures from the running program: `python -m tests.end_to_end.screenshots [DATA_FOLDER]`.

The real model summarizes a sample in either language; the summary waits in the inbox and is opened there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser import pages
from tests.browser.chromium import CHROMIUM, CHROMIUM_ARGUMENTS, LOCALES

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / ".readme"
PORT = 7871
SAMPLES = {"en": "inspection.txt", "ja": "japanese.txt"}


def main() -> None:
    """Start the program, take the pictures, stop it."""
    data = sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()
    environment = {**os.environ, "TASHIKA_DATA": data, "TASHIKA_PORT": str(PORT)}
    program = subprocess.Popen([sys.executable, "-m", "app"], cwd=ROOT, env=environment)
    try:
        wait_for_pages()
        PICTURES.mkdir(exist_ok=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
            for language, locale in LOCALES.items():
                context = browser.new_context(locale=locale, viewport={"width": 1440, "height": 1000})
                take(context.new_page(), language)
                context.close()
            browser.close()
    finally:
        program.terminate()
        program.wait(30)


def wait_for_pages() -> None:
    """Until the program answers."""
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=2).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise SystemExit("the program did not start")


def take(page: Page, language: str) -> None:
    """Summary and review of the sample of one language."""
    url = f"http://127.0.0.1:{PORT}"
    page.set_default_timeout(120_000)
    pages.open_settings(page, url)
    pages.set_dial(page, "threshold", 0)
    pages.save_settings(page)
    pages.open_summarize(page, url)
    text = (ROOT / "app" / "samples" / SAMPLES[language]).read_text("utf-8")
    pages.paste_and_summarize(page, text)
    page.locator("#result a[href*='inbox?item=']").click()  # the item of this very document
    page.locator("#review .tk-summary").wait_for()
    show_a_reason(page, "#review")
    page.screenshot(path=PICTURES / f"review-{language}.png", full_page=True)


def show_a_reason(page: Page, where: str) -> None:
    """Point at the most doubtful kind of phrase there is."""
    for band in ("doubtful", "check", "sure"):
        phrases = page.locator(f'{where} .tk-summary [data-band="{band}"]')
        if phrases.count():
            phrases.first.hover()
            return


if __name__ == "__main__":
    main()
