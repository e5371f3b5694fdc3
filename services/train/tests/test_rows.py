import msgspec
import numpy as np
import pyarrow as pa
import pytest
from conftest import recurring

from analysis.rows import Categorical
from contract.datasets.dataset import Dataset
from contract.errors import DataError
from train.rows import read


def opened(project, *days):
    return [Dataset.open(project.root / "processed" / day) for day in days]


def test_rows_come_by_day_and_then_as_they_are_stored(project):
    rows = read(opened(project, "2026-01-01", "2026-01-02"), project.config)
    stored = [
        value for seed in (0, 1) for row, value in enumerate(project.columns(seed=seed)["x"].to_pylist()) if row % 5
    ]
    assert [None if np.isnan(value) else value for value in rows.columns["x"]] == stored
    assert rows.by_day == {"2026-01-01": 96, "2026-01-02": 96}
    assert [str(rows.columns[name].dtype) for name in ("x", "n")] == ["float64", "float64"]
    assert isinstance(rows.columns["word"], Categorical)


def test_categories_keep_their_code_from_batch_to_batch_and_from_day_to_day(project):
    for seed, (day, categories) in enumerate({"2026-01-01": ["a", "b"], "2026-01-02": ["c", "b"]}.items()):
        table = project.columns(seed=seed)
        table["word"] = pa.array([categories[row % 2] for row in range(120)]).dictionary_encode()
        project.process(day, table)
    rows = read(opened(project, "2026-01-01", "2026-01-02"), project.config)
    expected = [categories[row % 2] for categories in (["a", "b"], ["c", "b"]) for row in range(120) if row % 5]
    assert rows.columns["word"].objects().tolist() == expected


def test_each_row_knows_its_entity(project):
    rows = read(opened(project, "2026-01-02"), project.config)
    stored = [group for row, group in enumerate(project.columns(seed=1)["_group"].to_pylist()) if row % 5]
    assert (rows.groups.tolist(), rows.repeat) == (stored, False)
    project.recur(2)
    assert not read(opened(project, "2026-01-02"), project.config).repeat
    assert read(opened(project, "2026-01-01", "2026-01-02"), project.config).repeat


def test_too_few_entities_are_refused_with_what_one_is(project):
    project.recur(2, customers=5)
    for group, what in (
        (None, r'without table.key and table.group equal rows are one entity: .* set table.group = "row_key"'),
        ("word", "rows with the same 'word' are one entity by table.group"),
        ("row_key", "rows with the same 'row_key' are one entity, unless table.group names another column"),
    ):
        table = msgspec.structs.replace(project.config.table, group=group)
        with pytest.raises(
            DataError, match=rf"^the train rows of 2 days: must be of at least 6 entities .*, got 5; {what}"
        ):
            read(opened(project, "2026-01-01", "2026-01-02"), msgspec.structs.replace(project.config, table=table))


def test_a_class_of_too_few_entities_is_refused_however_many_rows_they_have(project):
    for day in range(2):
        table = recurring(day, customers=20)
        table["y"] = pa.array(["yes" if row < 2 else "no" for row in range(20)])
        project.process(f"2026-01-{day + 1:02d}", table)
    message = r"'y' must have each class at least in 3 entities \(once per training.folds\), got 'yes' in 2 entities; .*table.group"
    with pytest.raises(DataError, match=message):
        read(opened(project, "2026-01-01", "2026-01-02"), project.config)


def test_a_target_stored_with_a_dictionary_is_the_same(project):
    plain = read(opened(project, "2026-01-01"), project.config)
    table = project.columns(seed=0)
    table["y"] = table["y"].dictionary_encode()
    project.process("2026-01-01", pa.table(table))
    assert read(opened(project, "2026-01-01"), project.config).target.tolist() == plain.target.tolist()
