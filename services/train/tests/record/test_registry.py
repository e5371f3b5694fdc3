"""Against MLflow's own server, where this machine has it; what is asked of it, no stand-in could judge."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from unittest.mock import Mock

import mlflow
import pandas as pd
import pytest
import requests
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from contract.config.data import Pipeline
from contract.datasets.dataset import Dataset
from contract.datasets.publish import DatasetWriter
from contract.errors import ConfigError
from contract.models.champion import Champion
from train import training
from train.record import registry

ROOT = Path(__file__).resolve().parents[4]
SERVER = ROOT / ".venvs" / "mlflow" / "bin" / "mlflow"
START_SECONDS = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a registry of our own."""
    if not SERVER.exists():
        pytest.skip(f"no MLflow server at {SERVER}; make it with: dev/env mlflow")
    home = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        # the server ends with this process, even when that is killed
        *(sys.executable, ROOT / "ops" / "keeper.py", "TERM", "20"),
        SERVER,
        "server",
        "--backend-store-uri",
        f"sqlite:///{home}/m.db",
        "--artifacts-destination",
        str(home / "a"),
    ]
    command += ["--host", "127.0.0.1", "--port", address.split(":")[1], "--workers", "1"]
    surroundings = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=home, env=surroundings, start_new_session=True
        )
        try:
            wait(f"http://{address}/health", process, home / "log")
            yield f"http://{address}"
        finally:
            process.stdin.close()
            process.wait(30)


def wait(url, process, log):
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.5)


