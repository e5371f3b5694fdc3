"""What is learnt from the first half of a table that nobody here made lets its second half pass."""

import csv
import gzip
import os
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest

from contract.datasets.manifest import read_manifest

ROOT = Path(__file__).parents[4]
FIRST_DAY = date(2026, 11, 22)
MOST_REJECTED = 0.01


def shipped(name):
    """A table that scikit-learn ships."""
    for folder in (ROOT / ".venvs" / "train" / "lib").glob("python3*/site-packages/sklearn/datasets/data"):
        opened = gzip.open if name.endswith(".gz") else open
        with opened(folder / name, "rt") as file:
            return list(file)
    raise FileNotFoundError(f"scikit-learn's {name}: dev/env train")


def with_names(lines, names):
    """Rows below a line of scikit-learn's own; the last column is a class."""
    return [names, *csv.reader(lines[1:])]


def diabetes():
    features = [line.split() for line in shipped("diabetes_data_raw.csv.gz")]
    target = [line.strip() for line in shipped("diabetes_target.csv.gz")]
    names = ["age", "sex", "bmi", "bp", "tc", "ldl", "hdl", "tch", "ltg", "glu", "progression"]
    return [names, *([*row, value] for row, value in zip(features, target, strict=True))]


def wine():
    names = ["alcohol", "malic", "ash", "alkalinity", "magnesium", "phenols", "flavanoids", "other", "proanth", "color"]
    return with_names(shipped("wine_data.csv"), [*names, "hue", "od280", "proline", "cultivar"])


def breast_cancer():
    lines = shipped("breast_cancer.csv")
    return with_names(lines, [*(f"f{number}" for number in range(len(lines[1].split(",")) - 1)), "benign"])


def iris():
    return with_names(shipped("iris.csv"), ["sepal length", "sepal width", "petal length", "petal width", "species"])


def digits():
    rows = list(csv.reader(shipped("digits.csv.gz")))
    return [[*(f"p{number}" for number in range(len(rows[0]) - 1)), "digit"], *rows]


def telco():
    path = Path(os.environ.get("MICROSTEP_TELCO", ROOT.parent / "shared" / "data" / "telco-churn.csv"))
    if not path.exists():
        pytest.skip(f"{path} is not there: set MICROSTEP_TELCO to a copy of the telco churn table")
    with path.open() as file:
        return list(csv.reader(file))


@pytest.fixture
def rejected(call, root, tmp_path):
    """The fraction of rows that preprocess rejects of a day, by what `infer` wrote from earlier rows."""

    def write(path, names, rows):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([names, *rows])

    def ask(names, earlier, later):
        config = tmp_path / "pipeline.toml"
        write(tmp_path / "earlier.csv", names, earlier)
        code, error = call.shell(
            "infer", str(tmp_path / "earlier.csv"), "--target", names[-1], "--output", str(config),
            "--first-day", str(FIRST_DAY - timedelta(days=1)), "--force",
        )  # fmt: skip
        assert code == 0, error
        day = str(FIRST_DAY)
        write(root / "inbox" / day / "later.csv", names, later)
        options = ["--day", day, "--data-root", str(root), "--config", str(config), "--force"]
        assert call.shell(*options)[0] == 0
        python = ROOT / ".venvs" / "preprocess" / "bin" / "python"
        path = os.pathsep.join(str(ROOT / part) for part in ("libs/contract", "services/preprocess"))
        done = subprocess.run(
            [python, "-m", "preprocess", *options], env=os.environ | {"PYTHONPATH": path},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        counts = read_manifest(root / "processed" / day).counts
        return counts["rejected"] / len(later)

    return ask


@pytest.mark.parametrize("table", [diabetes, wine, breast_cancer, iris, digits, telco])
def test_of_the_later_half_of_a_table_hardly_any_row_is_rejected(rejected, table):
    names, *rows = table()
    classes = {row[-1] for row in rows}
    half = len(rows) // 2
    if len(classes) < 20 and {row[-1] for row in rows[:half]} != classes:
        # it comes class by class: one table of all classes, in turns
        rows = [row for number in range(3) for row in rows[number::3]]
    assert rejected(names, rows[:half], rows[half:]) < MOST_REJECTED


@pytest.mark.parametrize("table", [diabetes, wine, breast_cancer])
def test_ranges_that_were_never_seen_before_are_no_fault(rejected, table):
    """As after a change of the season: the larger half of what one column measures comes later."""
    names, *rows = table()
    for column in (0, 2, 5):
        rows.sort(key=lambda row: float(row[column]))
        half = len(rows) // 2
        assert rejected(names, rows[:half], rows[half:]) < MOST_REJECTED
        assert rejected(names, rows[half:], rows[:half]) < MOST_REJECTED
