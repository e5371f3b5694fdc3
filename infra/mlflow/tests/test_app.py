"""In front of MLflow's own server, as `mlflow server --app-name microstep` starts it; the control is the bare one."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from served import call, serving

API = "/api/2.0/mlflow"
FOREIGN = {"name": "foreign", "artifact_location": "file:///etc"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("guarded") / "home", "--app-name", "microstep") as address:
        yield address


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("bare") / "home") as address:
        yield address


def test_the_page_is_for_people_who_log_in(guarded):
    assert call(guarded, "/health")[0] == 200
    assert call(guarded, "/")[0] == 401
    assert call(guarded, "/", user="train")[0] == 403
    assert call(guarded, "/", user="admin")[0] == 200
    assert call(guarded, "/ajax-api/2.0/mlflow/experiments/search", {"max_results": 1}, user="admin")[0] == 200


def test_a_refusal_says_who_may_not_do_what(guarded):
    status, text = call(guarded, f"{API}/registered-models/delete", {"name": "a"}, user="train", method="DELETE")
    assert (status, json.loads(text)) == (
        403,
        {
            "error_code": "PERMISSION_DENIED",
            "message": f"train may not DELETE {API}/registered-models/delete of MLflow",
        },
    )


def test_what_is_judged_by_its_body_reaches_mlflow_whole(guarded):
    made = {"name": "shop", "tags": [{"key": "kind", "value": "x" * 5000}]}
    assert call(guarded, f"{API}/experiments/create", made, user="train")[0] == 200
    experiment = json.loads(call(guarded, f"{API}/experiments/get-by-name?experiment_name=shop", user="train")[1])[
        "experiment"
    ]
    assert experiment["tags"] == made["tags"]
    assert experiment["artifact_location"].startswith("mlflow-artifacts:/")
    large = {"name": "large", "tags": [{"key": "kind", "value": "x" * 2**21}]}
    assert call(guarded, f"{API}/experiments/create", large, user="train")[0] in (0, 413)


def test_no_experiment_keeps_its_artifacts_among_the_hosts_files(guarded, bare):
    assert call(bare, f"{API}/experiments/create", FOREIGN)[0] == 200
    for user in ("train", "validate", "admin"):
        status, text = call(guarded, f"{API}/experiments/create", FOREIGN, user=user)
        assert status == 403
        assert "artifact_location: may not be given here; allowed are name, tags" in text


def test_the_bare_server_lets_anybody_delete_a_model(guarded, bare):
    for address, user in ((guarded, "train"), (bare, None)):
        assert call(address, f"{API}/registered-models/create", {"name": "model"}, user=user)[0] == 200
    assert (
        call(guarded, f"{API}/registered-models/delete", {"name": "model"}, user="validate", method="DELETE")[0] == 403
    )
    assert call(bare, f"{API}/registered-models/delete", {"name": "model"}, method="DELETE")[0] == 200


def test_a_step_registers_what_a_run_of_its_own_keeps(guarded):
    """As train and validate do, up to the alias: each call that this takes passes."""
    made = call(guarded, f"{API}/runs/create", {"experiment_id": "0"}, user="validate")
    run = json.loads(made[1])["run"]["info"]
    assert call(guarded, f"{API}/registered-models/create", {"name": "kept"}, user="validate")[0] == 200
    version = {"name": "kept", "source": f"{run['artifact_uri']}/model", "run_id": run["run_id"]}
    assert call(guarded, f"{API}/model-versions/create", version, user="validate")[0] == 200
    alias = {"name": "kept", "alias": "champion", "version": "1"}
    assert call(guarded, f"{API}/registered-models/alias", alias, user="validate")[0] == 200
    assert call(guarded, f"{API}/registered-models/alias?name=kept&alias=champion", user="predict")[0] == 200


def test_two_logins_at_once_prove_nobody(guarded):
    with socket.create_connection(("127.0.0.1", int(guarded.rsplit(":", 1)[1]))) as line:
        login = base64.b64encode(f"admin:admin-{'x' * 20}".encode()).decode()
        header = f"Authorization: Basic {login}\r\n"
        line.sendall(f"GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}{header}\r\n".encode())
        assert b" 401 " in line.recv(4096).splitlines()[0]


def test_a_login_costs_no_time(guarded, bare):
    """A log-in at every call must not slow a step: no slow hash."""

    def fastest(address, user):
        times = []
        for _ in range(30):
            begin = time.perf_counter()
            assert call(address, "/version", user=user)[0] == 200
            times.append(time.perf_counter() - begin)
        return min(times)

    assert fastest(guarded, "train") < fastest(bare, None) + 0.005


def test_a_server_without_its_logins_does_not_start(tmp_path):
    variables = os.environ | {
        "MICROSTEP_MLFLOW_LOGINS": str(tmp_path / "none"),
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    words = [sys.executable, "-c", "from microstep_mlflow.app import create_app; create_app()"]
    done = subprocess.run(words, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "FileNotFoundError" in done.stderr
