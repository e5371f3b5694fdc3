"""What a step's page in Airflow leads to."""

import json

import pytest
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization
from conftest import factory
from fake_reports import DAY, report

from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.layout import Layout
from microstep_airflow.operators.links import ManifestLink, ReportLink, RunLink
from microstep_airflow.operators.process_step import ProcessStepOperator
from microstep_airflow.steps import STEPS, Step

PAGES, MLFLOW = "http://localhost:8090/churn", "http://localhost:5000"


@pytest.fixture
def step(tmp_path):
    """A step's operator for a day, as it is when the task has ended."""

    def step(name, **more):
        places = {"data_root": str(tmp_path), "config": "/config", "home": "/home"}
        return ProcessStepOperator(
            task_id=name, step=name, day=DAY, **places, **({"pages": PAGES, "mlflow": MLFLOW} | more)
        )

    return step


def names(operator):
    return [link.name for link in operator.operator_extra_links]


def address(operator, link):
    return link.get_link(operator, ti_key=None)


def test_a_step_has_the_links_that_it_may_fill(step):
    assert {name: names(step(name)) for name in ("generate", "preprocess", "train", "validate", "predict")} == {
        "generate": ["Manifest"],
        "preprocess": ["Manifest"],
        "train": ["MLflow run", "Manifest"],
        "validate": ["Report", "MLflow run", "Manifest"],
        "predict": ["Report", "Manifest"],
    }


def test_nothing_leads_to_what_nobody_shows(step):
    assert names(step("validate", pages="")) == ["MLflow run"]
    assert names(step("validate", mlflow="")) == ["Report", "Manifest"]
    assert names(step("validate", pages="", mlflow="")) == []


@pytest.mark.parametrize(("name", "kind"), [("validate", "train"), ("predict", "predict")])
def test_the_report_is_the_page_that_the_manifest_names(step, tmp_path, name, kind):
    assert address(step(name), ReportLink()) == ""
    report(tmp_path, kind, DAY, {})
    assert address(step(name), ReportLink()) == f"{PAGES}/reports/{kind}/{DAY}/report.html"
    Layout(tmp_path).report(kind, DAY).joinpath("manifest.json").write_text("{")
    assert address(step(name), ReportLink()) == ""


def write(dataset, run=()):
    with DatasetWriter(dataset) as writer:
        writer.publish(Recipe("train", DAY, "c0de", {}), {}, dict(run))


def test_the_run_is_that_of_the_days_model(step, tmp_path):
    assert address(step("train"), RunLink()) == ""
    write(Layout(tmp_path).model(DAY))
    assert address(step("train"), RunLink()) == ""
    write(Layout(tmp_path).model(DAY), {"mlflow_run": "5eed"})
    assert address(step("train"), RunLink()) == address(step("validate"), RunLink()) == f"{MLFLOW}/#/runs/5eed"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("generate", f"raw/{DAY}/data"),
        ("preprocess", f"processed/{DAY}"),
        ("train", f"models/{DAY}"),
        ("validate", f"reports/train/{DAY}"),
        ("predict", f"predictions/{DAY}"),
    ],
)
def test_the_manifest_is_that_of_what_the_step_wrote(step, tmp_path, name, path):
    assert address(step(name), ManifestLink()) == ""
    write(tmp_path / path)
    assert address(step(name), ManifestLink()) == f"{PAGES}/{path}/manifest.json"


def test_a_step_that_was_added_leads_to_its_manifest_too(step, tmp_path, monkeypatch):
    monkeypatch.setitem(STEPS, "enrich", Step(reads=("processed",), writes=("enrich",)))
    write(Layout(tmp_path).derived("enrich", DAY))
    assert address(step("enrich"), ManifestLink()) == f"{PAGES}/derived/enrich/{DAY}/manifest.json"


@pytest.mark.parametrize("runner", ["docker", "process"])
@pytest.mark.parametrize("pipeline", ["", "churn"])
def test_airflows_page_knows_the_links_of_every_step_mapped_or_not(runner, pipeline):
    from dataclasses import replace

    made = factory(runner=runner)
    machine = replace(made.settings, pages="http://localhost:8090", mlflow=MLFLOW).of(pipeline)
    made = replace(made, settings=machine)
    with DAG("d", schedule=None) as dag:
        made.step("validate")
        made.each_day(made.days_of_run("predict"), steps=["preprocess"])
        made.step_for_each("predict", days=made.training_window())
    stored = DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(dag))))
    known = {
        task: sorted(stored.get_task(task).operator_extra_link_dict) for task in ("validate", "preprocess", "predict")
    }
    assert known == {
        "validate": ["MLflow run", "Manifest", "Report"],
        "preprocess": ["Manifest"],
        "predict": ["Manifest", "Report"],
    }
    pages = dag.get_task("validate").pages
    assert pages == ("http://localhost:8090/churn" if pipeline else "http://localhost:8090")
