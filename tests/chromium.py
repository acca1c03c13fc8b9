"""Debian's Chromium for the browser tests, and what the accessibility checks ask."""

from __future__ import annotations

import os

CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
SERIOUS = {"serious", "critical"}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SHOTS = os.environ.get("IVR_TEST_SCREENSHOTS")
"""Folder for pictures of the pages, for a person to look at; none are taken without it."""
