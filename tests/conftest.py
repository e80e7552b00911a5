"""What all rooms share: one browser a run (Playwright allows one of its loops in a process), and checked shapes."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import CHROMIUM, CHROMIUM_ARGUMENTS, PATIENCE_MS
from tests.shapes import check_shapes

check_shapes()  # before any test imports the package


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; what it is asked to show may take a while on a busy machine."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()
