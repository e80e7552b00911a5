"""What all rooms share: one browser a process (Playwright allows one of its loops there), checked shapes, workers."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import CHROMIUM, CHROMIUM_ARGUMENTS, PATIENCE_MS
from tests.shapes import check_shapes

check_shapes()  # before any test imports the package


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """All tests are shared out to two workers of one thread each; a few files start faster in one process."""
    if config.args_source != pytest.Config.ArgsSource.TESTPATHS:
        return 0
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the workers inherit it
    return 2


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; what it is asked to show may take a while on a busy machine."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()
