import logging
import os
import tomllib
from pathlib import Path

import pytest

from contract.config.parse import parse
from contract.steps.cli import main
from contract.steps.options import Step

MINIMAL = """
[source]
kind = "files"

[table]
key = "id"
target = "y"
task = "binary"
positive = "yes"

[columns.x]
type = "number"
min = 0
max = 10

[columns.y]
type = "category"
values = ["no", "yes"]

[[training.candidates]]
name = "linear"
estimator = "sklearn.linear_model.LogisticRegression"

[schedule]
first_day = 2026-01-01
"""


@pytest.fixture
def raw():
    """The least that a pipeline.toml must say, as TOML's plain values."""
    return tomllib.loads(MINIMAL)


@pytest.fixture
def config(raw):
    return parse(raw)


@pytest.fixture
def config_file(tmp_path: Path):
    path = tmp_path / "pipeline.toml"
    path.write_text(MINIMAL)
    return path


@pytest.fixture
def call(tmp_path, config_file, monkeypatch):
    """Runs a step whose work is a given function; returns its exit code."""
    for name in [name for name in os.environ if name.startswith("MICROSTEP_")]:
        monkeypatch.delenv(name)
    (tmp_path / "data").mkdir()

    def run(work, *argv, commands=()):
        step = Step("train", tmp_path, "Reads nothing.\nWrites nothing.", work, commands)
        options = ["--data-root", str(tmp_path / "data"), "--config", str(config_file)]
        return main(step, [*options, *argv])

    yield run
    logging.getLogger().handlers.clear()


def nothing(run):
    pass
