"""The report of a predicted day, as the step writes it."""

import json
import re
import shutil

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conftest import DAY, put_in_use

from analysis.drift.reference import Reference, binned, build
from analysis.rows import Categorical
from contract.datasets.dataset import Dataset
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.models.champion import Champion, read_champion
from contract.models.trained_for import TrainedFor
from predict.drift.day import Known, measure_drift


@pytest.fixture
def watched(day, model):
    """A day whose champion brought references: ages 18 to 77, three plans, and its scores on such rows."""
    rng = np.random.default_rng(0)
    ages = rng.integers(18, 78, 3000).astype(float)
    plans = Categorical(rng.integers(-1, 3, 3000).astype(np.int32), ["small", "large", "new"])
    # days of any size are like these
    day_rows = (1, 30, 800, 5000, 200, 20)
    reference = build({"age": ages, "plan": plans}, np.repeat(np.arange(6), 500), seed=0, day_rows=day_rows)
    crowned = day.crown(model)
    with DatasetWriter(day.layout.model(day.trained), keep_superseded=True) as writer:
        (day.root / crowned.file).rename(writer.file("model", "model.joblib"))
        writer.file("reference", "reference.json").write_bytes(msgspec.json.encode(reference))
        recipe = Recipe("train", day.trained, "c0de", {})
        notes = {"sklearn": crowned.sklearn}
        manifest = writer.publish(recipe, {}, {"version": "3"}, notes)
    champion = Champion.of(f"models/{day.trained}", manifest)
    put_in_use(day.layout, champion)
    scores = model.predict_proba(pd.DataFrame({"age": ages, "plan": plans.objects()}))[:, 1]
    judge(day, champion.sha256, scores)
    return day


def judge(day, sha256, scores, **more):
    """The report that validate writes about a challenger; `more` is known of it."""
    with DatasetWriter(day.layout.report("train", day.trained)) as writer:
        verdict = {"challenger": {"model": {"sha256": sha256, **more}}}
        writer.file("verdict", "verdict.json").write_text(json.dumps(verdict))
        writer.file("scores", "scores.json").write_bytes(msgspec.json.encode(binned("score", scores)[0]))
        notes = {"decision": "promoted", "why": "better"}
        writer.publish(Recipe("validate", day.trained, "c0de", {"scores": len(scores)}), {}, {}, notes)


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
    assert (notes["drift"], notes["columns"], notes["without"]) == ("ok", {}, None)
    assert {column["name"] for column in drift["columns"]} == {"age", "plan"}
    assert "The day looks like the training." in page


def test_a_shift_is_an_alarm_that_names_the_column_and_draws_it(watched):
    watched.bring(table(ALIKE + 15))
    watched.predict()
    notes, drift, page = report(watched)
    assert notes["drift"] == "alarm"
    assert notes["columns"] == {"age": "alarm", "score": "alarm"}
    assert drift["columns"][0]["name"] == "age"
    assert "Alarm" in page
    assert 'aria-label="age: training and this day"' in page


def test_a_new_category_is_an_alarm(watched):
    watched.bring(table(ALIKE, plans=("small", "large", "new", "gold")))
    watched.predict()
    assert report(watched)[0]["columns"] == {"plan": "alarm"}


def test_a_day_that_went_on_without_many_rows_and_words_that_no_list_has_are_on_the_page(watched):
    watched.bring(table(ALIKE), {"too_many_rejected": "30 of 90 rows break a rule"}, new_categories={"plan": 15})
    watched.predict()
    page = report(watched)[2]
    assert "Only the good rows are predicted: 30 of 90 rows break a rule." in page
    assert 'words of plan that pipeline.toml does not list</td><td class="n">15' in page


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
    assert (notes["drift"], drift["level"]) == ("unmeasured", "unmeasured")
    assert drift["without"]
    assert "Drift was not measured." in page
    assert "drift is not measured" in caplog.text
    assert "not measured: " in (day.layout.reports / "index.html").read_text()


def reference_of(day):
    return Dataset.open(day.layout.model(day.trained)).file("reference")


def lost_reference(day):
    reference_of(day).rename(day.layout.model(day.trained) / "elsewhere.json")


def damaged_reference(day):
    reference_of(day).write_bytes(b"{}")


def trained_again(day):
    with DatasetWriter(day.layout.model(day.trained), keep_superseded=True) as writer:
        writer.file("model", "other.joblib").write_bytes(b"")
        writer.publish(Recipe("train", day.trained, "0ther", {}), {}, {}, {"sklearn": "1"})


def unnamed(content):
    """The champion's training with another reference, or none."""

    def change(day):
        directory = day.layout.model(day.trained)
        model = Dataset.open(directory).file("model").read_bytes()
        with DatasetWriter(directory, keep_superseded=True) as writer:
            writer.file("model", "model.joblib").write_bytes(model)
            if content is not None:
                writer.file("reference", "reference.json").write_bytes(content)
            notes = {"sklearn": day.sklearn}
            manifest = writer.publish(Recipe("train", day.trained, "c0de", {}), {}, {"version": "3"}, notes)
        put_in_use(day.layout, Champion.of(f"models/{day.trained}", manifest))

    return change


