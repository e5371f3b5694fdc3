"""The step as a process: what a container does."""

import os
import subprocess
import sys

import pytest

from contract.errors import ExitCode

STOPPED_IN_THE_MIDDLE = """
import os, signal, sys
from predict.scorer import Scorer
from predict.__main__ import main
score = Scorer.score
def score_and_be_stopped(*args):
    scored = score(*args)
    os.kill(os.getpid(), signal.SIGTERM)
    return scored
Scorer.score = score_and_be_stopped
sys.exit(main())
"""


@pytest.fixture
def step(day, tmp_path, config_text):
    config = tmp_path / "pipeline.toml"
    config.write_text(config_text)

    def start(*args, code=None, **environment):
        program = ["-c", code] if code else ["-m", "predict"]
        return subprocess.run(
            [sys.executable, *program, "--day", day.name, "--data-root", day.root, "--config", config, *args],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return start


def test_it_ends_with_the_code_of_what_went_wrong(step, day, model):
    assert step().returncode == ExitCode.NO_INPUT
    day.bring(day.rows(10))
    no_champion = step()
    assert (no_champion.returncode, "run train and validate first" in no_champion.stderr) == (ExitCode.NO_INPUT, True)
    champion = day.crown(model)
    (day.root / champion.file).write_bytes(b"other")
    wrong_hash = step()
    assert (wrong_hash.returncode, "must have sha256" in wrong_hash.stderr) == (ExitCode.NOT_PERMITTED, True)
    day.crown(model)
    day.bring(day.rows(10).drop_columns(["plan"]))
    assert step().returncode == ExitCode.DATA
    assert not day.path.exists()


def test_its_help_says_what_it_reads_and_writes(step):
    help_text = step("--help").stdout
    assert "Reads processed/<day>" in help_text
    assert "Writes predictions/<day>" in help_text


def test_hash_seed_time_zone_and_locale_change_no_byte(step, day, model):
    day.bring(day.rows(300))
    day.crown(model)
    surroundings = [
        {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "de_DE.UTF-8"},
    ]
    outputs = []
    for environment in surroundings:
        done = step("--force", **environment)
        assert done.returncode == ExitCode.DONE, done.stderr
        outputs.append({name: content for name, content in day.tree().items() if name != "manifest.json"})
    assert outputs[0] == outputs[1]
    assert [name.split("-")[0] for name in outputs[0]] == ["part"]


def test_a_signal_to_stop_leaves_nothing(step, day, model):
    day.bring(day.rows(10))
    day.crown(model)
    assert step(code=STOPPED_IN_THE_MIDDLE).returncode == 128 + 15
    assert not day.path.exists()


def test_a_day_that_is_up_to_date_imports_no_scikit_learn(step, day, model):
    day.bring(day.rows(10))
    day.crown(model)
    assert step().returncode == ExitCode.DONE
    code = "import sys; from predict.__main__ import main; main(); print(*sys.modules)"
    loaded = set(step(code=code).stdout.split())
    assert loaded
    assert not loaded & {"sklearn", "pandas", "pyarrow", "numpy"}
