import subprocess
import sys

import msgspec
import pytest
from conftest import CONFIG, put_in_use

from analysis.predictions import CONTENT, content_hashes
from contract.datasets.manifest import read_manifest
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.errors import ConfigError, DataError, MissingInput, NotPermitted
from contract.models.champion import Champion, Pointer, read_pointer, write_champion

HEAVY = {"numpy", "pyarrow", "pandas", "scipy", "sklearn", "joblib", "jinja2"}


def test_deciding_loads_no_heavy_library():
    program = "import sys, predict.work; print(*sys.modules)"
    started = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    modules = set(started.stdout.split())
    assert "predict.work" in modules
    assert HEAVY & modules == set()


def test_a_predicted_day_and_its_page_load_no_library_that_only_draws_tracks_or_trains(ready, tmp_path):
    """Imports are most of what a small day costs (bench/small_day.py)."""
    config = tmp_path / "of_the_test.toml"
    config.write_text(CONFIG)
    program = "import sys; from predict.__main__ import main; code = main(); print(*sys.modules); sys.exit(code)"
    options = ["--day", ready.name, "--data-root", ready.root, "--config", config]
    started = subprocess.run([sys.executable, "-c", program, *options], check=True, capture_output=True, text=True)
    modules = set(started.stdout.split())
    assert {"predict.scoring", "predict.report", "sklearn", "jinja2"} <= modules
    assert list(ready.layout.report("predict", ready.name).glob("report-*.html"))
    assert (
        modules & {"matplotlib", "PIL", "plotly", "mlflow", "sqlalchemy", "polars", "skrub", "sklearn.datasets"}
        == set()
    )


@pytest.fixture
def ready(day, model):
    day.bring(day.rows(40))
    day.champion = day.crown(model)
    return day


def test_every_row_is_predicted_in_order(ready):
    dataset = ready.predict()
    table = ready.table()
    assert table.column("id").to_pylist() == [f"c{n}" for n in range(40)]
    assert [(field.name, field.type) for field in dataset.manifest.schema] == [
        ("id", "string"),
        ("prediction", "string"),
        ("score", "double"),
        ("model", "string"),
    ]
    assert set(table.column("prediction").to_pylist()) == {"no", "yes"}
    assert set(table.column("model").to_pylist()) == {"2026-11-16 v3"}


def test_the_manifest_leads_back_to_the_rows_and_to_the_model(ready):
    manifest = ready.predict().manifest
    assert [source.path for source in manifest.inputs] == ["processed/2026-11-22", "models/2026-11-16/model.joblib"]
    assert manifest.inputs[1].sha256 == ready.champion.sha256
    assert manifest.notes["champion"]["version"] == "3"
    predicted = ready.table().column("prediction").to_pylist()
    assert manifest.counts == {
        "rows_in": 40,
        "rows_out": 40,
        "rejected": 0,
        "predicted": {"no": predicted.count("no"), "yes": predicted.count("yes")},
    }
    scores = ready.table().column("score").to_pylist()
    assert manifest.notes["mean"] == {"score": pytest.approx(sum(scores) / 40)}


def test_the_champion_and_a_missing_reference_are_on_record(ready):
    champion = msgspec.to_builtins(ready.champion)
    assert ready.predict().manifest.run["observed"] == {"champion": champion}
    report = read_manifest(ready.layout.report("predict", ready.name))
    absent = [f"models/{ready.trained}", f"reports/train/{ready.trained}"]
    assert report.run["observed"] == {"champion": champion, "absent": absent}


def test_csv_comes_when_asked_for(ready):
    ready.raw_config["predictions"] = {"format": "csv"}
    dataset = ready.predict()
    (file,) = dataset.manifest.files
    lines = (dataset.path / file.path).read_text().splitlines()
    assert lines[0] == '"id","prediction","score","model"'
    assert lines[1].startswith('"c0","no",')
    assert (len(lines), file.rows) == (41, 40)


def test_a_second_run_is_up_to_date_and_changes_no_byte(ready, caplog):
    caplog.set_level("INFO")
    ready.predict()
    before = ready.tree()
    ready.predict()
    assert ready.tree() == before
    assert caplog.messages[-2:] == ["predictions/2026-11-22: up to date", "reports/predict/2026-11-22: up to date"]


def test_a_new_champion_predicts_the_day_again(ready, make_model):
    first = ready.predict().manifest
    ready.crown(make_model(classes=("yes", "no")), version="4")
    second = ready.predict().manifest
    assert second.fingerprint != first.fingerprint
    assert set(ready.table().column("model").to_pylist()) == {"2026-11-16 v4"}
    assert second.counts["predicted"] != first.counts["predicted"]


