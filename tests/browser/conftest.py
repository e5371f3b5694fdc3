"""Pages that the real steps made, and the real browser that looks at them."""

from __future__ import annotations

import contextlib
import csv
import random
import shutil

import pytest
from faults.steps import STEPS, Runner
from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "google-chrome", "chromium-browser")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
DAYS = ("2026-01-01", "2026-01-02", "2026-01-03")
TABLES = {
    "binary": (
        'task = "binary"\npositive = "yes"',
        'type = "category"\nvalues = ["no", "yes"]',
        "linear_model.LogisticRegression",
    ),
    "multiclass": (
        'task = "multiclass"',
        'type = "category"\nvalues = ["red", "green", "blue"]',
        "linear_model.LogisticRegression",
    ),
    "regression": ('task = "regression"', 'type = "number"', "linear_model.Ridge"),
}
PIPELINE = """
[source]
kind = "files"

[table]
key = "id"
target = "y"
{table}

[columns.id]
type = "text"
role = "ignore"

[columns.age]
type = "number"

[columns.a_column_with_quite_a_long_name_that_must_not_break_a_phone]
type = "number"

[columns.plan]
type = "category"

[columns.y]
{target}

[training]
window_days = 2

[[training.candidates]]
name = "linear"
estimator = "sklearn.{estimator}"

[gate]
slices = ["plan"]
min_test_rows = 20
min_slice_rows = 20

[schedule]
first_day = 2026-01-01
"""


def rows(task, day, count=600):
    """A day's rows; the third day's ages are shifted, so that there is drift to draw."""
    rng = random.Random(f"{task} {day}")
    shift = 15 if day == DAYS[2] else 0
    for number in range(count):
        age, other = rng.gauss(40, 12), rng.gauss(0, 1)
        signal = (age - 40) / 12 + other + rng.gauss(0, 0.7)
        answer = {
            "binary": "yes" if signal > 0.5 else "no",
            "multiclass": "red" if signal < -0.7 else "green" if signal < 0.7 else "blue",
            "regression": round(signal, 3),
        }[task]
        yield (
            f"{day}-{number}",
            round(age + shift, 2),
            round(other, 3),
            rng.choice(("basic", "plus", "<b>pro</b>")),
            answer,
        )


@pytest.fixture(scope="session")
def step():
    """Runs a step on a root. Each is imported once: 33 starts of their own would take longer than all pages."""
    with contextlib.ExitStack() as stack:
        runners = {name: stack.enter_context(contextlib.closing(Runner(name, None))) for name in STEPS}

        def run(name, root, day):
            ended = runners[name].run(root / "data", root / "pipeline.toml", day=day)
            assert ended.code == 0, ended.output

        yield run


@pytest.fixture(scope="session")
def made(step, tmp_path_factory):
    """The data root of a task after two trainings and a predicted day whose target came later."""
    kept = {}

    def make(task):
        if task in kept:
            return kept[task]
        root = kept[task] = tmp_path_factory.mktemp(task)
        table, target, estimator = TABLES[task]
        (root / "pipeline.toml").write_text(PIPELINE.format(table=table, target=target, estimator=estimator))
        for day in DAYS:
            inbox = root / "data" / "inbox" / day
            inbox.mkdir(parents=True)
            with (inbox / "rows.csv").open("w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(
                    ["id", "age", "a_column_with_quite_a_long_name_that_must_not_break_a_phone", "plan", "y"]
                )
                writer.writerows(rows(task, day))
            step("generate", root, day)
            step("preprocess", root, day)
        for day in DAYS[1:]:
            step("train", root, day)
            if day == DAYS[2]:
                step("predict", root, day)
            step("validate", root, day)
        return root

    return make


@pytest.fixture(scope="session")
def browser():
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert executable, f"none of {', '.join(BROWSERS)} is there: make browser"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=list(QUIET))
        yield started
        started.close()
