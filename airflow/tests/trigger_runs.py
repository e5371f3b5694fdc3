"""Ask Airflow itself for runs, in a process of its own: first its command line, then its API.

On stdin: JSON of {"command": words, "runs": [[dag, conf], …]}. Prints "COMMAND " and JSON of [exit code, output], then
for each run "ANSWER " and JSON of [status, detail]. Each command is carried out in a fork: to import Airflow takes longer
than all that is asked here.
"""

import json
import os
import sys
import tempfile

import airflow.__main__


def carry_out(*words):
    """The exit code of a command of Airflow's, and what it printed."""
    with tempfile.TemporaryFile() as output:
        child = os.fork()
        if not child:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            sys.argv = ["airflow", *words]
            airflow.__main__.main()
            sys.stdout.flush()
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        output.seek(0)
        return code, output.read().decode()


asked = json.load(sys.stdin)
code, printed = carry_out("dags", "reserialize")
assert code == 0, printed
print("COMMAND " + json.dumps(carry_out(*asked["command"])), flush=True)

from airflow.api_fastapi.app import create_app  # noqa: E402 - it connects to the database: not before a fork
from fastapi.testclient import TestClient  # noqa: E402

client = TestClient(create_app())
client.headers["Authorization"] = f"Bearer {client.get('/auth/token').json()['access_token']}"
for dag, conf in asked["runs"]:
    answer = client.post(f"/api/v2/dags/{dag}/dagRuns", json={"logical_date": None, "conf": conf})
    print("ANSWER " + json.dumps([answer.status_code, answer.json().get("detail")]), flush=True)
