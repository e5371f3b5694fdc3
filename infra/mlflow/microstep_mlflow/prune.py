"""Removes the runs of trainings, the versions and the files of models that nothing in data/ needs any more.

`make prune` runs it in the server's container, with the log-in for people, and tells it which model files are in data/.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from mlflow import MlflowClient

from microstep_mlflow.app import LOGINS
from microstep_mlflow.rules import PEOPLE

_OF_A_TRAINING = {"day", "sha256", "manifest"}
"""Tags that train and validate give to a run and to a version; what lacks them is a person's, and stays."""
_PARENT = "mlflow.parentRunId"


def main() -> int:
    """Remove, and say how much; the exit code of MLflow's own collector of what was deleted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--before", required=True, type=datetime.fromisoformat, help="with an offset: younger runs stay"
    )
    parser.add_argument("--server", default="http://127.0.0.1:5000", help="the address of the server")
    args = parser.parse_args()
    password = json.loads(Path(os.environ[LOGINS]).read_text(encoding="utf-8"))[PEOPLE]
    login = {"MLFLOW_TRACKING_USERNAME": PEOPLE, "MLFLOW_TRACKING_PASSWORD": password}
    os.environ |= {**login, "MLFLOW_TRACKING_URI": args.server}
    runs, versions = delete(MlflowClient(args.server), round(args.before.timestamp() * 1000), json.load(sys.stdin))
    # deleted is only marked, as by a person in the page: this takes all that is, with its files
    collector = [Path(sys.executable).with_name("mlflow"), "gc", "--tracking-uri", args.server]
    # files go through the server, too, so no folder of them has to be made here
    stores = [
        "--backend-store-uri",
        os.environ["MLFLOW_BACKEND_STORE_URI"],
        "--artifacts-destination",
        "mlflow-artifacts:/",
    ]
    collected = subprocess.run([*collector, *stores], stdout=subprocess.DEVNULL, check=False)
    if collected.returncode == 0:
        print(f"MLflow's runs from before then that no kept model needs are removed: {runs} runs, {versions} versions")
    return collected.returncode


def delete(client: MlflowClient, before: int, kept_files: Collection[str]) -> tuple[int, int]:
    """Mark as deleted what is needed by nothing; how many runs (of trainings, not of their candidates) and versions.

    A version is needed while it has an alias, or its model is in data/; a run while one of its versions is, or when
    it goes on.

    :param before: in milliseconds since 1970; what was made later is needed, too
    :param kept_files: the model files in data/, as the tag `file` of a version names them
    """
    aliased = {
        (model.name, str(version))
        for model in _all(client.search_registered_models)
        for version in model.aliases.values()
    }
    needed, old = set(), []
    for version in _all(client.search_model_versions):
        if (
            version.creation_timestamp >= before
            or (version.name, str(version.version)) in aliased
            or not version.tags.keys() >= _OF_A_TRAINING
            or version.tags.get("file") in set(kept_files)
        ):
            needed.add(version.run_id)
        else:
            old.append(version)
    runs = [run for experiment in _all(client.search_experiments) for run in _runs(client, experiment.experiment_id)]
    gone = {
        run.info.run_id
        for run in runs
        if run.info.start_time < before
        and run.info.status != "RUNNING"
        and run.info.run_id not in needed
        and run.data.tags.keys() >= _OF_A_TRAINING
    }
    # what a kill leaves is found again: a run is the last to go, after all that leads to it
    for version in old:
        client.delete_model_version(version.name, version.version)
    _delete_models(client, {run.info.experiment_id for run in runs}, gone)
    for run in runs:
        if run.data.tags.get(_PARENT) in gone:
            client.delete_run(run.info.run_id)
    for run_id in gone:
        client.delete_run(run_id)
    return len(gone), len(old)


def _delete_models(client: MlflowClient, experiments: Collection[str], runs: Collection[str]) -> None:
    """The models that MLflow keeps beside its runs, of these runs."""
    if not experiments:
        return
    for model in _all(lambda **page: client.search_logged_models(sorted(experiments), **page)):
        if model.source_run_id in runs:
            client.delete_logged_model(model.model_id)


def _runs(client: MlflowClient, experiment: str) -> Iterator[Any]:
    yield from _all(lambda **page: client.search_runs([experiment], **page))


def _all(search: Callable[..., Any]) -> list[Any]:
    """Every page of an answer."""
    entries: list[Any] = []
    token = None
    while True:
        page = search(page_token=token)
        entries += page
        if not (token := page.token):
            return entries


if __name__ == "__main__":
    sys.exit(main())
