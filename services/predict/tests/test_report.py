"""The report of a predicted day, as the step writes it."""

import json

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from conftest import put_in_use

from analysis.reference import binned, build
from analysis.rows import Categorical
from contract.config.model import Drift
from contract.datasets.dataset import Dataset
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.models.champion import Champion


@pytest.fixture
def watched(day, model):
    """A day whose champion brought a reference: ages 18 to 77, three plans."""
    rng = np.random.default_rng(0)
    ages = rng.integers(18, 78, 3000).astype(float)
    plans = Categorical(rng.integers(-1, 3, 3000).astype(np.int32), ["small", "large", "new"])
    reference = build({"age": ages, "plan": plans}, np.repeat(np.arange(6), 500), Drift(resamples=300), seed=0)
    crowned = day.crown(model)
    with DatasetWriter(day.layout.model(day.trained), keep_superseded=True) as writer:
        (day.root / crowned.file).rename(writer.file("model", "model.joblib"))
        writer.file("reference", "reference.json").write_bytes(msgspec.json.encode(reference))
        recipe = Recipe("train", day.trained, "c0de", {})
        notes = {"sklearn": crowned.sklearn}
        manifest = writer.publish(recipe, {}, {"version": "3"}, notes)
    champion = Champion.of(f"models/{day.trained}", manifest)
    put_in_use(day.layout, champion)
    return day


def table(ages, plans=("small", "large", "new", None)):
    rng = np.random.default_rng(1)
    count = len(ages)
    return pa.table(
        {
            "id": [f"c{n}" for n in range(count)],
            "age": pa.array(ages, pa.int64()),
            "plan": pa.array([plans[n] for n in rng.integers(0, len(plans), count)], pa.string()).dictionary_encode(),
            "split": pa.array(["train"] * count).dictionary_encode(),
        }
    )


def report(day):
    written = Dataset.open(day.layout.report("predict", day.name))
    drift = json.loads(written.file("drift").read_text())
    return written.manifest.notes, drift, written.file("page").read_text()


ALIKE = np.random.default_rng(2).integers(18, 78, 800)


def test_a_day_like_the_training_is_ok(watched):
    watched.bring(table(ALIKE))
    watched.predict()
    notes, drift, page = report(watched)
    assert (notes["drift"], notes["columns"]) == ("ok", {})
    assert {column["name"] for column in drift["columns"]} == {"age", "plan"}
    assert "The day looks like the training." in page


def test_a_shift_is_an_alarm_that_names_the_column_and_draws_it(watched):
    watched.bring(table(ALIKE + 15))
    watched.predict()
    notes, drift, page = report(watched)
    assert notes["drift"] == "alarm"
    assert notes["columns"] == {"age": "alarm"}
    assert drift["columns"][0]["name"] == "age"
    assert "Alarm" in page
    assert 'aria-label="age: training and this day"' in page


def test_a_new_category_is_an_alarm(watched):
    watched.bring(table(ALIKE, plans=("small", "large", "new", "gold")))
    watched.predict()
    assert report(watched)[0]["columns"] == {"plan": "alarm"}


def test_batches_do_not_change_what_is_measured(watched, monkeypatch):
    watched.bring(table(ALIKE))
    watched.predict()
    whole = report(watched)[1]
    batches = Dataset.batches
    monkeypatch.setattr(
        Dataset, "batches", lambda self, columns=None, role="rows", batch_rows=0: batches(self, columns, role, 100)
    )
    watched.predict(force=True)
    assert report(watched)[1] == whole


def test_the_report_changes_no_byte_of_the_predictions_and_is_made_again_when_it_is_lost(watched):
    watched.bring(table(ALIKE))
    watched.predict()
    before = watched.tree()
    first = report(watched)
    (watched.layout.report("predict", watched.name) / "manifest.json").unlink()
    watched.predict()
    assert watched.tree() == before
    assert report(watched) == first


def test_a_champion_without_a_reference_is_reported_and_is_no_failure(day, model, caplog):
    day.crown(model)
    day.bring(day.rows(50))
    day.predict()
    notes, drift, page = report(day)
    assert notes["drift"] == "ok"
    assert drift["without"]
    assert "Drift was not measured." in page
    assert "drift is not measured" in caplog.text
    assert (day.layout.reports / "index.html").is_file()


def test_the_drift_of_the_score_is_the_same_in_csv(watched):
    champion = Champion.of(f"models/{watched.trained}", Dataset.open(watched.layout.model(watched.trained)).manifest)
    with DatasetWriter(watched.layout.report("train", watched.trained)) as writer:
        verdict = {"challenger": {"model": {"sha256": champion.sha256}}}
        writer.file("verdict", "verdict.json").write_bytes(msgspec.json.encode(verdict))
        (scores,) = binned("score", np.linspace(0, 1, 500))[:1]
        writer.file("scores", "scores.json").write_bytes(msgspec.json.encode(scores))
        writer.publish(Recipe("validate", watched.trained, "c0de", {}), {}, {}, {"decision": "promoted"})
    watched.bring(table(ALIKE))
    found = []
    for form in ("parquet", "csv"):
        watched.raw_config["predictions"] = {"format": form}
        watched.predict()
        found.append(report(watched)[1]["score"])
    assert found[0] == found[1]
    assert sum(found[1]["now"]) == pytest.approx(1)
