"""What Airflow imports whenever it starts.

A task is a fork of the scheduler's process or of a Celery worker's, and the reading of a DAG file one of the DAG
processor's. All three import what DAG files import; what has been imported here they have already. And whoever makes a
run, on a page, by REST or on the command line, has it judged: `microstep_airflow.schedule.run_requests`.
"""

import importlib
import os
import sys

from microstep_airflow.schedule.run_requests import judge_new_runs

FORKS = {"scheduler", "dag-processor", "worker"}
"""The commands of Airflow's that fork such processes."""

if FORKS & set(sys.argv):
    runner = "process_step" if os.environ.get("MICROSTEP_RUNNER") == "process" else "docker_step"
    for module in ("dag_factory", "maintenance", f"operators.{runner}", "operators.start_run"):
        importlib.import_module(f"microstep_airflow.{module}")

judge_new_runs()
