import numpy as np
import pytest

from contract.datasets.dataset import Dataset
from train.baseline import baseline
from train.rows import Rows


def rows(codes, classes):
    codes = np.asarray(codes)
    return Rows({}, codes, np.arange(len(codes), dtype=np.uint64), classes, {"2026-01-01": len(codes)}, len(codes))


def test_classes_are_answered_by_their_shares():
    found = baseline(rows([0, 1, 1, 1], ["no", "yes", "perhaps"]))
    assert found == {"priors": {"no": 0.25, "yes": 0.75}}


def test_numbers_are_answered_by_mean_and_median():
    assert baseline(rows([1.0, 2.0, 9.0], [])) == {"constants": {"mean": 4.0, "median": 2.0}}


def test_the_manifest_tells_it(each_task):
    each_task.train()
    noted = Dataset.open(each_task.root / "models/2026-01-02").manifest.notes["baseline"]
    if each_task.task == "regression":
        assert set(noted["constants"]) == {"mean", "median"}
    else:
        assert sum(noted["priors"].values()) == pytest.approx(1)
