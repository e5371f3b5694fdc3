"""Histories of one day: whatever comes, is corrected or is taken away, a label sits on its own row, or the day is refused."""

import json
import shutil
import subprocess
from types import SimpleNamespace

import pytest
from steps import DAY, ROOT

# the tests' own environment has no Parquet: a step's has
WRITE = "import json, sys, pyarrow as pa, pyarrow.parquet as pq; pq.write_table(pa.table(json.load(sys.stdin)), sys.argv[1])"
READ = "import json, sys, pyarrow.parquet as pq; print(json.dumps(pq.read_table(sys.argv[1]).to_pylist()))"


def arrow(program, path, content=None):
    python = ROOT / ".venvs" / "preprocess" / "bin" / "python"
    words = [python, "-c", program, path]
    return subprocess.run(words, input=json.dumps(content), check=True, capture_output=True, text=True).stdout


CONFIG = """
[source]
kind = "files"

[table]
{key}
target = "y"
task = "binary"
positive = "yes"
max_rejected_fraction = 0.9

[columns]
{columns}
a = {{ type = "integer", min = 0 }}
c = {{ type = "category" }}
y = {{ type = "category", values = ["no", "yes"] }}

[[training.candidates]]
name = "linear"
estimator = "sklearn.linear_model.LogisticRegression"

[schedule]
first_day = 2026-01-01
"""


@pytest.fixture
def history(runners, tmp_path):
    """An inbox to change, and what generate and preprocess make of it: exit code, words, rows."""

    def begin(key=None):
        root = tmp_path / "root"
        inbox = root / "inbox" / DAY
        inbox.mkdir(parents=True)
        config = tmp_path / "pipeline.toml"
        columns = f'{key} = {{ type = "text", role = "ignore" }}' if key else ""
        config.write_text(CONFIG.format(key=f'key = "{key}"' if key else "", columns=columns))

        def run():
            for step in ("generate", "preprocess"):
                ended = runners[step].run(root, config)
                assert "a bug in" not in ended.output, ended.output
                if ended.code:
                    return SimpleNamespace(code=ended.code, output=ended.output, rows=None)
            processed = root / "processed" / DAY
            files = json.loads((processed / "manifest.json").read_bytes())["files"]
            (part,) = [file["path"] for file in files if file["role"] == "rows"]
            return SimpleNamespace(code=0, output=ended.output, rows=json.loads(arrow(READ, processed / part)))

        return SimpleNamespace(root=root, inbox=inbox, run=run)

    return begin


def labels(outcome):
    return {row["a"]: row["y"] for row in outcome.rows}


def test_numbered_rows_keep_their_labels_when_others_come_before_them(history):
    day = history()
    (day.inbox / "b.csv").write_text("a,c,y\n1,x,no\n2,x,no\n8,x,yes\n9,x,yes\n")
    assert labels(day.run()) == {1: "no", 2: "no", 8: "yes", 9: "yes"}
    (day.inbox / "a.csv").write_text("a,c\n100,x\n101,x\n")
    assert labels(day.run()) == {100: None, 101: None, 1: "no", 2: "no", 8: "yes", 9: "yes"}
    (day.inbox / "a.csv").unlink()
    assert labels(day.run()) == {1: "no", 2: "no", 8: "yes", 9: "yes"}


def test_numbered_rows_whose_labels_are_taken_away_are_refused_until_these_are_given_up(history):
    day = history()
    (day.inbox / "b.csv").write_text("a,c,y\n1,x,no\n8,x,yes\n")
    day.run()
    (day.inbox / "b.csv").write_text("a,c\n8,x\n1,x\n")
    refused = day.run()
    assert (refused.code, f"delete raw/{DAY}/target to go on without" in refused.output) == (65, True)
    shutil.rmtree(day.root / "raw" / DAY / "target")
    assert [set(row) & {"y"} for row in day.run().rows] == [set(), set()]


def test_labels_by_another_writing_of_the_key_are_refused_until_they_are_written_alike(history):
    day = history("id")
    (day.inbox / "rows.csv").write_text("id,a,c\n300001,1,x\n300002,8,x\n")
    (day.inbox / "labels.csv").write_text("id,y\n0300001,no\n0300002,yes\n")
    refused = day.run()
    assert refused.code == 65
    assert "2 of 2 labels fit no row by 'id': labels have '0300" in refused.output
    (day.inbox / "labels.csv").write_text("id,y\n300001,no\n300002.0,yes\n")
    assert labels(day.run()) == {1: "no", 8: "yes"}


def test_labels_of_another_day_are_refused_until_they_are_taken_away(history):
    day = history("id")
    (day.inbox / "rows.csv").write_text("id,a,c\n1,1,x\n")
    (day.inbox / "labels.csv").write_text("id,y\n7,no\n")
    refused = day.run()
    assert (refused.code, f"delete raw/{DAY}/target to go on without" in refused.output) == (65, True)
    (day.inbox / "labels.csv").unlink()
    shutil.rmtree(day.root / "raw" / DAY / "target")
    assert len(day.run().rows) == 1


def test_a_customer_and_a_category_are_the_same_in_any_file(history):
    day = history("id")
    (day.inbox / "a.csv").write_text("id,a,c\n1,1,3\n2,2,4\n")
    plain = day.run().rows
    (day.inbox / "a.csv").write_text("id,a,c\n1.0,1.0,3.0\n2.0,2.0,4.0\n")
    assert day.run().rows == plain
    (day.inbox / "a.csv").unlink()
    arrow(WRITE, day.inbox / "a.parquet", {"id": [1], "a": [1], "c": [3]})
    arrow(WRITE, day.inbox / "b.parquet", {"id": [2.0, None], "a": [2.0, 5.0], "c": [4.0, None]})
    assert day.run().rows == plain


def test_large_ids_of_two_types_are_one_and_a_large_number_is_no_trouble(history):
    day = history("id")
    arrow(WRITE, day.inbox / "a.parquet", {"id": [10**15, 2], "a": [2**53 + 1, 2], "c": ["x", "x"]})
    arrow(WRITE, day.inbox / "b.parquet", {"id": [3.0, 1e15], "a": [3, 4], "c": ["x", "x"], "y": ["no", "yes"]})
    rows = [(row["id"], row["a"], row["y"]) for row in day.run().rows]
    assert rows == [("1000000000000000", 2**53 + 1, "yes"), ("2", 2, None), ("3", 3, "no")]
