"""The status page in a real browser: readable in light and dark, on a phone and with a screen reader, fresh or old."""

import os
import shutil
import subprocess
from functools import partial

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.looks import LOOKS, assert_readable_in_light_and_dark, look_at
from faults.steps import ROOT

PAGE = """
import sys
from datetime import UTC, datetime, timedelta
from microstep_airflow.status import look, services
from microstep_airflow.status.airflow_api import Answers
from microstep_airflow.status.page import render
from microstep_airflow.status.shape import Part
minutes, why = int(sys.argv[1]), sys.argv[2]
places, now = look.Places.read(), datetime.now(UTC)
found = look.catalog(places)
times = {"run_after": "2026-01-04T03:15:00Z", "start_date": "2026-01-04T03:15:00Z", "end_date": "2026-01-04T03:16:00Z"}
ids = look.dag_ids(found)
dags = {name: {"dag_id": name, "is_paused": False, "next_dagrun_run_after": "2026-01-05T03:15:00Z"} for name in ids}
runs = {name: [{"dag_id": name, "dag_run_id": "r", "state": "failed" if "bad" in name else "success", **times}] for name in ids}
parts = [Part("mlflow", "ok", "healthy"), Part("pages", "bad", "does not answer"), Part("broker", "unknown", "not asked")]
answers = Answers({}, dags, runs, {}, why)
print(render(look.look(places, found, answers, services.summary(parts), None, now=now), now + timedelta(minutes=minutes)))
"""
STATES = {"fresh": (0, ""), "old": (200, ""), "without-airflow": (0, "Airflow does not answer: Connection refused")}


@pytest.fixture(scope="module")
def stack(made, tmp_path_factory):
    """A checkout with pipelines that the real steps have filled, one whose runs fail, one that is wrong, and a new one."""
    root, one = tmp_path_factory.mktemp("stack"), made("binary")
    (root / "pipelines").mkdir()
    (root / "pipeline.toml").touch()
    text = (one / "pipeline.toml").read_text()
    for name in ("churn", "a_name_that_is_as_long_as_it_may", "runs_are_bad", "new"):
        (root / "pipelines" / f"{name}.toml").write_text(f'{text}\n[pipeline]\nname = "{name}"\n')
        if name == "new":
            (root / "data" / name).mkdir()
        else:
            shutil.copytree(one / "data", root / "data" / name)
    (root / "pipelines" / "wrong.toml").write_text("[table]\nkey = <b>bold</b>\n")
    (root / "mails").mkdir()
    return root


@pytest.fixture
def opened(stack, browser, tmp_path):
    """Opens the page of a state in a way; gives it with what it asked for and said."""

    def open_in(state, look):
        minutes, why = STATES[state]
        path = os.pathsep.join(str(ROOT / part) for part in ("libs/contract", "airflow"))
        variables = {
            "PYTHONPATH": path,
            "MICROSTEP_CONFIG": str(stack / "pipeline.toml"),
            "MICROSTEP_DATA_ROOT": str(stack / "data"),
            "MICROSTEP_MAILS": str(stack / "mails"),
            "MICROSTEP_AIRFLOW_URL": "http://localhost:8080",
        }
        # of the steps' environments, one that has what a page is made of
        python = ROOT / ".venvs" / "predict" / "bin" / "python"
        done = subprocess.run(
            [python, "-c", PAGE, str(minutes), why],
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=True,
        )
        file = tmp_path / f"{state}.html"
        file.write_text(done.stdout)
        return look_at(browser, file, look, f"status-{state}")

    return open_in


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("look", LOOKS)
def test_it_fits_the_screen_asks_for_nothing_and_axe_finds_nothing_serious(opened, state, look):
    page = opened(state, look)
    assert page.noticed == []
    assert page.evaluate("document.documentElement.scrollWidth") <= LOOKS[look]["viewport"]["width"]
    found = Axe().run(page).response["violations"]
    serious = {
        each["id"]: [node["html"] for node in each["nodes"]]
        for each in found
        if each["impact"] in ("serious", "critical")
    }
    assert serious == {}
    page.close()


def test_the_worst_is_first_and_what_is_wrong_stands_with_what_to_type(opened):
    page = opened("fresh", "light")
    names = [row.inner_text().split() for row in page.locator("tbody th").all()]
    assert [name for name, _ in names[:2]] == ["runs_are_bad", "wrong"] or names[0][1] == "look"
    assert {word for _, word in names} <= {"look", "fine", "unknown"}
    assert page.get_by_text("runs_are_bad.train failed").count() == 1
    assert page.get_by_text("mend pipelines/wrong.toml").count() == 1
    assert page.locator("b").count() == 0, "what came as data is text"
    page.close()


def test_an_old_page_is_red_without_a_script(opened):
    page = opened("old", "light")
    warning = page.get_by_role("alert")
    assert "Old: this was 3 hours ago." in warning.inner_text()
    colour = warning.evaluate("element => getComputedStyle(element).borderLeftColor")
    red, green, blue = (int(part) for part in colour.split("(")[1].rstrip(")").split(",")[:3])
    assert red > 2 * max(green, blue)
    assert page.locator("script").count() == 0
    page.close()


def test_a_page_that_stays_open_turns_red_by_itself(opened):
    page = opened("fresh", "light")
    stale = page.get_by_text("This page has been open for more than")
    assert not stale.is_visible()
    # as if three minutes had passed
    page.evaluate("document.getAnimations().forEach(animation => { animation.currentTime = 182000 })")
    assert stale.is_visible()
    page.close()


def test_dark_and_light_are_different_and_readable(opened):
    assert_readable_in_light_and_dark(partial(opened, "fresh"))
