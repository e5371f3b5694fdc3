"""`predict trace` as a process."""

import json
import os
import subprocess
import sys

import pytest

from contract.errors import ExitCode


@pytest.fixture
def traced(day, model, tmp_path, config_text):
    """Runs the command on a day that was predicted, with no manifest of the model beside its file."""
    config = tmp_path / "pipeline.toml"
    config.write_text(config_text)
    day.bring(day.rows(10))
    day.crown(model)
    day.predict()

    def run(*arguments):
        options = ["--day", day.name, "--data-root", day.root, "--config", config]
        return subprocess.run(
            [sys.executable, "-m", "predict", "trace", *options, *arguments],
            env=os.environ | {"LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_it_prints_every_link_and_says_which_is_no_longer_what_it_was(traced, day):
    done = traced()
    assert done.returncode == ExitCode.DONE
    assert done.stdout.splitlines()[0].startswith(f"ok       predictions/{day.name}")
    assert f"predictions/{day.name}: 1 of " in done.stderr
    assert f"no longer what they were when the day was predicted, first: models/{day.trained} is gone" in done.stderr


def test_it_fails_for_a_link_that_is_damaged(traced, day):
    (day.root / "ledger.jsonl").write_text("{")
    done = traced()
    assert done.returncode == ExitCode.DATA
    assert "links do not hold, first: ledger.jsonl is missing" in done.stderr


def test_damaged_predictions_are_made_again_by_what_it_says(traced, day):
    (part,) = (path for path in (day.root / "predictions" / day.name).iterdir() if path.name.startswith("part-"))
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    done = traced()
    assert done.returncode == ExitCode.DATA
    assert f"run predict --force --day {day.name}" in done.stderr
    day.predict(force=True)
    assert traced().returncode == ExitCode.DONE


def test_for_machines_it_prints_json(traced, day):
    links = json.loads(traced("--json").stdout)
    assert links[0].keys() == {"depth", "what", "state", "detail"}
    assert links[0]["what"] == f"predictions/{day.name}"