def of_the_other_class(day):
    """The same file was judged once more while the other class was the positive one."""
    champion = read_champion(day.layout.champion)
    about = TrainedFor(**asked(day), features={}, first=DAY, last=DAY)
    put_in_use(day.layout, msgspec.structs.replace(champion, trained_for=about))
    other = msgspec.to_builtins(msgspec.structs.replace(about, positive="the other one"))
    judge(day, champion.sha256, np.ones(9), trained_for=other)


def asked(day):
    table = day.config.table
    classes = day.config.columns[table.target].values
    return {"target": table.target, "task": table.task, "positive": table.positive, "classes": classes}


OLD = {"rows": 9, "days": 7, "limits": {"watch": 0.05, "alarm": 0.01}, "columns": []}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lost_reference, "the manifest names it, but it is not there"),
        (damaged_reference, "by its manifest, got 2"),
        (trained_again, "was trained again since"),
        (unnamed(None), "has no drift reference"),
        (unnamed(b"{"), "cannot be read"),
        (unnamed(json.dumps(OLD).encode()), "is of an older version"),
        (lambda day: shutil.rmtree(day.layout.report("train", day.trained)), "the scores: "),
        (lambda day: judge(day, "0" * 64, np.ones(9)), "is about another model"),
        (of_the_other_class, "is about another model"),
        (lambda day: Dataset.open(day.layout.report("train", day.trained)).file("scores").unlink(), "scores"),
    ],
)
def test_what_cannot_be_measured_is_never_ok_and_stops_no_prediction(watched, change, why):
    watched.sklearn = Dataset.open(watched.layout.model(watched.trained)).manifest.notes["sklearn"]
    watched.bring(table(ALIKE))
    watched.predict()
    assert report(watched)[0]["drift"] == "ok"
    change(watched)
    watched.predict(force=True)
    notes, drift, page = report(watched)
    assert (notes["drift"], drift["level"]) == ("unmeasured", "unmeasured")
    assert why in notes["without"]
    assert "measured." in page
    assert "The day looks like the training." not in page


def test_a_reference_that_is_there_again_is_measured_against(watched):
    watched.bring(table(ALIKE))
    there = reference_of(watched)
    lost_reference(watched)
    watched.predict()
    assert report(watched)[0]["drift"] == "unmeasured"
    (watched.layout.model(watched.trained) / "elsewhere.json").rename(there)
    watched.predict()
    assert report(watched)[0]["drift"] == "ok"


def test_another_rate_of_false_alarms_measures_again(watched):
    watched.bring(table(ALIKE))
    watched.predict()
    before = Dataset.open(watched.layout.report("predict", watched.name)).manifest.fingerprint
    watched.raw_config["drift"] = {"false_alarms": 0.02}
    watched.predict()
    assert Dataset.open(watched.layout.report("predict", watched.name)).manifest.fingerprint != before


def test_a_column_that_the_day_lacks_is_unmeasured_and_hides_no_alarm(watched, make_model):
    # a model that does not ask for the plan, though its training had it
    columns = [name for name in table(ALIKE).column_names if name != "plan"]
    reference = Dataset.open(watched.layout.model(watched.trained)).file("reference").read_bytes()
    known = Known(msgspec.json.decode(reference, type=Reference), None, ())
    watched.bring(table(ALIKE).select(columns))
    rows = Dataset.open(watched.layout.processed(watched.name))
    measured = measure_drift(known, rows, rows, None, watched.config)
    assert (measured.level, measured.without) == ("unmeasured", f"plan: no such column in processed/{watched.name}")
    watched.bring(table(ALIKE + 15).select(columns))
    rows = Dataset.open(watched.layout.processed(watched.name))
    assert measure_drift(known, rows, rows, None, watched.config).level == "alarm"


def test_a_column_that_changed_from_numbers_to_words_is_unmeasured(watched):
    reference = Dataset.open(watched.layout.model(watched.trained)).file("reference").read_bytes()
    known = Known(msgspec.json.decode(reference, type=Reference), None, ())
    changed = table(ALIKE)
    changed = changed.set_column(1, "age", changed.column("age").cast(pa.string()))
    watched.bring(changed)
    rows = Dataset.open(watched.layout.processed(watched.name))
    measured = measure_drift(known, rows, rows, None, watched.config)
    assert measured.without == "age: it has words, and had numbers in the training"
    assert measured.level == "unmeasured"


def test_entities_that_come_back_are_held_against_themselves(watched):
    # those of the train part are old, those of the test part young, on every day alike
    old = np.random.default_rng(3).integers(60, 78, 800)
    reference = build({"age": old.astype(float)}, np.repeat(np.arange(8), 100), seed=0, come_back=True)
    watched.sklearn = Dataset.open(watched.layout.model(watched.trained)).manifest.notes["sklearn"]
    unnamed(msgspec.json.encode(reference))(watched)
    both = table(np.r_[old[:400], np.full(400, 20)])
    part = pa.array(["train"] * 400 + ["test"] * 400).dictionary_encode()
    watched.bring(both.set_column(both.column_names.index("split"), "split", part))
    for _ in range(2):
        watched.predict()
        (age,) = report(watched)[1]["columns"]
        assert (age["rows"], age["level"]) == (400, "ok")
        # the report alone counts the same rows again
        shutil.rmtree(watched.layout.report("predict", watched.name))


