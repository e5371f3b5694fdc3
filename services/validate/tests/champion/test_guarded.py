"""What the step's own log-in may do is enough for all that the step does: MLflow's server as the stack runs it, with the log-ins."""

import json

import mlflow
import pytest
from mlflow_server import ROOT, SERVER, alias, aliased, serving

from contract.models.champion import CHALLENGER

USERS = ("admin", "train", "validate", "predict", "airflow")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    if not SERVER.exists():
        pytest.skip(f"no MLflow server at {SERVER}; make it with: dev/env mlflow")
    home = tmp_path_factory.mktemp("guarded")
    (home / "logins.json").write_text(json.dumps({user: password_of(user) for user in USERS}))
    known = {"MICROSTEP_MLFLOW_LOGINS": str(home / "logins.json"), "PYTHONPATH": str(ROOT / "infra" / "mlflow")}
    with serving(home, "--app-name", "microstep", **known) as address:
        yield address


def password_of(user):
    return f"{user}-{'x' * 20}"


@pytest.fixture
def log_in(guarded, monkeypatch):
    """From now on this process is that part of the stack, or the person."""

    def become(user):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", guarded)
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", user)
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password_of(user))
        mlflow.set_tracking_uri(guarded)

    return become


@pytest.fixture
def project(make_project, tmp_path, log_in):
    """Two models that train registered, each with its run."""
    project = make_project(tmp_path)
    project.name = f"trial {tmp_path.name}"
    project.configure()
    log_in("train")
    client = mlflow.MlflowClient()
    client.create_registered_model(project.name)
    experiment = client.create_experiment(project.name)
    for day, quality in (("2026-01-01", "bad"), ("2026-01-02", "good")):
        model = project.trained(day, quality)
        run = client.create_run(experiment)
        client.log_artifact(run.info.run_id, str(project.root / model.file), "model")
        source = f"{run.info.artifact_uri}/model"
        made = client.create_model_version(
            project.name, source, run_id=run.info.run_id, tags=model.tags(), await_creation_for=0
        )
        client.set_registered_model_alias(project.name, CHALLENGER, made.version)
        project.trained(day, quality, version=str(made.version), run=run.info.run_id)
    log_in("validate")
    return project


def test_its_judgement_is_logged_and_the_alias_goes_to_the_champion_and_back(project):
    for number, day in enumerate(("2026-01-01", "2026-01-02"), start=1):
        assert project.validate(day=day) == 0
        assert alias(project) == str(number)
    assert project.run("rollback") == 0
    assert alias(project) == "1"


def test_a_champion_that_the_registry_lost_is_registered_again(project, log_in, capsys):
    assert project.validate(day="2026-01-01") == 0
    assert project.validate() == 0
    log_in("admin")
    mlflow.MlflowClient().delete_registered_model(project.name)
    log_in("validate")
    assert project.run("rollback") == 0, capsys.readouterr().err
    version = aliased(project)
    assert version.tags["sha256"] == project.champion.sha256
    log_in("train")
    assert mlflow.MlflowClient().get_run(version.run_id).info.status == "FINISHED"


def test_the_alias_is_taken_away_when_the_new_champion_was_never_registered(project):
    assert project.validate(day="2026-01-01") == 0
    project.trained("2026-01-02", "good")
    assert project.validate() == 0
    assert alias(project) is None


@pytest.mark.parametrize("user", ["predict", "train"])
def test_with_another_parts_log_in_it_says_what_makes_it_right_again(project, log_in, user, capsys):
    log_in(user)
    assert project.validate(day="2026-01-01") == 77
    assert "MLflow forbids a call" in (said := capsys.readouterr().err)
    assert f"{user} may not" in said or f"{user}: POST" in said
    assert "`make up` builds and starts both" in said
    log_in("validate")
    assert project.validate(day="2026-01-01") == 0
    assert alias(project) == "1"
