"""Ask Airflow's own API for runs, in a process of its own; on stdin: JSON of [dag, conf] pairs.

Prints one line of JSON per request: [status, detail].
"""

import json
import sys

from airflow.api_fastapi.app import create_app
from fastapi.testclient import TestClient

client = TestClient(create_app())
client.headers["Authorization"] = f"Bearer {client.get('/auth/token').json()['access_token']}"
for dag, conf in json.load(sys.stdin):
    answer = client.post(f"/api/v2/dags/{dag}/dagRuns", json={"logical_date": None, "conf": conf})
    print("ANSWER " + json.dumps([answer.status_code, answer.json().get("detail")]), flush=True)
