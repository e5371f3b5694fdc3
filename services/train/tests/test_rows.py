import numpy as np
import pyarrow as pa

from analysis.rows import Categorical
from contract.datasets.dataset import Dataset
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


def test_a_target_stored_with_a_dictionary_is_the_same(project):
    plain = read(opened(project, "2026-01-01"), project.config)
    table = project.columns(seed=0)
    table["y"] = table["y"].dictionary_encode()
    project.process("2026-01-01", pa.table(table))
    assert read(opened(project, "2026-01-01"), project.config).target.tolist() == plain.target.tolist()