def test_a_column_without_any_value_in_the_training_is_drawn_as_well(watched):
    nothing = np.full(3000, np.nan)
    reference = build({"age": nothing}, np.repeat(np.arange(6), 500), seed=0)
    watched.sklearn = Dataset.open(watched.layout.model(watched.trained)).manifest.notes["sklearn"]
    unnamed(msgspec.json.encode(reference))(watched)
    watched.bring(table(ALIKE))
    watched.predict()
    _, drift, page = report(watched)
    assert [(column["name"], column["level"]) for column in drift["columns"]] == [("age", "alarm")]
    assert "any value" in page


def test_a_day_of_one_row_says_that_it_is_too_small(watched):
    watched.bring(table(ALIKE[:1]))
    watched.predict()
    notes, drift, page = report(watched)
    assert notes["drift"] == "unmeasured"
    assert notes["without"].startswith("too few rows to tell: 1 of the day")
    assert "too few rows to tell" in page
    assert {column["level"] for column in drift["columns"]} == {"unmeasured"}


@pytest.mark.parametrize("shift", [0, 15])
@pytest.mark.parametrize("rows", [400, 1500])
def test_scores_in_csv_are_measured_as_in_parquet(watched, shift, rows):
    found = {}
    for form in ("parquet", "csv"):
        watched.raw_config["predictions"] = {"format": form}
        watched.bring(table(np.resize(ALIKE + shift, rows)))
        watched.predict()
        found[form] = report(watched)[1]
    assert found["csv"]["score"]["level"] == ("alarm" if shift else "ok")
    assert found["csv"] == found["parquet"]


def retold(day, **changes):
    """The reference of the champion with other words of its own."""
    path = Dataset.open(day.layout.model(day.trained)).file("reference")
    reference = msgspec.structs.replace(msgspec.json.decode(path.read_bytes(), type=Reference), **changes)
    return Known(reference, None, ())


def measured_again(day, known):
    rows, predictions = Dataset.open(day.layout.processed(day.name)), Dataset.open(day.layout.predictions(day.name))
    return measure_drift(known, rows, predictions, None, day.config)


def test_a_day_of_three_rows_where_three_hundred_are_usual_is_an_alarm(watched):
    watched.bring(table([20, 40, 60]))
    watched.predict()
    drift = measured_again(watched, retold(watched, day_rows=[300, 310, 280, 290, 305, 300]))
    assert (drift.level, drift.levels()["(rows)"], drift.volume.rows) == ("alarm", "alarm", 3)
    assert "3 rows, where the 6 days of the training have 280 to 310" in drift.volume.reason


def test_how_many_rows_are_usual_is_unmeasured_with_few_days_and_untold_by_earlier_versions(watched):
    watched.bring(table(ALIKE))
    watched.predict()
    few = measured_again(watched, retold(watched, day_rows=[800, 800]))
    assert (few.level, few.volume.level) == ("unmeasured", "unmeasured")
    assert few.without.startswith("how many rows there are: the training's window has 2 days")
    earlier = measured_again(watched, retold(watched, day_rows=[]))
    assert (earlier.level, earlier.volume) == ("ok", None)


def test_a_column_that_is_stuck_all_day_is_an_alarm_with_its_value(watched):
    watched.bring(table(np.full(400, 40)))
    watched.predict()
    notes, drift, page = report(watched)
    assert notes["columns"]["age"] == "alarm"
    (age,) = [column for column in drift["columns"] if column["name"] == "age"]
    assert age["reason"] == "40 on all 400 rows with a value; no training day was like that"
    assert "40 on all 400 rows with a value" in page
    assert re.search(r"expected, by the days of the training .*?>[0-9,]+ to [0-9,]+<", page)


def test_a_day_without_rows_has_a_report_that_says_so_and_raises_no_alarm(watched):
    watched.bring(table([]))
    watched.predict()
    notes, drift, page = report(watched)
    assert (notes["drift"], notes["columns"]) == ("unmeasured", {})
    assert drift["without"] == "the day has no rows, on purpose"
    assert "0 rows predicted on 2026-11-22" in page
    assert "Not measured: the day has no rows, on purpose" in page
    assert "the next training writes them" not in page


def test_what_lies_beside_the_predicted_days_stops_no_other_day(watched, caplog):
    watched.bring(table(ALIKE))
    watched.predict()
    for name, change in (("2026-11-20", "{"), ("2026-11-21.bak", None)):
        copied = shutil.copytree(watched.layout.predictions(DAY), watched.root / "predictions" / name)
        if change:
            (copied / "manifest.json").write_text(change)
    watched.predict(force=True)
    page = report(watched)[2]
    assert "Predicted rows of the last" not in page, "there is one day alone"
    assert "predictions/2026-11-20: not among the days of the page" in caplog.text
