"""Each step, with a data root as it finds it (with its own older output) and as it should leave it."""

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from steps import DAY, DAYS, STEPS, Runner, config, copied

HERE = Path(__file__).parent
# where every write is broken the pages have their plots; elsewhere to draw them would take most of the time
PAGES = [] if os.environ.get("MICROSTEP_FAULTS_EVERY") == "1" else ["oracle.plain_pages"]


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """The fault injection, compiled."""
    target = tmp_path_factory.mktemp("library") / "inject.so"
    warnings = ["-Wall", "-Wextra", "-Werror", "-O1"]
    subprocess.run(["gcc", *warnings, "-shared", "-fPIC", "-o", target, HERE / "inject.c", "-ldl"], check=True)
    return target


@pytest.fixture(scope="session")
def runners(library):
    """A runner of each step."""
    made = {step: Runner(step, library, PAGES if step in ("validate", "predict") else ()) for step in STEPS}
    yield made
    for runner in made.values():
        runner.close()


@pytest.fixture(scope="session")
def stories(runners, tmp_path_factory):
    """For each step: the root before it (upstream is new, its own output is old) and after it."""
    home = tmp_path_factory.mktemp("stories")
    old, new = home / "old.toml", home / "new.toml"
    old.write_text(config(seed=7, margin=0.5))
    new.write_text(config(seed=8, margin=0.6))
    root = home / "root"
    root.mkdir()

    def whole(configuration, step):
        for day in DAYS if step in ("generate", "preprocess") else (DAY,):
            ended = runners[step].run(root, configuration, day=day)
            assert ended.code == 0, ended.output

    for step in STEPS:
        whole(old, step)
    made = {}
    for step in STEPS:
        if step in ("generate", "preprocess"):  # the day before is new already: one run makes the step's output new
            ended = runners[step].run(root, new, day=DAYS[0])
            assert ended.code == 0, ended.output
        before = copied(root, home / f"before-{step}")
        whole(new, step)
        made[step] = SimpleNamespace(before=before, after=copied(root, home / f"after-{step}"), config=new)
    return made


@pytest.fixture
def counts(record_property):
    """Keeps what was tried, for the table at the end: (what, of which, how many, note)."""
    return lambda *row: record_property("tried", list(row))


def pytest_terminal_summary(terminalreporter):
    rows = [
        row
        for report in terminalreporter.stats.get("passed", [])
        for name, row in report.user_properties
        if name == "tried"
    ]
    if rows:
        terminalreporter.section("tried, each as it must be")
    for title, which, count, note in sorted(rows):
        terminalreporter.line(f"{title:24} {which:32} {count:6} {note}")