@pytest.fixture
def registered(server, project, monkeypatch):
    """A project whose trainings are registered, under a name that no other test uses."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    mlflow.set_tracking_uri(server)
    text = (project.root / "pipeline.toml").read_text()
    project.name = f"trial {project.root.name}"
    (project.root / "pipeline.toml").write_text(text.replace('name = "trial"', f'name = "{project.name}"'))
    return project


def test_a_training_is_one_run_and_one_version_that_leads_to_the_file(registered):
    assert registered.train() == 0
    manifest = Dataset.open(registered.root / "models/2026-01-02").manifest
    client = mlflow.MlflowClient()
    version = client.get_model_version_by_alias(registered.name, "challenger")
    assert (
        (version.version, version.run_id)
        == (manifest.run["version"], manifest.run["mlflow_run"])
        == ("1", version.run_id)
    )
    assert Champion.from_tags(version.tags, version.version) == Champion.of("models/2026-01-02", manifest)
    run = client.get_run(version.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["first.estimator"] == "sklearn.linear_model.LogisticRegression"
    assert run.data.params["trees.max_iter"] == "10"
    assert run.data.metrics["cv_mean"] == manifest.notes["cv"]
    assert {"first.cv_mean", "trees.cv_mean", "trees.cv_std", "fit_seconds"} <= set(run.data.metrics)

    before = registered.snapshot()
    assert registered.train() == 0
    assert registered.snapshot() == before
    assert len(client.search_model_versions(f"name = '{registered.name}'")) == 1


def test_the_registered_model_opens_and_takes_rows_with_missing_values(registered):
    assert registered.train() == 0
    model = mlflow.pyfunc.load_model(f"models:/{registered.name}@challenger")
    rows = pd.DataFrame({"x": [1.0, float("nan")], "n": [3.0, 4.0], "word": ["a", None]})
    assert set(model.predict(rows)) <= {"no", "yes"}


def test_with_force_a_new_version_has_the_alias_and_the_identity_stays(registered):
    assert registered.train() == 0
    first = Dataset.open(registered.root / "models/2026-01-02").manifest
    assert registered.train("--force") == 0
    second = Dataset.open(registered.root / "models/2026-01-02").manifest
    assert (first.run["version"], second.run["version"]) == ("1", "2")
    assert first.identity == second.identity
    assert mlflow.MlflowClient().get_registered_model(registered.name).aliases["challenger"] == "2"


KILLED = """
import os, signal, sys
from contract.datasets.publish import DatasetWriter
DatasetWriter.commit = lambda *args, **options: os.kill(os.getpid(), signal.SIGKILL)
sys.argv = ["train", *sys.argv[1:]]
from train.__main__ import main
main()
"""


def test_a_run_killed_after_registering_leaves_no_model_and_the_next_one_does_all_again(registered):
    options = [
        "--day",
        "2026-01-02",
        "--data-root",
        str(registered.root),
        "--config",
        str(registered.root / "pipeline.toml"),
    ]
    assert subprocess.run([sys.executable, "-c", KILLED, *options], check=False).returncode == -9
    assert not (registered.root / "models/2026-01-02/manifest.json").exists()
    assert registered.train() == 0
    manifest = Dataset.open(registered.root / "models/2026-01-02").manifest
    assert manifest.run["version"] == "2"
    assert mlflow.MlflowClient().get_registered_model(registered.name).aliases == {"challenger": "2"}
    assert [path.name for path in (registered.root / "models/2026-01-02").iterdir() if path.name.startswith(".")] == []


def test_mlflow_takes_every_name_that_the_configuration_takes(server, project, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    mlflow.set_tracking_uri(server)
    for number, name in enumerate(("Kündigungen (été) 'v1.2'", 'a "b" \\ c %', ".", "..a", "-", "x" * 256)):
        try:
            Pipeline(name=name)
        except ValueError:
            with pytest.raises(ConfigError, match="MLflow refuses"):
                registry.prepare(name, lambda day: False)
        else:
            registry.prepare(name, lambda day: False)
            assert mlflow.MlflowClient().get_registered_model(name).name == name, number


def test_what_mlflow_refuses_is_a_wrong_configuration_before_any_fit(registered, fits, capsys, monkeypatch):
    """A name that a later MLflow takes no more; the configuration refuses what this one does not take."""
    refused = MlflowException("no such names", INVALID_PARAMETER_VALUE)
    monkeypatch.setattr(mlflow, "set_experiment", Mock(side_effect=refused))
    assert registered.train() == 78
    assert f"MLflow refuses the run of pipeline.name {registered.name!r}" in capsys.readouterr().err
    assert fits == []
    assert not (registered.root / "models" / "2026-01-02").exists()


def test_an_experiment_that_was_deleted_in_mlflow_is_brought_back_with_its_runs(registered, capsys):
    assert registered.train() == 0
    client = mlflow.MlflowClient()
    run = client.get_model_version_by_alias(registered.name, "challenger").run_id
    mlflow.delete_experiment(client.get_experiment_by_name(registered.name).experiment_id)
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    assert registered.train("--force") == 0
    assert f"MLflow: the experiment {registered.name} was deleted there, and is restored" in capsys.readouterr().err
    assert client.get_run(run).info.lifecycle_stage == "active"
    assert client.get_model_version_by_alias(registered.name, "challenger").version == "2"


@pytest.fixture
def fits(monkeypatch):
    """A list with an entry for each candidate that was fitted on all rows."""
    fitted, before = [], training.fit_all
    monkeypatch.setattr(training, "fit_all", lambda *args: fitted.append(args[0].name) or before(*args))
    return fitted


@pytest.fixture
def away(monkeypatch):
    """MLflow is away as soon as the fits are done, as long as the context lasts."""

    @contextlib.contextmanager
    def away():
        with monkeypatch.context() as patch:
            patch.setattr(registry.mlflow, "start_run", unreachable)
            yield

    def unreachable(**_):
        raise requests.ConnectionError("the server is away")

    return away


def test_a_registry_that_goes_away_after_the_fits_is_unavailable_and_the_next_try_registers_them(
    registered, fits, away, capsys
):
    with away():
        assert registered.train() == 69
    assert "MLflow failed while the model was registered: the server is away" in capsys.readouterr().err
    assert not (registered.root / "models" / "2026-01-02").exists()
    with away():
        assert registered.train() == 69
    assert registered.train() == 0
    assert len(fits) == 1
    assert "the fits of an earlier try, which could not be registered, are used" in capsys.readouterr().err
    assert not (registered.root / ".kept").exists()
    first = registered.snapshot()
    assert registered.train("--force") == 0
    assert len(fits) == 2
    again = registered.snapshot()
    assert {name: content for name, content in again.items() if not name.endswith("manifest.json")} == {
        name: content for name, content in first.items() if not name.endswith("manifest.json")
    }
    version = mlflow.MlflowClient().get_model_version_by_alias(registered.name, "challenger")
    assert Champion.from_tags(version.tags, version.version) == Champion.of(
        "models/2026-01-02", Dataset.open(registered.root / "models/2026-01-02").manifest
    )


@pytest.mark.parametrize("change", ["data", "settings"])
def test_fits_of_other_data_or_settings_are_not_taken(registered, fits, away, change):
    with away():
        assert registered.train() == 69
    if change == "data":
        registered.process("2026-01-01", seed=8)
    else:
        file = registered.root / "pipeline.toml"
        file.write_text(file.read_text().replace("folds = 3", "folds = 4"))
    assert registered.train() == 0
    assert len(fits) == 2
    assert not (registered.root / ".kept").exists()


def test_what_a_kill_during_the_registration_left_is_closed_by_the_next_training_and_its_fits_are_used(
    registered, fits, capsys
):
    code = f"""
