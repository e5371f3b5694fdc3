"""A registry that is not the one of the ledger: nothing unjudged is served, and one can still go back to the first.

train, validate and predict are the real ones, and so is MLflow.
"""

import hashlib
import os
import shutil
from pathlib import Path

import mlflow
import pytest
from faults.steps import Runner
from mlflow_server import add_version, aliased, use

from contract.datasets.dataset import Dataset
from contract.models.champion import CHALLENGER, CHAMPION, Champion
from contract.models.ledger import champion_line

ROOT = Path(__file__).resolve().parents[4]
DAYS = ("2026-01-01", "2026-01-02", "2026-01-03")
NEXT = "2026-01-04"
WEAK = "sklearn.dummy.DummyClassifier"
FOREIGN = Champion(
    day="2026-01-03", file="models/2026-01-03/model-0.joblib", sha256="f" * 64, manifest="e" * 64, sklearn="1.9.1"
)


RUNNERS: dict[str, Runner] = {}


@pytest.fixture(scope="module")
def runners():
    """The steps on both sides of validate."""
    for name in ("train", "predict"):
        if not (ROOT / ".venvs" / name).exists():
            pytest.skip(f"no environment of {name}; make it with: dev/env {name}")
    for name, more in (("train", ["train.record.registry"]), ("predict", [])):
        RUNNERS[name] = Runner(name, None, more)
    yield
    while RUNNERS:
        RUNNERS.popitem()[1].close()


@pytest.fixture(scope="module")
def served(tmp_path_factory, make_project, runners):
    """A data root on which three champions followed one another, as versions 1 to 3, and a day was predicted."""
    project = make_project(tmp_path_factory.mktemp("served"))
    for number, (day, quality) in enumerate(zip(DAYS, ("bad", "fine", "good"), strict=True), start=1):
        project.trained(day, quality, version=str(number))
        assert project.validate(day=day) == 0
    project.process(NEXT, seed=3)
    assert step(project, "predict").code == 0
    return project


@pytest.fixture
def story(served, server, tmp_path, monkeypatch):
    """A copy of it, with a registry that knows the three."""
    shutil.copytree(served.root, tmp_path, dirs_exist_ok=True)
    project = use(type(served)(tmp_path), server, monkeypatch)
    for day in DAYS:
        add_version(project, model_of(project, day))
    point(project, "3")
    return project


def step(project, name, *words):
    """A step as its container would run it, on the next day; one process has imported it, for it runs many times."""
    variables = {key: value for key, value in os.environ.items() if key.startswith("MLFLOW")}
    words = [*words, "--day", NEXT]
    return RUNNERS[name].run(project.root, project.root / "pipeline.toml", words=words, variables=variables)


def model_of(project, day):
    return Champion.of(f"models/{day}", Dataset.open(project.root / "models" / day).manifest)


def point(project, version):
    mlflow.MlflowClient().set_registered_model_alias(project.name, CHAMPION, version)


def train(project):
    """A challenger that cannot pass."""
    config = project.root / "pipeline.toml"
    before = config.read_text()
    config.write_text(before.replace("sklearn.linear_model.LogisticRegression", WEAK))
    done = step(project, "train", "--force")
    config.write_text(before)
    return done


def predictions(project):
    """Every file of the day's predictions but the manifest, which says when; and who is said to have made them."""
    dataset = Dataset.open(project.root / "predictions" / NEXT)
    files = {file.path: (dataset.path / file.path).read_bytes() for file in dataset.manifest.files}
    return files, dataset.manifest.notes["champion"]["sha256"]


def forgets(client, project):
    client.delete_registered_model(project.name)


def forgets_the_champion(client, project):
    client.delete_model_version(project.name, "3")


def is_of_an_earlier_day(client, project):
    begin_anew(client, project, model_of(project, DAYS[0]))
    point(project, "1")


def is_of_another_data_root(client, project):
    begin_anew(client, project, FOREIGN, FOREIGN, FOREIGN)
    point(project, "3")


def gives_the_number_to_an_unjudged_model(client, project):
    unjudged = project.trained("2026-01-02", "bad")
    begin_anew(client, project, FOREIGN, FOREIGN, unjudged)
    point(project, "3")


def has_the_alias_at_a_version_that_train_did_not_make(client, project):
    foreign = client.create_model_version(project.name, "s3://nowhere/model", await_creation_for=0)
    point(project, foreign.version)


def has_the_alias_at_an_earlier_champion(client, project):
    point(project, "1")


def has_no_alias(client, project):
    client.delete_registered_model_alias(project.name, CHAMPION)


def begin_anew(client, project, *models):
    client.delete_registered_model(project.name)
    client.create_registered_model(project.name)
    for model in models:
        add_version(project, model)


QUICK = (forgets, gives_the_number_to_an_unjudged_model)
BREAKAGES = (
    *QUICK,
    forgets_the_champion,
    is_of_an_earlier_day,
    is_of_another_data_root,
    has_the_alias_at_a_version_that_train_did_not_make,
    has_the_alias_at_an_earlier_champion,
    has_no_alias,
)


