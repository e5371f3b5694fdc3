"""The alias in MLflow and what the step does to it, against MLflow's own server."""

import subprocess
import sys

import mlflow
import pytest
from mlflow_server import alias, aliased, register, use

import validate.champion.registry
from contract.models.champion import CHAMPION
from validate.champion.registry import set_champion


@pytest.fixture
def registered(server, project, monkeypatch):
    """A project whose models are registered."""
    return use(project, server, monkeypatch)


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


def test_an_alias_that_was_moved_by_hand_is_put_back_and_the_way_to_mean_it_is_told(registered, capsys):
    first = register(registered, "2026-01-02", "bad")
    assert registered.validate() == 0
    second = register(registered, "2026-01-03", "good")
    mlflow.MlflowClient().set_registered_model_alias(registered.name, CHAMPION, "2")
    assert registered.validate() == 0
    assert (alias(registered), registered.champion) == ("1", first)
    stderr = capsys.readouterr().err
    assert "the alias of the champion is at version 2 (2026-01-03), which the ledger did not put in use" in stderr
    way_out = stderr.split("validate adopt --to ")[1].split()[0]
    assert registered.run("adopt", "--to", way_out, "--by", "ada", "--why", "moved on purpose") == 0
    assert (alias(registered), registered.champion) == ("2", second)
    assert [(line.decision, line.by) for line in registered.ledger()] == [("promoted", "validate"), ("adopted", "ada")]


def test_a_champion_that_was_never_registered_takes_the_alias_away(registered, capsys):
    register(registered, "2026-01-02", "bad")
    assert registered.validate() == 0
    unregistered = registered.trained("2026-01-03", "good")
    assert registered.validate(day="2026-01-03") == 0
    assert (alias(registered), registered.champion) == (None, unregistered)
    assert "the new champion is not registered" in capsys.readouterr().err


def test_a_champion_without_a_version_keeps_an_alias_that_is_at_the_same_model(registered, capsys):
    register(registered, "2026-01-02", "bad")
    model = registered.trained("2026-01-02", "bad")
    assert model.version is None
    mlflow.MlflowClient().set_registered_model_alias(registered.name, CHAMPION, "1")
    assert registered.run("adopt", "--to", "2026-01-02") == 0
    assert (alias(registered), registered.champion) == ("1", model)
    assert "is not registered" not in capsys.readouterr().err


def test_an_alias_at_a_former_champion_is_called_so(registered, capsys):
    register(registered, "2026-01-02", "bad")
    assert registered.validate() == 0
    register(registered, "2026-01-03", "good")
    assert registered.validate(day="2026-01-03") == 0
    mlflow.MlflowClient().set_registered_model_alias(registered.name, CHAMPION, "1")
    capsys.readouterr()
    assert registered.validate() == 0
    assert "is at version 1 (2026-01-02), which is a former champion: put back to" in capsys.readouterr().err
    assert alias(registered) == "2"


def test_an_older_ledger_without_a_pointer_is_told_by_the_alias(registered, capsys):
    first = register(registered, "2026-01-02", "bad")
    assert registered.validate() == 0
    older = registered.layout.ledger.read_bytes()
    second = register(registered, "2026-01-03", "good")
    assert registered.run("adopt", "--to", "2026-01-03") == 0  # no report tells of it
    registered.layout.ledger.write_bytes(older)
    registered.layout.champion.unlink()
    capsys.readouterr()
    assert registered.validate() == 65
    stderr = capsys.readouterr().err
    assert "no line of it put 2026-01-03 v2 in use, while version 2 has the alias of the champion" in stderr
    assert "cut short" not in stderr
    assert alias(registered) == "2"
    assert registered.run("adopt", "--to", stderr.split("validate adopt --to ")[1].split(",")[0]) == 0
    assert registered.champion == second != first
    assert registered.validate() == 0


KILLED = """
import os, signal, sys
import validate.champion.pointer
validate.champion.pointer.write_champion = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
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
    judged = registered.verdict()["challenger"]["metrics"]["roc_auc"]
    assert logged.data.metrics["test.roc_auc"] == pytest.approx(judged)
    assert {file.path for file in client.list_artifacts(run, "report")} == {"report/report.html", "report/verdict.json"}
    assert "plots/roc.svg" in {file.path for file in client.list_artifacts(run, "plots")}


def test_the_judgement_stands_when_the_training_is_not_in_the_registry_any_more(registered, capsys):
    client = mlflow.MlflowClient()
    gone = client.create_run(client.create_experiment(registered.name)).info.run_id
    client.delete_run(gone)
    for day, run in (("2026-01-02", "0" * 32), ("2026-01-03", gone)):
        registered.trained(day, "bad" if day == "2026-01-02" else "good", version="1", run=run)
        assert registered.validate(day=day) == 0
        assert f"the training's run {run} is not there any more" in capsys.readouterr().err


def test_the_version_of_the_ledgers_run_goes_before_another_one_of_the_same_model(registered):
    model = register(registered, "2026-01-02", "good")
    register(registered, "2026-01-02", "good")
    set_champion(registered.name, model, registered.layout)
    assert alias(registered) == "1"


def test_a_model_without_a_version_is_registered_from_its_file(registered):
    model = registered.trained("2026-01-02", "good", version="7")
    set_champion(registered.name, model, registered.layout)
    version = aliased(registered)
    assert (str(version.version), dict(version.tags)) == ("1", model.tags())
    (copy,) = mlflow.MlflowClient().list_artifacts(version.run_id, "model")
    assert copy.path == f"model/{model.file.rpartition('/')[2]}"


def test_a_champion_that_is_neither_registered_nor_on_disk_is_told_with_a_way_out_that_works(registered, capsys):
    first = register(registered, "2026-01-02", "bad")
    assert registered.validate() == 0
    second = register(registered, "2026-01-03", "good")
    assert registered.validate(day="2026-01-03") == 0
    mlflow.MlflowClient().delete_registered_model(registered.name)
    for spoil, code in ((lambda path: path.write_bytes(b"other"), 77), (lambda path: path.unlink(), 66)):
        spoil(registered.root / second.file)
        assert registered.validate(day="2026-01-03") == code
        assert "or put another model in use: validate rollback" in capsys.readouterr().err
    assert registered.run("rollback") == 0
    assert (alias(registered), registered.champion) == ("1", first)


def test_a_registry_that_goes_away_in_the_middle_is_unavailable_and_the_champion_stays(registered, monkeypatch, capsys):
    register(registered, "2026-01-02", "good")

    def gone(*given):
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        mlflow.set_tracking_uri("http://127.0.0.1:9")
        return moved(*given)

    moved = validate.champion.registry.set_champion
    monkeypatch.setattr(validate.champion.registry, "set_champion", gone)
    assert registered.validate() == 69
    assert "MLflow failed at the alias 'champion'" in capsys.readouterr().err
    assert not (registered.root / "models" / "champion.json").exists()
    assert not (registered.root / "reports/train/2026-01-02/manifest.json").exists()
