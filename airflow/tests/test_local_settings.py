"""What Airflow's local settings load before it forks, as processes see it."""

import json
import os
import subprocess
import sys

import pytest
from conftest import PIPELINE, ROOT

PROGRAM = """
import json, os, sys
os.environ["_AIRFLOW__AS_LIBRARY"] = "1"  # or its import would begin with its settings, once for all commands
import airflow.settings
from airflow.sdk.execution_time import supervisor, task_runner  # which a task has in any case
for command, runner in json.loads(sys.argv[1]):
    child = os.fork()
    if child:
        assert os.waitpid(child, 0)[1] == 0, (command, runner)
        continue
    del os.environ["_AIRFLOW__AS_LIBRARY"]
    os.environ["MICROSTEP_RUNNER"] = runner
    sys.argv = ["airflow", command]
    airflow.settings.initialize()
    before = set(sys.modules)
    from airflow.dag_processing.dagbag import DagBag
    bag = DagBag("{dags}")
    assert bag.dags and not bag.import_errors
    print(json.dumps([sorted(before), sorted(set(sys.modules) - before)]), flush=True)
    os._exit(0)
"""
COMMANDS = ("scheduler", "dag-processor", "worker", "api-server")
RUNNERS = ("docker", "process")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """The modules that are there before and after a process of Airflow's command with a runner reads the DAG files."""
    folder = tmp_path_factory.mktemp("loaded")
    (folder / "pipeline.toml").write_text(PIPELINE)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MICROSTEP_")},
        "MICROSTEP_HOST_ROOT": str(folder),
        "MICROSTEP_HOME": str(folder),
        "MICROSTEP_CONFIG": str(folder / "pipeline.toml"),
    }
    program = PROGRAM.replace("{dags}", str(ROOT / "airflow" / "dags"))
    ways = [(command, runner) for command in COMMANDS for runner in RUNNERS]
    command = [sys.executable, "-c", program, json.dumps(ways)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[[")]
    return {way: (set(before), set(more)) for way, (before, more) in zip(ways, told, strict=True)}


@pytest.mark.parametrize(
    ("runner", "module"), [("docker", "operators.docker_step"), ("process", "operators.process_step")]
)
@pytest.mark.parametrize("command", ["scheduler", "dag-processor", "worker"])
def test_what_forks_tasks_has_loaded_what_dag_files_import(loaded, command, runner, module):
    before, more = loaded[command, runner]
    assert f"microstep_airflow.{module}" in before
    assert ("docker" in before) == (runner == "docker")
    # who has no workers pays for none
    assert "celery" not in before | more
    assert [
        name for name in more if name.split(".")[0] in ("microstep_airflow", "contract", "docker", "requests")
    ] == []


def test_other_parts_of_airflow_load_only_what_judges_new_runs(loaded):
    before, _ = loaded["api-server", "docker"]
    ours = sorted(name for name in before if name.split(".")[0] in ("microstep_airflow", "contract"))
    assert ours == ["microstep_airflow", "microstep_airflow.schedule", "microstep_airflow.schedule.run_requests"]
