import numpy as np
import pyarrow as pa

from contract.dataset import Dataset
from train.rows import codes, read


def opened(project, *days):
    return [Dataset.open(project.root / "processed" / day) for day in days]


def test_rows_come_by_day_and_then_as_they_are_stored(project):
    found = read(opened(project, "2026-01-01", "2026-01-02"), project.config)
    stored = [
        value for seed in (0, 1) for row, value in enumerate(project.columns(seed=seed)["x"].to_pylist()) if row % 5
    ]
    assert found.frame["x"].replace(np.nan, None).tolist() == stored
    assert found.by_day == {"2026-01-01": 96, "2026-01-02": 96}
    assert [str(kind) for kind in found.frame.dtypes] == ["float64", "float64", "object"]


def test_the_positive_class_is_one_however_the_words_sort(project):
    assert codes(np.array(["no", "yes", "no"], dtype=object), project.config).tolist() == [0, 1, 0]
    text = (project.root / "pipeline.toml").read_text()
    (project.root / "pipeline.toml").write_text(text.replace('positive = "yes"', 'positive = "no"'))
    assert codes(np.array(["no", "yes", "no"], dtype=object), project.config).tolist() == [1, 0, 1]


def test_classes_are_numbered_as_configured_and_numbers_stay(each_task):
    target, expected = {
        "binary": (np.array(["yes", "no"], dtype=object), [1, 0]),
        "multiclass": (np.array(["green", "red", "blue"], dtype=object), [2, 0, 1]),
        "regression": (np.array([1.5, -2.0]), [1.5, -2.0]),
    }[each_task.task]
    assert codes(target, each_task.config).tolist() == expected


def test_a_target_stored_with_a_dictionary_is_the_same(project):
    plain = read(opened(project, "2026-01-01"), project.config)
    table = project.columns(seed=0)
    table["y"] = table["y"].dictionary_encode()
    project.process("2026-01-01", pa.table(table))
    assert read(opened(project, "2026-01-01"), project.config).target.tolist() == plain.target.tolist()
