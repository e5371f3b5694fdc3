"""The step as a process: what a container does."""

import os
import subprocess
import sys

import pytest

from contract.errors import ExitCode

STOPPED_IN_THE_MIDDLE = """
import os, signal, sys
from preprocess import check
from preprocess.__main__ import main
sort = check.Day.sort
def sort_and_be_stopped(*args):
    rows = sort(*args)
    os.kill(os.getpid(), signal.SIGTERM)
    return rows
check.Day.sort = sort_and_be_stopped
check.BATCH_ROWS = 10
sys.exit(main())
"""


@pytest.fixture
def step(day, tmp_path, config_text):
    config = tmp_path / "pipeline.toml"
    config.write_text(config_text)

    def start(*args, code=None, **environment):
        program = ["-c", code] if code else ["-m", "preprocess"]
        return subprocess.run(
            [sys.executable, *program, "--day", day.name, "--data-root", day.root, "--config", config, *args],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return start


def test_it_ends_with_the_code_of_what_went_wrong(step, day):
    assert step().returncode == ExitCode.NO_INPUT
    day.bring_data(day.rows(3, age=["x"] * 3))
    refused = step()
    assert refused.returncode == ExitCode.DATA
    assert "age: not an integer (3)" in refused.stderr
    assert not day.path.exists()
    assert step("--day", "2026-02-30").returncode == ExitCode.USAGE


def test_its_help_says_what_it_reads_and_writes(step):
    usage = step("--help").stdout
    assert "Reads raw/<day>/data" in usage
    assert "Writes processed/<day>" in usage


def test_hash_seed_time_zone_and_locale_change_no_byte(step, day):
    day.bring_data(day.rows(300, city=[f"town {n % 60}" for n in range(300)], age=["x", *["30"] * 299]))
    day.bring_target({"id": [f"c{n}" for n in range(300)], "bought": ["no", "yes"] * 150})
    surroundings = [
        {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "de_DE.UTF-8"},
    ]
    made = []
    for environment in surroundings:
        done = step("--force", **environment)
        assert done.returncode == ExitCode.DONE, done.stderr
        made.append({name: content for name, content in day.tree().items() if name != "manifest.json"})
    assert made[0] == made[1]
    assert {name.split("-")[0] for name in made[0]} == {"part", "profile", "rejected"}


def test_a_signal_to_stop_leaves_nothing(step, day):
    day.bring_data(day.rows(100))
    assert step(code=STOPPED_IN_THE_MIDDLE).returncode == 128 + 15
    assert not day.path.exists()


def test_a_dry_run_says_what_would_be_written_and_writes_nothing(step, day):
    day.bring_data(day.rows(3))
    before = {path: path.stat().st_mtime_ns for path in day.root.rglob("*")}
    told = step("--dry-run")
    assert told.returncode == ExitCode.DONE
    assert "would write processed/2026-11-22: it is not there" in told.stderr
    assert {path: path.stat().st_mtime_ns for path in day.root.rglob("*")} == before
    assert step().returncode == ExitCode.DONE
    assert "processed/2026-11-22: up to date" in step("--dry-run").stderr
    assert "would write processed/2026-11-22: --force" in step("--dry-run", "--force").stderr
    day.bring_data(day.rows(3, income=None))
    refused = step(MICROSTEP_DRY_RUN="1")
    assert refused.returncode == step().returncode == ExitCode.DATA
    assert "would end with exit 65: raw/2026-11-22/data: must have" in refused.stderr
