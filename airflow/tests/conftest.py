import os
import tempfile
import tomllib
from pathlib import Path

# Airflow reads its configuration when it is imported
os.environ |= {
    "AIRFLOW_HOME": tempfile.mkdtemp(prefix="microstep-airflow-"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parents[1] / "dags"),
    "AIRFLOW__API__BASE_URL": "http://airflow.example",
}

import pytest
from airflow.dag_processing.dagbag import DagBag
from fake_engine import FakeEngine

from contract.config.parse import parse
from microstep_airflow.dag_factory import DagFactory
from microstep_airflow.settings import Settings

ROOT = Path(__file__).parents[2]

PIPELINE = """
[source]
kind = "synthetic"

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

[training]
window_days = 3

[[training.candidates]]
name = "linear"
estimator = "sklearn.linear_model.LogisticRegression"

[schedule]
first_day = 2026-01-01
timezone = "Europe/Berlin"

[alerts]
to = ["team@example.com", "night@example.com"]
sender = "microstep@example.com"
"""

SOURCES = {
    "synthetic": 'kind = "synthetic"',
    "files": 'kind = "files"',
    "sql": 'kind = "sql"\nquery = "select * from t where day = :day"',
}


def pipeline(source="synthetic", approval="automatic", sign=False):
    """A pipeline.toml with that source, that word about promotions, and signed models or not."""
    text = PIPELINE.replace(SOURCES["synthetic"], SOURCES[source])
    if sign:
        text = text.replace("[training]\n", "[training]\nsign = true\n", 1)
    return f'{text}\n[gate]\napproval = "{approval}"\n'


def settings(runner="docker", root="/srv/microstep"):
    """The settings of a machine whose checkout is at `root`."""
    return Settings.read({"MICROSTEP_RUNNER": runner, "MICROSTEP_HOST_ROOT": root, "MICROSTEP_HOME": root})


def factory(source="synthetic", runner="docker", *, sign=False):
    """The factory of such a machine."""
    return DagFactory(parse(tomllib.loads(pipeline(source, sign=sign))), settings(runner))


def write_pipelines(config, names, text):
    """A lone pipeline.toml; or a file for each name, and its data root, beside one without settings."""
    config.write_text("# none\n" if names else text)
    (config.parent / "pipelines").mkdir(exist_ok=True)
    for name in names:
        (config.parent / "data" / name).mkdir(parents=True, exist_ok=True)
        (config.parent / "pipelines" / f"{name}.toml").write_text(f'{text}\n[pipeline]\nname = "{name}"\n')


@pytest.fixture(scope="session")
def load_dags(tmp_path_factory):
    """Reads the real DAG files with a source and a runner; gives the DAGs by name."""

    def load(source="synthetic", runner="docker", approval="automatic", names=(), machines=None):
        config = tmp_path_factory.mktemp("config") / "pipeline.toml"
        write_pipelines(config, names, pipeline(source, approval))
        for machine in machines or ():
            (config.parent / "machines").mkdir(exist_ok=True)
            (config.parent / "machines" / f"{machine}.env").write_text(f"MICROSTEP_MACHINE={machine}\n")
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("MICROSTEP_")]:
                patch.delenv(name)
            patch.setenv("MICROSTEP_CONFIG", str(config))
            if machines is not None:
                patch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor,LocalExecutor")
            if names:
                patch.setenv("MICROSTEP_DATA_ROOT", str(config.parent / "data"))
            patch.setenv("MICROSTEP_RUNNER", runner)
            patch.setenv("MICROSTEP_HOST_ROOT", "/srv/microstep")
            patch.setenv("MICROSTEP_HOME", "/srv/microstep")
            bag = DagBag(str(ROOT / "airflow" / "dags"))
        assert bag.import_errors == {}
        return bag.dags

    return load


WAYS = [
    *((source, runner, "automatic") for source in SOURCES for runner in ("docker", "process")),
    *(("synthetic", runner, "manual") for runner in ("docker", "process")),
]


@pytest.fixture(scope="session", params=WAYS, ids="-".join)
def dags(request, load_dags):
    """The DAGs by name: each source with each runner, and with a person who has the last word."""
    return load_dags(*request.param)


@pytest.fixture
def engine(monkeypatch):
    """An engine at DOCKER_HOST."""
    fake = FakeEngine()
    monkeypatch.setenv("DOCKER_HOST", fake.url)
    yield fake
    fake.close()
