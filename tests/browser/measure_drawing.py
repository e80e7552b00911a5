"""Measures how long a browser takes to draw 5,000 tokens: `python -m tests.browser.measure_drawing`.

Out: one line of JSON: tokens, nodes, and the medians of five drawings of the phrases and of the tokens, from the press
of the button to the second frame after it. Nothing here fails: a slow machine is no fault of the page.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from backend.documents import read_text
from backend.review.intake import service
from backend.review.policy import policies
from backend.review.store.database import Database
from tests.browser import pages
from tests.browser.chromium import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.browser.conftest import serve_in_thread
from tests.browser.summarizer import score

ROWS = 2500
REPEATS = 5
DRAW = """() => new Promise((done) => {
    const start = performance.now();
    document.querySelector('#review .tk-show-tokens').click();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
})"""


def put_long_summary(database: Database) -> tuple[int, int]:
    """An item whose summary has over 5,000 tokens; its number and how many tokens it has."""
    document = read_text("Inspection log\n" + "".join(f"Row {n}: bore 12.{n} mm OK\n" for n in range(ROWS)))
    scored = score(document, summary=" ".join(f"bore {n}" for n in range(ROWS)), samples=4)
    policies.save(database, threshold=0.0, samples=4, audit_share=0.0)
    return service.record(database, document=document, scored=scored).item_id, len(scored.tokens)


def measure(page: Page) -> dict[str, float]:
    """Medians in milliseconds; the pane shows phrases at first."""
    tokens_ms, phrases_ms = [], []
    for _ in range(REPEATS):
        tokens_ms.append(page.evaluate(DRAW))
        phrases_ms.append(page.evaluate(DRAW))
    return {"draw_tokens_ms": statistics.median(tokens_ms), "draw_phrases_ms": statistics.median(phrases_ms)}


def main() -> None:
    """Serve, open the item, measure, print."""
    with tempfile.TemporaryDirectory() as folder, closing(serve_in_thread(Path(folder))) as sites:
        site = next(sites)
        item, tokens = put_long_summary(site.database)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(120_000)
            expect.set_options(timeout=120_000)
            pages.open_inbox(page, site.url, item=item)
            page.locator("#review .tk-phrase").nth(1000).wait_for(state="attached")
            figures = measure(page)
            nodes = page.evaluate("document.querySelectorAll('*').length")
            browser.close()
    sys.stdout.write(json.dumps({"tokens": tokens, "nodes": nodes, **figures}) + "\n")


if __name__ == "__main__":
    main()
