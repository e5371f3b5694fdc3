"""What is asked of Celery's workers, by a real worker: its broker is memory, so it is in a thread of this process."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, os, sys
# what both import, but for Airflow's own, which reads the broker's address when it is imported
import airflow.sdk, celery.contrib.testing.worker
for broker in sys.argv[1:]:
    child = os.fork()
    if child:
        assert os.waitpid(child, 0)[1] == 0, broker
        continue
    os.environ |= {"AIRFLOW__CELERY__BROKER_URL": broker, "AIRFLOW__CELERY__RESULT_BACKEND": "cache+memory://"}
    from microstep_airflow.machines.workers import NoBrokerError, answering
    from microstep_airflow.machines.__main__ import table
    if broker != "memory://":
        try:
            answering()
        except NoBrokerError as error:
            print("TOLD", json.dumps(str(error)), flush=True)
        os._exit(0)
    from airflow.providers.celery.executors.celery_executor_utils import app
    from celery.contrib.testing.worker import start_worker
    app.select_queues(["steps", "host.b"])
    with start_worker(app, hostname="celery@b", perform_ping_check=False, pool="solo"):
        print("TOLD", json.dumps(table(["head", "b"], answering())), flush=True)
    os._exit(0)
"""
BROKERS = ("memory://", "redis://127.0.0.1:1/0")


@pytest.fixture(scope="module")
def told():
    """What a process prints which asks the workers of a broker, for each broker."""
    command = [sys.executable, "-c", PROGRAM, *BROKERS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line.removeprefix("TOLD ")) for line in done.stdout.splitlines() if line.startswith("TOLD ")]
    return dict(zip(BROKERS, lines, strict=True))


def test_a_worker_is_known_by_its_machine_with_its_queues(told):
    assert told["memory://"] == [
        "head                 does not answer",
        "b                    answers, at work on 0; queues host.b, steps",
    ]


def test_a_broker_that_is_not_there_is_told_as_such(told):
    assert told["redis://127.0.0.1:1/0"].startswith("the broker does not answer: ")


def test_a_machine_with_another_version_is_told_with_what_to_type():
    from microstep_airflow.machines.__main__ import table
    from microstep_airflow.machines.workers import Worker

    answers, why = table(["b"], {"b": Worker(("host.b",), 0)}, ["b"])
    assert answers.startswith("b ")
    assert "starts no step" in why
    assert "make worker" in why
