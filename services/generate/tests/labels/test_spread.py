import json

import pytest

from contract.datasets.dataset import Dataset
from contract.due.arrived import labels_have_come
from contract.layout import Layout

DAYS = ("2026-11-20", "2026-11-21", "2026-11-22")


@pytest.fixture
def generate(call, root, tmp_path, table):
    """Runs generate for a day, or one of its commands."""
    config = tmp_path / "pipeline.toml"
    config.write_text(call.toml(table))

    def run(*arguments):
        return call.shell(*arguments, "--data-root", str(root), "--config", str(config))

    return run


@pytest.fixture
def days(root, generate):
    """Three days of ten rows without labels: k0 to k9 on the first, k10 to k19 on the second, and so on."""
    for number, day in enumerate(DAYS):
        folder = root / "inbox" / day
        folder.mkdir(parents=True)
        rows = [f"k{10 * number + n},{n},a" for n in range(10)]
        (folder / "rows.csv").write_text("\n".join(["id,age,plan", *rows]) + "\n")
        assert generate("--day", day)[0] == 0
    (root / "inbox" / "labels").mkdir()
    return root


def bring(root, keys, name="may.csv", header="id,left", value="yes"):
    (root / "inbox" / "labels" / name).write_text("\n".join([header, *(f"{key},{value}" for key in keys)]) + "\n")


def labels(root, day):
    try:
        target = Dataset.open(root / "raw" / day / "target")
    except Exception:  # noqa: BLE001 - there is none
        return None
    return [key for batch in target.batches(["id"]) for key in batch.column("id").to_pylist()]


def test_each_label_finds_the_day_of_its_row_and_how_many_did_is_told(days, generate):
    bring(days, ["k25", "k3", "k14", "k4", "x1"])
    code, error = generate("--day", DAYS[2])
    assert code == 0
    assert "4 of 5 labels found the day of their row; 1 have a key that no row has (such as 'x1')" in error
    assert "new labels for 2026-11-20, 2026-11-21: generate these days again" in error
    assert labels(days, DAYS[2]) == ["k25"]
    for day in DAYS[:2]:
        generate("--day", day)
    assert [labels(days, day) for day in DAYS] == [["k3", "k4"], ["k14"], ["k25"]]


def test_late_labels_have_the_bytes_of_those_that_came_in_time(days, generate, root):
    bring(days, ["k25", "k3", "k14", "k4"])
    for day in DAYS:
        generate("--day", day)
    target = root / "raw" / DAYS[0] / "target"
    late = {path.name: path.read_bytes() for path in target.iterdir() if path.suffix == ".parquet"}
    for path in (*target.iterdir(), *(root / "raw" / DAYS[0] / "data").iterdir()):
        path.unlink()
    assert generate("--day", DAYS[0])[0] == 0
    assert late
    assert late == {path.name: path.read_bytes() for path in target.iterdir() if path.suffix == ".parquet"}


def test_most_labels_without_a_row_are_refused_with_a_way_out_and_the_rows_are_in_all_the_same(days, generate, root):
    bring(days, ["k25", "x1", "x2"], name="bad.csv")
    bring(days, ["k21"], name="good.csv")
    (root / "raw" / DAYS[2] / "data" / "manifest.json").unlink()
    code, error = generate("--day", DAYS[2])
    assert code == 65
    assert "inbox/labels/bad.csv: 1 of 3 labels found the day of their row; 2 have a key that no row has" in error
    assert "generate the days of their rows first, or take the file away" in error
    assert labels(days, DAYS[2]) == ["k21"]
    assert generate("labels")[0] == 65


def test_labels_whose_rows_come_later_are_found_then(days, generate, root):
    bring(days, ["k3", "k4", "k30"])
    assert generate("--day", DAYS[0])[0] == 0
    folder = root / "inbox" / "2026-11-23"
    folder.mkdir()
    (folder / "rows.csv").write_text("id,age,plan\nk30,1,a\n")
    code, error = generate("--day", "2026-11-23")
    assert (code, "3 of 3 labels found" in error, labels(days, "2026-11-23")) == (0, True, ["k30"])
    assert "labels found" not in generate("--day", "2026-11-23")[1]


def test_a_key_of_several_days_needs_a_column_that_says_which(days, generate, root):
    folder = root / "inbox" / "2026-11-23"
    folder.mkdir()
    (folder / "rows.csv").write_text("id,age,plan\nk3,1,a\n")
    bring(days, ["k3", "k4", "k5"])
    _, error = generate("--day", "2026-11-23")
    assert "1 have a key that rows of several days have: say which by a column 'day'" in error
    (days / "inbox" / "labels" / "may.csv").write_text(
        "day,id,left\n2026-11-23,k3,no\n2026-11-20,k3,yes\n2026-11-20,k4,no\n"
    )
    assert generate("labels")[0] == 0
    for day in (DAYS[0], "2026-11-23"):
        generate("--day", day)
    assert (labels(days, DAYS[0]), labels(days, "2026-11-23")) == (["k3", "k4"], ["k3"])


def test_a_file_that_is_mended_takes_back_what_it_gave(days, generate, root):
    bring(days, ["k3", "k14"])
    generate("labels")
    bring(days, ["k3", "k4", "k5"])
    code, error = generate("labels")
    assert (code, "new labels for 2026-11-20, 2026-11-21" in error) == (0, True)
    assert [(root / "inbox" / day / "labels-may.csv.parquet").exists() for day in DAYS] == [True, False, False]
    assert "no day has new labels" in generate("labels")[1]