def test_a_model_that_the_ledger_did_not_put_in_use_predicts_nothing(ready, make_model, registry, monkeypatch):
    ready.predict()
    before = ready.tree()
    unjudged = ready.file_of(make_model(classes=("yes", "no")), name="other.joblib", version="3")
    registry.champions["shop"] = unjudged
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry.uri)
    ready.predict()
    assert ready.tree() == before
    pointer = read_pointer(ready.layout.champion)
    write_champion(ready.layout.champion, Pointer(**msgspec.structs.asdict(unjudged), line=pointer.line))
    ready.predict()
    assert ready.tree() == before


def test_without_processed_rows_the_step_says_what_is_missing(day, model):
    day.crown(model)
    with pytest.raises(MissingInput, match=r"processed/2026-11-22/manifest.json: not there"):
        day.predict()


def test_without_a_champion_the_step_says_what_to_run(day):
    day.bring(day.rows(3))
    with pytest.raises(MissingInput, match="no champion yet; run train and validate first"):
        day.predict()
    assert not day.path.exists()


def test_rows_without_a_column_of_the_model_are_refused(ready):
    ready.bring(ready.rows(3).drop_columns(["age"]))
    with pytest.raises(DataError, match="without the column age, .* make it again: preprocess --day 2026-11-22"):
        ready.predict()
    assert not ready.path.exists()


def test_a_wrong_hash_leaves_the_earlier_predictions_as_they_were(ready):
    ready.predict()
    before = ready.tree()
    (ready.root / ready.champion.file).write_bytes(b"other")
    with pytest.raises(NotPermitted):
        ready.predict(force=True)
    assert ready.tree() == before


def test_a_failure_in_the_middle_leaves_nothing(ready, make_model):
    ready.crown(make_model(classes=("0", "1")))
    with pytest.raises(DataError, match="train and validate again"):
        ready.predict()
    assert not ready.path.exists()


def trained_for(day, target):
    """Give the champion the manifest of a training for a target."""
    with DatasetWriter(day.layout.model(day.trained), keep_superseded=True) as writer:
        (day.root / day.champion.file).rename(writer.file("model", "model.joblib"))
        recipe = Recipe("train", day.trained, "c0de", {"target": {"name": target, "task": "binary", "positive": "yes"}})
        manifest = writer.publish(recipe, {}, {"version": "3"}, {"sklearn": day.champion.sklearn})
    put_in_use(day.layout, Champion.of(f"models/{day.trained}", manifest))


def test_a_champion_of_another_target_does_not_score(ready):
    trained_for(ready, "returned")
    with pytest.raises(DataError, match="champion 2026-11-16 v3: was trained for the target returned, .* is bought"):
        ready.predict()
    assert not ready.path.exists()


def test_whether_the_target_is_the_champions_is_told_when_nothing_knows(ready, caplog):
    ready.predict()
    assert "it is unknown whether it was trained for bought" in caplog.text
    caplog.clear()
    trained_for(ready, "bought")
    ready.predict(force=True)
    assert "nothing tells" not in caplog.text


def test_a_key_that_predictions_cannot_have_is_refused_first(day):
    day.raw_config["table"]["key"] = "score"
    with pytest.raises(ConfigError, match="table.key"):
        day.predict()


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_rows_that_have_but_a_number_leave_their_content_and_rows_with_a_key_do_not(ready, form):
    assert [file.role for file in ready.predict().manifest.files] == ["rows"]
    del ready.raw_config["table"]["key"], ready.raw_config["columns"]["id"]
    ready.raw_config["predictions"] = {"format": form}
    table = ready.rows(40).rename_columns(["row_key", "age", "plan", "split"])
    ready.bring(table)
    manifest = ready.predict().manifest
    assert {file.role: file.rows for file in manifest.files} == {"rows": 40, CONTENT: 40}
    assert manifest.notes[CONTENT] == ["age", "plan"]
    (batch,) = ready.predict().batches(role=CONTENT)
    (rows,) = table.to_batches()
    assert batch.column(CONTENT).to_pylist() == content_hashes(rows, ["age", "plan"]).tolist()


def test_a_day_without_rows_has_predictions_without_rows_with_the_usual_columns(ready):
    usual = ready.predict().manifest.schema
    ready.bring(ready.rows(3).slice(0, 0))
    dataset = ready.predict()
    assert dataset.manifest.schema == usual
    assert dataset.rows() == 0
    assert dataset.manifest.counts == {"rows_in": 0, "rows_out": 0, "rejected": 0, "predicted": {}}
    before = ready.tree()
    ready.predict()
    assert ready.tree() == before


def test_the_run_says_of_which_raw_rows_the_predictions_are(ready):
    assert "rows_of" not in ready.predict().manifest.run
    with DatasetWriter(ready.layout.processed(ready.name)) as writer:
        writer.write(ready.rows(40))
        counts = {"rows_in": 40, "rejected": 0, "rejected_by_rule": {}}
        writer.publish(Recipe("preprocess", ready.name, "c0de", {"other": 1}), counts, {"rows_of": "5eed"})
    assert ready.predict().manifest.run["rows_of"] == "5eed"
