"""What Airflow's local settings load before it forks, as processes see it."""

import json
import os
import subprocess
import sys

import pytest
from conftest import PIPELINE, ROOT

PROGRAM = """
import json, sys
sys.argv = ["airflow", sys.argv[1]]
import airflow.settings
from airflow.sdk.execution_time import supervisor, task_runner  # which a task has in any case
before = set(sys.modules)
from airflow.dag_processing.dagbag import DagBag
bag = DagBag("{dags}")
assert bag.dags and not bag.import_errors
print(json.dumps([sorted(before), sorted(set(sys.modules) - before)]))
"""


@pytest.fixture
def loaded(tmp_path):
    """The modules that are there before and after a process of Airflow's command reads the DAG files."""

    def load(command, runner):
        (tmp_path / "pipeline.toml").write_text(PIPELINE)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MICROSTEP_")},
            "MICROSTEP_RUNNER": runner,
            "MICROSTEP_HOST_ROOT": str(tmp_path),
            "MICROSTEP_HOME": str(tmp_path),
            "MICROSTEP_CONFIG": str(tmp_path / "pipeline.toml"),
        }
        program = PROGRAM.format(dags=ROOT / "airflow" / "dags")
        done = subprocess.run(
            [sys.executable, "-c", program, command], env=environment, capture_output=True, text=True, check=True
        )
        before, after = json.loads(done.stdout.splitlines()[-1])
        return set(before), set(after)

    return load


@pytest.mark.parametrize(
    ("runner", "module"), [("docker", "operators.docker_step"), ("process", "operators.process_step")]
)
@pytest.mark.parametrize("command", ["scheduler", "dag-processor", "worker"])
def test_what_forks_tasks_has_loaded_what_dag_files_import(loaded, command, runner, module):
    before, more = loaded(command, runner)
    assert f"microstep_airflow.{module}" in before
    assert ("docker" in before) == (runner == "docker")
    # who has no workers pays for none
    assert "celery" not in before | more
    assert [
        name for name in more if name.split(".")[0] in ("microstep_airflow", "contract", "docker", "requests")
    ] == []


def test_other_parts_of_airflow_load_only_what_judges_new_runs(loaded):
    before, _ = loaded("api-server", "docker")
    ours = sorted(name for name in before if name.split(".")[0] in ("microstep_airflow", "contract"))
    assert ours == ["microstep_airflow", "microstep_airflow.schedule", "microstep_airflow.schedule.run_requests"]
