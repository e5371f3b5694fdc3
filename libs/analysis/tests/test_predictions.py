import pyarrow as pa
import pytest

from analysis.predictions import content_hashes, prediction_batches
from contract.datasets.dataset import Dataset
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.errors import DataError

ROWS = pa.table(
    {
        "id": ["007", "true", "2026-01-02", "a\nb", 'say "x"', "é", "1e5"],
        "prediction": ["00", "False", "0.0", "NULL", "nan", "", "1"],
        "score": [0.1 + 0.2, 0.0, -0.0, 1e-300, float("nan"), 1.0, None],
        "model": ["2026-01-01 v3"] * 7,
    }
)


def written(path, form, rows=ROWS):
    with DatasetWriter(path / "2026-01-02", form=form) as writer:
        writer.write(rows)
        writer.publish(Recipe("predict", "2026-01-02", "c0de", {}), {}, {})
    return Dataset.open(path / "2026-01-02")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_predictions_come_back_with_the_types_that_they_were_written_with(tmp_path, form):
    names = ["prediction", "id", "score"]
    read = pa.Table.from_batches(prediction_batches(written(tmp_path, form), names))
    assert read.schema == ROWS.select(names).schema
    assert str(read.to_pylist()) == str(ROWS.select(names).to_pylist())


def test_a_csv_that_was_touched_is_refused(tmp_path):
    dataset = written(tmp_path, "csv")
    path = dataset.path / dataset.manifest.files[0].path
    path.write_text(path.read_text().replace("007", "008"))
    with pytest.raises(DataError, match="must have sha256"):
        list(prediction_batches(dataset, ["id"]))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_column_that_is_not_there_is_named_with_a_way_out(tmp_path, form):
    message = "must have the column 'score_no', got id, prediction, score, model; predict the day again"
    with pytest.raises(DataError, match=message):
        list(prediction_batches(written(tmp_path, form), ["score_no"]))


def test_the_content_of_a_row_is_its_values_however_they_are_stored():
    words, numbers = ["a", None, "b"], [0.0, 1.5, None]
    plain = pa.record_batch({"x": numbers, "word": words, "y": ["no"] * 3})
    other = pa.record_batch({"word": pa.array(words).dictionary_encode(), "x": pa.array([-0.0, 1.5, None])})
    first, second = (content_hashes(batch, ["x", "word"]).tolist() for batch in (plain, other))
    assert first == second
    assert len(set(first)) == 3
    assert content_hashes(plain.slice(1), ["x", "word"]).tolist() == first[1:]


@pytest.mark.parametrize("change", [{"x": [1.0, 2.0]}, {"word": ["a", None]}, {"word": ["b", "a"]}])
def test_another_value_is_another_content(change):
    rows = {"x": [1.0, 1.0], "word": ["a", "a"]}
    first = content_hashes(pa.record_batch(rows), ["x", "word"])
    second = content_hashes(pa.record_batch(rows | change), ["x", "word"])
    assert first[0] == first[1]
    assert (first != second).any()
