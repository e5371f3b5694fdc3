#!/usr/bin/env python3
"""Take the pictures of the documentation from what is running here, so that they show what a reader will see.

The reports come from `make demo`. Airflow, MLflow and a mail come from a running stack, whose addresses and log-ins
`make up` prints; each is left as it was where it is not named.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
_BROWSERS = ("chromium", "google-chrome", "chromium-browser")
_PASSWORD = "MICROSTEP_PICTURES_PASSWORD"  # noqa: S105 - the name of a variable


@contextmanager
def _browser() -> Iterator[Any]:
    program = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if program is None:
        sys.exit("site/pictures.py: Chromium must be here to take pictures, and is not: make browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_context(viewport={"width": 760, "height": 560}, color_scheme="light")
        browser.close()


def _report(data: Path, kind: str) -> Path:
    """The page of the last training, or of the last predicted day."""
    found = sorted((data / "reports" / kind).glob("*/report-*.html"))
    if not found:
        sys.exit(f"site/pictures.py: {data}/reports/{kind} must have a report, and has none: make demo")
    return found[-1]


def _take(page: Page, name: str, *, whole: bool = False) -> None:
    page.screenshot(path=IMAGES / f"{name}.png", full_page=whole)
    print(f"docs/images/{name}.png  {(IMAGES / f'{name}.png').stat().st_size / 1000:.0f} kB")


def reports(data: Path) -> None:
    """The verdict of the last training for the README, more of it and a predicted day for docs/reports.md."""
    with _browser() as context:
        page = context.new_page()
        page.goto(_report(data, "train").as_uri())
        _take(page, "report")
        page.set_viewport_size({"width": 760, "height": 1105})
        _take(page, "report-train")
        page.goto(_report(data, "predict").as_uri())
        _take(page, "report-predict")


def airflow(url: str) -> None:
    """The page of a DAG with its runs."""
    with _browser() as context:
        page = context.new_page()
        page.set_viewport_size({"width": 1200, "height": 700})
        page.goto(url)
        page.fill("input[name=username]", "admin")
        page.fill("input[name=password]", _password())
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda address: "login" not in address)
        page.goto(f"{url.rstrip('/')}/dags/train")
        page.wait_for_load_state("networkidle")
        _take(page, "airflow-train")


def mail(url: str) -> None:
    """The newest mail about a run that failed, in MailDev's page."""
    with _browser() as context:
        page = context.browser.new_page(
            viewport={"width": 1200, "height": 800}, http_credentials={"username": "admin", "password": _password()}
        )
        page.goto(url)
        page.get_by_text("failed:").first.click()
        page.wait_for_load_state("networkidle")
        _take(page, "mail-failed")


def _password() -> str:
    """From the environment: an argument would be seen by everybody on this machine."""
    if not (password := os.environ.get(_PASSWORD)):
        sys.exit(f"site/pictures.py: {_PASSWORD} must be the password of admin that make up printed, and is not set")
    return password


def main() -> None:
    """Take what is asked for; the reports always."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / ".demo" / "data", help="a data root (default: the demo's)")
    parser.add_argument("--airflow", metavar="URL", help="such as http://localhost:8080")
    parser.add_argument("--mails", metavar="URL", help="such as http://localhost:1080")
    args = parser.parse_args()
    reports(args.data)
    if args.airflow:
        airflow(args.airflow)
    if args.mails:
        mail(args.mails)


if __name__ == "__main__":
    main()
