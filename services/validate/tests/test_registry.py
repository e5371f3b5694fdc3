"""Against MLflow's own server, where this machine has it; what is asked of it, no stand-in could judge."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import mlflow
import pytest
from mlflow.exceptions import MlflowException

from contract.champion import CHAMPION

ROOT = Path(__file__).resolve().parents[3]
SERVER = ROOT / ".venvs" / "mlflow" / "bin" / "mlflow"
START_SECONDS = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a registry of our own."""
    if not SERVER.exists():
        pytest.skip(f"no MLflow server at {SERVER}; make it with: tools/env mlflow")
    home = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        # the server ends with this process, even when that is killed
        *(sys.executable, ROOT / "tools" / "keeper.py", "TERM", "20"),
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
    """A project whose models are registered, under a name that no other test uses."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    mlflow.set_tracking_uri(server)
    text = (project.root / "pipeline.toml").read_text()
    project.name = f"trial {project.root.name}"
    (project.root / "pipeline.toml").write_text(text.replace('name = "trial"', f'name = "{project.name}"'))
    mlflow.MlflowClient().create_registered_model(project.name)
    return project


def register(project, day, quality):
    """A model of a day and its version, as train leaves them."""
    tags = project.trained(day, quality).tags()
    number = mlflow.MlflowClient().create_model_version(project.name, "s3://nowhere/model", tags=tags).version
    return project.trained(day, quality, version=str(number))


def alias(project):
    try:
        return str(mlflow.MlflowClient().get_model_version_by_alias(project.name, CHAMPION).version)
    except MlflowException:
        return None


def test_a_promotion_moves_the_alias_and_the_pointer(registered):
    first = register(registered, "2026-01-02", "bad")
    assert registered.validate() == 0
    assert (alias(registered), registered.champion) == ("1", first)
    second = register(registered, "2026-01-03", "good")
    assert registered.validate(day="2026-01-03") == 0
    assert (alias(registered), registered.champion) == ("2", second)


def test_a_refusal_moves_neither(registered):
    first = register(registered, "2026-01-02", "good")
    assert registered.validate() == 0
    register(registered, "2026-01-03", "bad")
    assert registered.validate(day="2026-01-03") == 80
    assert (alias(registered), registered.champion) == ("1", first)


def test_the_alias_says_who_the_champion_is_when_the_pointer_says_otherwise(registered):
    register(registered, "2026-01-02", "bad")
    assert registered.validate() == 0
    register(registered, "2026-01-03", "good")
    mlflow.MlflowClient().set_registered_model_alias(registered.name, CHAMPION, "2")
    register(registered, "2026-01-02", "bad")
    registered.configure()
    text = (registered.root / "pipeline.toml").read_text()
    (registered.root / "pipeline.toml").write_text(text.replace('name = "trial"', f'name = "{registered.name}"'))
    assert registered.validate("--force") == 80
    assert [line.decision for line in registered.ledger()] == ["promoted", "moved", "refused"]
    assert registered.ledger()[-1].before.day == "2026-01-03"
    assert registered.champion.version == "2"


def test_a_champion_that_was_never_registered_takes_the_alias_away(registered, capsys):
    register(registered, "2026-01-02", "bad")
    assert registered.validate() == 0
    unregistered = registered.trained("2026-01-03", "good")
    assert registered.validate(day="2026-01-03") == 0
    assert (alias(registered), registered.champion) == (None, unregistered)
    assert "the new champion is not registered" in capsys.readouterr().err


KILLED = """
import os, signal, sys
import validate.promotion
validate.promotion.write_champion = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
from validate.__main__ import main
main()
"""


def test_a_run_killed_between_alias_and_pointer_is_repaired_by_the_next(registered):
    old = register(registered, "2026-01-02", "bad")
    assert registered.validate() == 0
    new = register(registered, "2026-01-03", "good")
    options = [
        "--day",
        "2026-01-03",
        "--data-root",
        str(registered.root),
        "--config",
        str(registered.root / "pipeline.toml"),
    ]
    assert subprocess.run([sys.executable, "-c", KILLED, *options], check=False).returncode == -9
    assert (alias(registered), registered.champion) == ("2", old)
    assert registered.validate(day="2026-01-03") == 0
    assert (alias(registered), registered.champion) == ("2", new)
    assert [(line.before, line.model) for line in registered.ledger()] == [(None, old), (old, new)]


def test_a_promotion_that_was_cut_short_is_finished_by_the_run_of_another_day(registered):
    register(registered, "2026-01-02", "bad")
    assert registered.validate() == 0
    new = register(registered, "2026-01-03", "good")
    options = ["--data-root", str(registered.root), "--config", str(registered.root / "pipeline.toml")]
    subprocess.run([sys.executable, "-c", KILLED, "--day", "2026-01-03", *options], check=False)
    assert registered.validate() == 0
    assert (alias(registered), registered.champion) == ("2", new)


def test_a_rollback_moves_the_alias_back(registered):
    first = register(registered, "2026-01-02", "bad")
    assert registered.validate() == 0
    register(registered, "2026-01-03", "good")
    assert registered.validate(day="2026-01-03") == 0
    assert registered.run("rollback", "--to", "1") == 0
    assert (alias(registered), registered.champion) == ("1", first)


def test_the_judgement_is_in_the_run_of_the_training(registered):
    client = mlflow.MlflowClient()
    run = client.create_run(client.create_experiment(registered.name)).info.run_id
    registered.trained("2026-01-02", "good", version="1", run=run)
    client.create_model_version(registered.name, "s3://nowhere/model")
    assert registered.validate() == 0
    logged = client.get_run(run)
    assert logged.data.tags["decision"] == "promoted"
    told = registered.verdict()["challenger"]["metrics"]["roc_auc"]
    assert logged.data.metrics["test.roc_auc"] == pytest.approx(told)
    assert {file.path for file in client.list_artifacts(run, "report")} == {"report/report.html", "report/verdict.json"}
    assert "plots/roc.svg" in {file.path for file in client.list_artifacts(run, "plots")}


def test_a_version_with_foreign_tags_is_refused_before_anything_changes(registered, capsys):
    register(registered, "2026-01-02", "good")
    client = mlflow.MlflowClient()
    foreign = client.create_model_version(registered.name, "s3://nowhere/model").version
    client.set_registered_model_alias(registered.name, CHAMPION, foreign)
    before = registered.snapshot()
    assert registered.validate() == 65
    assert "registry: version 2 must carry the tags" in capsys.readouterr().err
    assert registered.snapshot() == before


def test_a_registry_that_goes_away_in_the_middle_is_unavailable_and_the_champion_stays(registered, monkeypatch, capsys):
    import validate.registry

    register(registered, "2026-01-02", "good")

    def gone(name, version):
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        mlflow.set_tracking_uri("http://127.0.0.1:9")
        return moved(name, version)

    moved = validate.registry.set_champion
    monkeypatch.setattr(validate.registry, "set_champion", gone)
    assert registered.validate() == 69
    assert "MLflow failed at the alias 'champion'" in capsys.readouterr().err
    assert not (registered.root / "models" / "champion.json").exists()
    assert not (registered.root / "reports/train/2026-01-02/manifest.json").exists()