def test_keys_are_the_same_however_they_are_written_and_a_missing_label_is_none(days, generate, root):
    folder = root / "inbox" / "2026-11-23"
    folder.mkdir()
    (folder / "rows.csv").write_text("id,age,plan\n1,1,a\n2,1,a\n")
    generate("--day", "2026-11-23")
    (root / "inbox" / "labels" / "may.csv").write_text("id,left,also\n1.0,yes,x\n 2 ,NA,x\n")
    code, error = generate("--day", "2026-11-23")
    assert (code, "1 of 1 labels found" in error, labels(days, "2026-11-23")) == (0, True, ["1.0"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,age\nk1,1\n", "labels of many days need the key and the target as columns, without ['left']"),
        ("", "header"),
    ],
)
def test_a_file_of_other_columns_is_refused(days, generate, root, content, message):
    (root / "inbox" / "labels" / "may.csv").write_text(content)
    code, error = generate("labels")
    assert (code, message in error) == (65, True)


def test_without_a_key_labels_of_many_days_are_refused(days, generate, call, table, tmp_path, root):
    bring(days, ["k1"])
    without = {name: value for name, value in table["table"].items() if name != "key"}
    (tmp_path / "pipeline.toml").write_text(call.toml(table | {"table": without}))
    code, error = generate("labels")
    assert (code, "without table.key in pipeline.toml" in error) == (65, True)


def test_a_folder_that_is_not_there_and_another_source_are_told(root, generate, call, table, tmp_path):
    code, error = generate("labels")
    assert (code, "inbox/labels: must be a folder with files of labels" in error) == (66, True)
    sql = {"kind": "sql", "query": "select * from t where day = :day"}
    (tmp_path / "pipeline.toml").write_text(call.toml(table | {"source": sql}))
    code, error = generate("labels")
    assert (code, "source.target_query without :day" in error) == (64, True)


def ask(call, table, tmp_path, target):
    """Make another column the target, without the one before."""
    columns = {name: column for name, column in table["columns"].items() if name != "left"}
    asked = table["table"] | {"target": target}
    columns |= {target: table["columns"]["left"]}
    (tmp_path / "pipeline.toml").write_text(call.toml(table | {"columns": columns, "table": asked}))


def forget_questions(root):
    """Leave the record as earlier versions wrote it."""
    path = Layout(root).spread
    known = json.loads(path.read_text())
    path.write_text(json.dumps({name: {k: v for k, v in done.items() if k != "asked"} for name, done in known.items()}))


def test_labels_of_another_target_are_read_from_a_file_that_has_both(days, generate, call, table, tmp_path, root):
    bring(days, ["k25", "k3"], header="id,left,cancelled", value="yes,no")
    for day in DAYS:
        generate("--day", day)
    ask(call, table, tmp_path, "cancelled")
    for day in DAYS:
        assert generate("--day", day)[0] == 0
    generate("--day", DAYS[0])
    target = Dataset.open(root / "raw" / DAYS[0] / "target")
    assert [batch.select(["id", "cancelled"]).to_pylist() for batch in target.batches()] == [
        [{"id": "k3", "cancelled": "no"}]
    ]
    assert not labels_have_come(Layout(root))


@pytest.mark.parametrize("of_an_earlier_version", [False, True])
def test_a_file_of_labels_of_a_target_before_stops_nobody_is_told_once_and_serves_who_goes_back(
    days, generate, call, table, tmp_path, root, of_an_earlier_version
):
    bring(days, ["k25", "k3"])
    for day in DAYS:
        generate("--day", day)
    if of_an_earlier_version:
        forget_questions(root)
    ask(call, table, tmp_path, "cancelled")
    words = "inbox/labels/may.csv: left out, its labels are of another target or key"
    code, log = generate("--day", DAYS[2])
    assert (code, words in log) == (0, True)
    code, log = generate("--day", DAYS[0])
    assert (code, words in log) == (0, False)
    # more of them change nothing
    bring(days, ["k25", "k3", "k4"])
    code, log = generate("--day", DAYS[1])
    assert (code, words in log) == (0, True)
    assert not labels_have_come(Layout(root))
    bring(days, ["k5"], header="id,lefd")
    assert generate("labels")[0] == 65, "a name that nobody asked for is a slip"
    bring(days, ["k25", "k3", "k4"])
    assert generate("labels")[0] == 0
    ask(call, table, tmp_path, "left")
    for day in DAYS:
        assert generate("--day", day)[0] == 0
    generate("--day", DAYS[0])
    assert [labels(days, day) for day in DAYS] == [["k3", "k4"], None, ["k25"]]


def test_what_was_looked_at_has_not_come_again(days, generate, root):
    assert not labels_have_come(Layout(root))
    bring(days, ["k25", "k3"])
    (root / "inbox" / "labels" / "read-me.md").touch()
    assert labels_have_come(Layout(root))
    generate("labels")
    assert not labels_have_come(Layout(root))
    bring(days, ["x1", "x2"], "wrong.csv")
    assert generate("labels")[0] == 65
    assert labels_have_come(Layout(root)), "each run says it until it is mended"
