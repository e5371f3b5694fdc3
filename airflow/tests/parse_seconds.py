"""Measure how long DAG files take to be read, each time in a fork of one process that has imported Airflow and no more.

On stdin: JSON of [environment, DAG file or folder, number of DAGs] for each reading. Prints the seconds of each one on a
line of its own, in processor time: others may be at work on this machine.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def parse_seconds(home, readings):
    """The seconds of each reading, in their order; `home`: of an Airflow of its own."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": f"{ROOT}/libs/contract:{ROOT}/airflow",
        "AIRFLOW_HOME": str(home),
        "MICROSTEP_HOST_ROOT": "/srv/microstep",
        "MICROSTEP_HOME": str(ROOT),
        # as on the stack: Airflow's own limit is one of wall time, which others may take
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "240",
    }
    asked = json.dumps([[variables, str(dags), count] for variables, dags, count in readings])
    done = subprocess.run(
        [sys.executable, __file__], env=environment, input=asked, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return [float(line.removeprefix("seconds ")) for line in done.stdout.splitlines() if line.startswith("seconds ")]


def main():
    import airflow.sdk  # what a process that reads DAG files has in any case
    from airflow.dag_processing.dagbag import DagBag

    assert airflow.sdk
    for variables, dags, count in json.load(sys.stdin):
        child = os.fork()
        if child:
            assert os.waitpid(child, 0)[1] == 0, (variables, dags)
            continue
        os.environ |= variables
        start = time.process_time()
        bag = DagBag(dags)
        seconds = time.process_time() - start
        assert len(bag.dags) == count, (len(bag.dags), bag.import_errors)
        print("seconds", seconds, flush=True)
        os._exit(0)


if __name__ == "__main__":
    main()
