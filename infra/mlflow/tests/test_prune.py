"""What `make prune` takes from MLflow, asked of its own server behind the log-ins."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mlflow import MlflowClient
from served import serving


class Registry:
    """A server, and what trainings leave in it."""

    def __init__(self, home, address):
        self.home, self.address, self.client = home, address, MlflowClient(address)
        self.experiment = self.client.create_experiment("shop")
        self.client.create_registered_model("shop")

    def training(self, day, alias=None, status="FINISHED", tags=None):
        """As train leaves it: a run with a nested one, files, a model and its version; the run's id."""
        tags = (
            {"day": day, "sha256": "s", "manifest": "m", "file": f"models/{day}/model-1.joblib"}
            if tags is None
            else tags
        )
        run = self.run(status, **tags)
        self.client.log_text(run, "{}", "card.json")
        self.run(status, **{"mlflow.parentRunId": run})
        model = self.client.create_logged_model(self.experiment, "model", source_run_id=run)
        (file := self.home / "MLmodel").write_text(day)
        self.client.log_model_artifact(model.model_id, str(file))
        made = self.client.create_model_version(
            "shop", f"models:/{model.model_id}", run_id=run, tags=tags, model_id=model.model_id
        )
        if alias:
            self.client.set_registered_model_alias("shop", alias, made.version)
        return run

    def run(self, status="FINISHED", **tags):
        run = self.client.create_run(self.experiment, tags=tags).info.run_id
        self.client.set_terminated(run, status)
        return run

    def prune(self, *files, before=timedelta(minutes=1)):
        variables = {
            "MICROSTEP_MLFLOW_LOGINS": str(self.home / "logins.json"),
            "MLFLOW_BACKEND_STORE_URI": f"sqlite:///{self.home}/m.db",
            "PYTHONPATH": str(Path(__file__).parents[1]),
        }
        words = ["--before", (datetime.now(UTC) + before).isoformat(), "--server", self.address]
        done = subprocess.run(
            [sys.executable, "-m", "microstep_mlflow.prune", *words],
            input=json.dumps(files),
            env=os.environ | variables,
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def runs(self):
        return {run.info.run_id for run in self.client.search_runs([self.experiment])}

    @property
    def days(self):
        return {version.tags["day"] for version in self.client.search_model_versions() if "day" in version.tags}

    @property
    def files(self):
        return sorted(path.name for path in (self.home / "artifacts").rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    home = tmp_path_factory.mktemp("pruned") / "home"
    with serving(home, "--app-name", "microstep") as address:
        yield home, address


def test_what_no_kept_model_needs_goes_with_its_files_and_all_else_stays(server, monkeypatch):
    def log_in(user):
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", user)
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", f"{user}-{'x' * 20}")

    log_in("train")
    registry = Registry(*server)
    needed = registry.training("2026-01-01")
    aliased = registry.training("2026-01-02", alias="challenger")
    gone = registry.training("2026-01-03")
    killed = registry.run("KILLED", day="2026-01-04", sha256="s", manifest="m")
    at_work = registry.client.create_run(
        registry.experiment, tags={"day": "2026-01-05", "sha256": "s", "manifest": "m"}
    ).info.run_id
    notebook = registry.training("2026-01-06", tags={"who": "ada"})
    deleted = registry.run()
    log_in("admin")
    registry.client.delete_run(deleted)
    assert len(registry.files) == 8

    said = registry.prune("models/2026-01-01/model-1.joblib", before=-timedelta(hours=1))
    assert "0 runs, 0 versions" in said
    assert {needed, aliased, gone, killed, at_work, notebook} <= registry.runs

    said = registry.prune("models/2026-01-01/model-1.joblib")
    assert "are removed: 2 runs, 1 versions" in said
    assert registry.days == {"2026-01-01", "2026-01-02"}
    assert {needed, aliased, at_work, notebook} <= registry.runs
    # each training with its nested run, and the one at work
    assert len(registry.runs) == 7
    assert len(registry.files) == 6
    models = registry.client.search_logged_models([registry.experiment])
    assert {model.source_run_id for model in models} == {needed, aliased, notebook}

    assert "0 runs, 0 versions" in registry.prune("models/2026-01-01/model-1.joblib")
    assert registry.client.get_model_version_by_alias("shop", "challenger").run_id == aliased
