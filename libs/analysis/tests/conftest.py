import tomllib

import pytest

from contract.config.parse import parse

CONFIG = """
[source]
kind = "files"
[table]
key = "id"
target = "y"
task = "binary"
positive = "yes"
[columns.x]
type = "number"
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
def config():
    return parse(tomllib.loads(CONFIG))
