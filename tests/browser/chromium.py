"""Debian's Chromium, and how the tests start it."""

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
LOCALES = {"en": "en-US", "ja": "ja-JP"}
PATIENCE_MS = 60_000
