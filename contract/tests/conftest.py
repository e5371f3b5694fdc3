import tomllib
from pathlib import Path

import pytest

from contract.toml import parse

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
