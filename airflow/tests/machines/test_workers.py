"""What is asked of Celery's workers, by a real worker: its broker is memory, so it is in a thread of this process."""

import json
import subprocess
import sys

PROGRAM = """
import json, os, sys
os.environ |= {"AIRFLOW__CELERY__BROKER_URL": sys.argv[1], "AIRFLOW__CELERY__RESULT_BACKEND": "cache+memory://"}
from microstep_airflow.machines.workers import NoBrokerError, answering
from microstep_airflow.machines.__main__ import table
if sys.argv[1] != "memory://":
    try:
        answering()
    except NoBrokerError as error:
        print(json.dumps(str(error)))
    sys.exit()
from airflow.providers.celery.executors.celery_executor_utils import app
from celery.contrib.testing.worker import start_worker
app.select_queues(["steps", "host.b"])
with start_worker(app, hostname="celery@b", perform_ping_check=False, pool="solo"):
    print(json.dumps(table(["head", "b"], answering())))
"""


def told(broker):
    """The last line that a process prints which asks the workers of a broker."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, broker], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_worker_is_known_by_its_machine_with_its_queues():
    assert told("memory://") == [
        "head                 does not answer",
        "b                    answers, at work on 0; queues host.b, steps",
    ]


def test_a_broker_that_is_not_there_is_told_as_such():
    assert told("redis://127.0.0.1:1/0").startswith("the broker does not answer: ")


def test_a_machine_with_another_version_is_told_with_what_to_type():
    from microstep_airflow.machines.__main__ import table
    from microstep_airflow.machines.workers import Worker

    answers, why = table(["b"], {"b": Worker(("host.b",), 0)}, ["b"])
    assert answers.startswith("b ")
    assert "starts no step" in why
    assert "make worker" in why