# each starts ten steps: all of them are for `make reliability`
@pytest.mark.parametrize("breakage", BREAKAGES if os.environ.get("MICROSTEP_REGISTRIES") == "all" else QUICK)
def test_when_the_registry(story, breakage, capsys):
    champions = [line.model for line in story.ledger()]
    before = predictions(story)
    breakage(mlflow.MlflowClient(), story)
    # before anybody repairs it
    done = step(story, "predict", "--force")
    assert done.code == 0, done.output
    assert "WARNING predict: " in done.output
    assert predictions(story) == before
    # the night goes on: a challenger that cannot pass
    done = train(story)
    assert done.code == 0, done.output
    challenger = mlflow.MlflowClient().get_model_version_by_alias(story.name, CHALLENGER)
    assert challenger.tags["day"] == NEXT
    for _ in range(2):
        assert story.validate(day=NEXT) == 80
        assert aliased(story).tags["sha256"] == champions[2].sha256
        assert story.champion == champions[2]
    assert "WARNING validate: MLflow: " in capsys.readouterr().err
    assert step(story, "predict").code == 0
    assert predictions(story) == before
    # and one can go back to the first
    for champion in (champions[1], champions[0]):
        assert story.run("rollback") == 0, capsys.readouterr().err
        assert aliased(story).tags["sha256"] == champion.sha256
        assert story.champion == champion
        done = step(story, "predict")
        assert (done.code, "WARNING predict: the registry" in done.output) == (0, False)
        assert predictions(story)[1] == champion.sha256
    assert story.run("rollback") == 64
    capsys.readouterr()
    assert story.run("history") == 0
    decisions = [text.split()[2] for text in capsys.readouterr().out.splitlines()[1:]]
    assert decisions == ["promoted"] * 3 + ["refused"] + ["rolled_back"] * 2
    traced = step(story, "predict", "trace").output
    assert "ledger.jsonl" in traced
    assert "rolled back" in traced


def test_when_data_is_older_than_the_registry_the_champion_of_the_data_is_served(story):
    """data/ was restored from the day of the second champion; MLflow knows the third."""
    older, second = story.layout, story.ledger()[1]
    lines = older.ledger.read_bytes().splitlines(keepends=True)
    older.ledger.write_bytes(b"".join(lines[:2]))
    for directory in (older.model(DAYS[2]), older.report("train", DAYS[2]), older.predictions(NEXT)):
        shutil.rmtree(directory)
    older.champion.unlink()
    done = step(story, "predict")
    assert done.code == 0, done.output
    assert "the registry names 2026-01-03 v3 as champion, the ledger 2026-01-02 v2" in done.output
    assert predictions(story)[1] == second.model.sha256
    assert train(story).code == 0
    assert story.validate(day=NEXT) == 80
    assert aliased(story).tags["sha256"] == second.model.sha256
    assert story.run("rollback") == 0
    assert story.champion.day == DAYS[0]
    assert story.run("rollback") == 64


def test_when_the_registry_is_down_and_comes_back_empty_nothing_else_is_served(story, monkeypatch):
    before, address = predictions(story), os.environ["MLFLOW_TRACKING_URI"]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert train(story).code == 69
    assert story.validate(day=NEXT) == 66
    done = step(story, "predict", "--force")
    assert (done.code, predictions(story) == before) == (0, True), done.output
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    mlflow.MlflowClient().delete_registered_model(story.name)
    assert train(story).code == 0
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert story.validate(day=NEXT) == 69
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    assert story.validate(day=NEXT) == 80
    assert aliased(story).tags["sha256"] == before[1]
    done = step(story, "predict")
    assert (done.code, predictions(story) == before) == (0, True), done.output


def test_a_day_that_is_judged_already_puts_the_alias_right_too(story, monkeypatch, capsys):
    mlflow.MlflowClient().delete_registered_model(story.name)
    address = os.environ["MLFLOW_TRACKING_URI"]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert story.validate(day=DAYS[2]) == 0
    assert "the next run checks whether its alias is right" in capsys.readouterr().err
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    assert story.validate(day=DAYS[2]) == 0
    assert aliased(story).tags["sha256"] == story.champion.sha256
    assert len(story.ledger()) == 3


def test_a_ledger_and_a_pointer_that_are_both_gone_are_told_by_the_registry(story, capsys):
    third = story.champion
    story.layout.ledger.unlink()
    story.layout.champion.unlink()
    assert step(story, "predict").code == 65
    assert train(story).code == 0
    assert story.validate(day=NEXT) == 65
    way_out = capsys.readouterr().err.split("validate adopt --to ")[1].split()[0]
    assert story.run("adopt", "--to", way_out) == 0
    assert champion_line(story.layout).model.same_as(third)
    assert story.validate(day=NEXT) == 80


def test_a_model_is_named_by_its_version_in_the_registry_unless_that_is_another_one_in_the_ledger(story, capsys):
    refused = story.trained("2026-01-02", "bad")
    begin_anew(mlflow.MlflowClient(), story, FOREIGN, FOREIGN, FOREIGN, refused)
    assert story.run("adopt", "--to", "3") == 64
    assert "--to: 3 names 2 models; name one by its sha256: " in capsys.readouterr().err
    assert story.run("adopt", "--to", "f" * 12) == 64
    assert story.run("adopt", "--to", "4", "--why", "urgent") == 0
    assert story.champion.same_as(refused)
    assert hashlib.sha256((story.root / refused.file).read_bytes()).hexdigest() == aliased(story).tags["sha256"]
