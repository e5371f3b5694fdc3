#!/usr/bin/env python3
"""Take every picture of the documentation from the stack that runs here, so that they show what a reader will see.

The stack is as `make up` leaves it: trained, and with a predicted day. For the mail about a failed run, a run fails:
that of `BROKEN_DAY`, of which nothing is left but the run in Airflow's page.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, HttpCredentials, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / folder) for folder in ("demo", "ops")]
from airflow_api import AirflowApi  # noqa: E402 - the path comes first
from checkout.settings import ports, read  # noqa: E402
from up import mail_password, mlflow_password, password  # noqa: E402

IMAGES = ROOT / "docs" / "images"
DATA = ROOT / "data"
BROKEN_DAY = "2026-01-02"
_BROWSERS = ("chromium", "google-chrome", "chromium-browser")
_NARROW: ViewportSize = {"width": 760, "height": 560}
_WIDE: ViewportSize = {"width": 1200, "height": 700}
_SECONDS = 120


def report(page: Page, address: str) -> None:
    """The verdict of the last training for the README, more of it and a predicted day for docs/reports.md."""
    page.goto(_last(address, "train"))
    _take(page, "report")
    page.set_viewport_size({"width": 760, "height": 1105})
    _take(page, "report-train")
    page.goto(_last(address, "predict"))
    _take(page, "report-predict")


def status(page: Page, address: str) -> None:
    """The one screen of all that runs here."""
    page.goto(address)
    _take(page, "status", whole=True)


def airflow(page: Page, address: str) -> None:
    """The page of a DAG with its runs."""
    page.goto(address)
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", password())
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda asked: "login" not in asked)
    page.goto(f"{address}/dags/train")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(2000)
    _take(page, "airflow-train")


def mlflow(page: Page, address: str) -> None:
    """The page of the last training: its artifacts, with the report opened."""
    found = _ask(page, f"{address}/api/2.0/mlflow/runs/search", {"experiment_ids": _experiments(page, address)})
    # newest first; the runs of its candidates are beside it
    runs = [run["info"] for run in found.get("runs", []) if run["info"]["run_name"].startswith("train ")]
    if not runs:
        sys.exit(
            "site/pictures.py: MLflow must have a training, has none: make backfill DAG=train FROM=DAY TO=DAY FORCE=1"
        )
    run = runs[0]
    page.goto(f"{address}/#/experiments/{run['experiment_id']}/runs/{run['run_id']}/artifacts")
    page.get_by_text("report", exact=True).click()
    page.get_by_text("report.html", exact=True).click()
    page.frame_locator("iframe").get_by_text("It passed the gate").wait_for()
    if (close := page.get_by_role("button", name="Close").first).is_visible():
        close.click()  # its assistant, which opens by itself
        page.wait_for_timeout(1000)
    _take(page, "mlflow-report")


def mail(page: Page, address: str) -> None:
    """The mail about a run that failed, in MailDev's page."""
    page.goto(address)
    page.get_by_text("failed").first.click()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)
    _take(page, "mail-failed")


def _experiments(page: Page, address: str) -> list[str]:
    found = _ask(page, f"{address}/api/2.0/mlflow/experiments/search", {"max_results": 100})
    return [experiment["experiment_id"] for experiment in found["experiments"]]


def _ask(page: Page, address: str, body: dict[str, Any]) -> Any:
    return page.request.post(address, data=body).json()


def _last(address: str, kind: str) -> str:
    found = sorted((DATA / "reports" / kind).glob("*/report-*.html"))
    if not found:
        sys.exit(f"site/pictures.py: data/reports/{kind} must have a report, and has none yet: make status says when")
    return f"{address}/{found[-1].relative_to(DATA)}"


def _take(page: Page, name: str, *, whole: bool = False) -> None:
    page.screenshot(path=IMAGES / f"{name}.png", full_page=whole)
    print(f"docs/images/{name}.png  {(IMAGES / f'{name}.png').stat().st_size / 1000:.0f} kB", flush=True)


@contextmanager
def _failed_run(address: str) -> Iterator[None]:
    """While this lasts, Airflow has a run that failed of a manifest that was cut off in the middle."""
    broken = DATA / "raw" / BROKEN_DAY / "data" / "manifest.json"
    broken.parent.mkdir(parents=True)
    owner = DATA.stat()
    broken.write_text('{"step": "gene')
    for path in (broken, broken.parent, broken.parent.parent):
        os.chown(path, owner.st_uid, owner.st_gid)
    try:
        api = AirflowApi(address, password)
        run = api.start("predict", BROKEN_DAY)
        for _ in range(_SECONDS):
            if api.state("predict", run) == "failed":
                break
            time.sleep(1)
        else:
            sys.exit(f"site/pictures.py: run {run} of predict must fail within {_SECONDS} s, and did not")
        time.sleep(10)  # its mail
        yield
    finally:
        shutil.rmtree(broken.parent.parent)


def _page(browser: Browser, size: ViewportSize, secret: str | None) -> Page:
    login: HttpCredentials | None = {"username": "admin", "password": secret} if secret else None
    return browser.new_page(viewport=size, color_scheme="light", http_credentials=login)


def main() -> None:
    """Take them all."""
    program = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if program is None:
        sys.exit("site/pictures.py: Chromium must be here to take pictures, and is not: make browser")
    at = {name: f"http://localhost:{port}" for name, port in ports(read()).items()}
    pages: list[tuple[Callable[[Page, str], None], str, ViewportSize, str | None]] = [
        (report, at["MICROSTEP_STATUS_PORT"], _NARROW, mail_password()),
        (status, at["MICROSTEP_STATUS_PORT"], _WIDE, mail_password()),
        (airflow, at["MICROSTEP_AIRFLOW_PORT"], _WIDE, None),
        (mlflow, at["MICROSTEP_MLFLOW_PORT"], _WIDE, mlflow_password()),
        (mail, at["MICROSTEP_MAIL_PORT"], _WIDE, mail_password()),
    ]
    with sync_playwright() as playwright, _failed_run(at["MICROSTEP_AIRFLOW_PORT"]):
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for take, address, size, secret in pages:
            page = _page(browser, size, secret)
            take(page, address)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
