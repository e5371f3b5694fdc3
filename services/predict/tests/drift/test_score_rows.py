"""The score's drift on a day that the champion was trained on: scores of rows that it knows are other ones for that alone."""

import json

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from conftest import put_in_use

from analysis.drift.reference import binned, build
from analysis.record.trained_for import record
from contract.datasets.dataset import Dataset
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.models.champion import Champion

LATER = "2026-11-29"
DAYS = [f"2026-11-{number}" for number in range(20, 26)]


@pytest.fixture
def crowned(day, model):
    """A champion that was trained on the day, with a reference, and scores of its test rows that are all low."""

    def crown(config=None, about=True):
        ages = np.random.default_rng(0).integers(18, 30, 3000).astype(float)
        reference = build({"age": ages}, np.repeat(np.arange(6), 500), seed=0)
        with DatasetWriter(day.layout.model(LATER), keep_superseded=True) as writer:
            writer.file("reference", "reference.json").write_bytes(msgspec.json.encode(reference))
            file = day.root / day.file_of(model).file
            file.rename(writer.file("model", "model.joblib"))
            notes = {"sklearn": day.file_of(model).sklearn}
            if about:
                notes["trained_for"] = msgspec.to_builtins(record(config or day.config, DAYS, []))
            manifest = writer.publish(Recipe("train", LATER, "c0de", {}), {}, {"version": "3"}, notes)
        champion = Champion.of(f"models/{LATER}", manifest)
        put_in_use(day.layout, champion)
        low = np.random.default_rng(1).uniform(0, 0.3, 500)
        with DatasetWriter(day.layout.report("train", LATER)) as writer:
            writer.file("scores", "scores.json").write_bytes(msgspec.json.encode(binned("score", low)[0]))
            judged = {"challenger": {"model": {"sha256": champion.sha256}}}
            writer.file("verdict", "verdict.json").write_text(json.dumps(judged))
            writer.publish(Recipe("validate", LATER, "c0de", {}), {}, {}, {"decision": "promoted", "why": "better"})
        return champion

    # the rows that it was fitted on are old, and score high; those of the test part are young
    young = np.arange(600) % 2 == 0
    day.bring(
        pa.table(
            {
                "id": [f"c{number}" for number in range(600)],
                "age": pa.array(np.where(young, 18 + np.arange(600) % 12, 79), pa.int64()),
                "plan": pa.array(["small"] * 600).dictionary_encode(),
                "split": pa.array(np.where(young, "test", "train")).dictionary_encode(),
            }
        )
    )
    return crown


def drift(day):
    written = Dataset.open(day.layout.report("predict", day.name))
    return json.loads(written.file("drift").read_text()), written.file("page").read_text()


def test_only_the_rows_of_the_test_part_are_measured_and_it_is_said(day, crowned):
    crowned()
    day.predict()
    measured, page = drift(day)
    # the fitted half of the rows would be in the uppermost bin
    assert measured["score"]["now"][-1] == 0
    said = "of the test part alone: the model was trained on the other rows of 2026-11-22"
    assert measured["score_rows"] == said
    assert said in page


def test_by_another_split_nothing_is_measured_and_it_is_said(day, crowned, caplog):
    before = day.config
    crowned(msgspec.structs.replace(before, table=msgspec.structs.replace(before.table, test_fraction=0.5)))
    day.predict()
    measured, page = drift(day)
    assert measured["score"]["level"] == "unmeasured"
    assert "not measured: the model was trained on 2026-11-22, when rows were split by id" in measured["score_rows"]
    assert "not measured: the model was trained on" in page
    assert "drift is not measured: score: the model was trained on 2026-11-22" in caplog.text


def test_a_champion_that_does_not_tell_its_rows_has_no_score_drift_on_a_day_before_its_training(day, crowned):
    crowned(about=False)
    day.predict()
    assert "it is unknown on which rows of 2026-11-22 the model was trained" in drift(day)[0]["score_rows"]