import os, signal, sys
from train.record import registry
registry._log_candidate = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
sys.argv = ["train", "--day", "2026-01-02", "--data-root", {str(registered.root)!r},
            "--config", {str(registered.root / "pipeline.toml")!r}]
from train.__main__ import main
main()
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    (left,) = runs_of(registered)
    assert left.info.status == "RUNNING"
    assert registered.train() == 0
    states = {run.info.run_id: run.info.status for run in runs_of(registered)}
    assert states.pop(left.info.run_id) == "KILLED"
    assert set(states.values()) == {"FINISHED"}
    assert fits == []
    assert "the run train 2026-01-02 of a training that was killed is closed" in capsys.readouterr().err


def test_runs_of_trainings_at_work_and_of_other_people_stay_open(registered):
    client = mlflow.MlflowClient()
    experiment = mlflow.set_experiment(registered.name).experiment_id

    def run(parent=None, **tags):
        parent = {"mlflow.parentRunId": parent} if parent else {}
        return client.create_run(experiment, tags=tags | parent).info.run_id

    dead = run(day="2025-12-30", fingerprint="f")
    inner = run(parent=dead)
    ours = run(day="2026-01-01", fingerprint="f")
    foreign = [run(day="2026-01-01"), run(), run(day="../..", fingerprint="f")]
    with DatasetWriter(registered.root / "models" / "2026-01-01"):
        assert registered.train() == 0
        states = {run.info.run_id: run.info.status for run in runs_of(registered)}
        assert [states[run] for run in (dead, inner)] == ["KILLED", "KILLED"]
        assert {states[run] for run in (ours, *foreign)} == {"RUNNING"}
    assert registered.train("--force") == 0
    assert client.get_run(ours).info.status == "KILLED"


def runs_of(project):
    return mlflow.search_runs(experiment_names=[project.name], output_format="list")


def test_one_run_holds_all_of_a_training_and_a_nested_one_each_candidate(registered):
    assert registered.train() == 0
    client = mlflow.MlflowClient()
    manifest = Dataset.open(registered.root / "models" / "2026-01-02").manifest
    parent = client.get_run(manifest.run["mlflow_run"])
    runs = mlflow.search_runs(experiment_names=[registered.name], output_format="list")
    nested = {run.info.run_name: run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id}
    assert set(nested) == {"first", "trees"}
    history = client.get_metric_history(nested["trees"].info.run_id, "cv")
    assert [point.step for point in history] == [0, 1, 2]
    (given,) = parent.inputs.dataset_inputs
    assert given.dataset.name == registered.name
    assert parent.data.tags["data"].startswith(given.dataset.digest)
    assert parent.data.tags["code"] == manifest.code
    artifacts = {file.path for file in client.list_artifacts(parent.info.run_id)}
    assert {"pipeline.toml", "card.json"} <= artifacts
    version = client.get_model_version(registered.name, manifest.run["version"])
    assert {"day", "data", "code", "sha256"} <= set(version.tags)
    model = mlflow.models.get_model_info(f"models:/{registered.name}/{manifest.run['version']}")
    assert model.signature is not None
    assert model.saved_input_example_info is not None
