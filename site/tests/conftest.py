"""The site, built once, and the browser that reads it from the disk."""

from __future__ import annotations

import shutil

import build
import pytest
from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "google-chrome", "chromium-browser")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")


@pytest.fixture(scope="session")
def html(tmp_path_factory):
    """The folder of the built pages."""
    target = tmp_path_factory.mktemp("site")
    assert build.build(target) == 0
    return target / "html"


@pytest.fixture(scope="session")
def context():
    """A browser; dev/test leaves the suite out where there is none."""
    with sync_playwright() as playwright:
        program = next(path for name in BROWSERS if (path := shutil.which(name)))
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser.new_context(viewport={"width": 1200, "height": 900})
        browser.close()
