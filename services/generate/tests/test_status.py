from argparse import Namespace
from datetime import date

import pytest

from contract.datasets.dataset import Dataset
from contract.layout import Layout
from contract.models.champion import Champion, write_champion
from contract.models.trained_for import TrainedFor
from generate.status import STATUS


@pytest.fixture
def status(call, root, tmp_path, table, capfd):
    """What the command prints of a day, and a run of generate for one."""
    config = tmp_path / "pipeline.toml"
    table["schedule"] = {"first_day": date(2026, 11, 18), "expected": "weekdays"}
    table["training"] = table.get("training", {}) | {"window_days": 3}

    def run(day="2026-11-20"):
        config.write_text(call.toml(table))
        STATUS.work(Namespace(data_root=str(root), config=str(config), day=day))
        return capfd.readouterr().out.splitlines()

    run.generate = lambda day: call.shell("--day", day, "--data-root", str(root), "--config", str(config))
    return run


def arrive(root, *days):
    for day in days:
        (root / "inbox" / day).mkdir(parents=True)
        (root / "inbox" / day / "rows.csv").write_text("id,age,plan,left\n1,2,x,yes\n")
        (root / "inbox" / day / "_SUCCESS").touch()


def labels_apart(status, root, rows):
    """The inbox of a day that was read with its labels in a file of their own."""
    arrive(root, "2026-11-18")
    folder = root / "inbox/2026-11-18"
    (folder / "rows.csv").write_text(rows)
    (folder / "labels.csv").write_text("id,left\n1,yes\n")
    status()
    assert status.generate("2026-11-18")[0] == 0
    return folder


def test_it_tells_what_the_dags_would_find_and_changes_nothing(status, root, state):
    arrive(root, "2026-11-18", "2026-11-19")
    status()
    assert status.generate("2026-11-18")[0] == 0
    before = state()
    waits = "2026-11-19 (no data), 2026-11-20 (no data)"
    assert status() == [
        "as of         2026-11-20, the last day that is over in UTC",
        "2026-11-19    to generate: raw/2026-11-19/data: is not there",
        "2026-11-18    to predict: predictions/2026-11-18: are not there",
        "2026-11-20    expected, and no data has come",
        f"training      of 2026-11-20 would use 2026-11-18 to 2026-11-20, 1 of 3 days are there; waits for {waits}",
        "champion      none yet",
    ]
    assert state() == before


def test_where_nothing_lacks_that_is_said(status, root):
    assert "days          nothing lacks" not in status("2026-11-18")
    arrive(root, "2026-11-18")
    assert status.generate("2026-11-18")[0] == 0
    Layout(root).predictions("2026-11-18").mkdir(parents=True)
    raw = Layout(root).raw_data("2026-11-18") / "manifest.json"
    (Layout(root).predictions("2026-11-18") / "manifest.json").write_bytes(raw.read_bytes())
    Layout(root).champion.parent.mkdir()
    Layout(root).champion.touch()
    assert status("2026-11-18")[1:] == [
        "days          nothing lacks",
        "training      of 2026-11-18 would use 2026-11-18 to 2026-11-18, 1 of 1 days are there",
    ]


def test_days_in_the_inbox_that_are_too_old_for_a_scheduled_run_are_told_with_what_to_type(status, root, table):
    table["training"]["window_days"] = 1
    status()
    table["schedule"] |= {"catch_up_days": 1, "label_grace_days": 0}
    arrive(root, "2026-11-18", "2026-11-19", "2026-11-20", "labels")
    assert [line for line in status() if "inbox" in line] == [
        "inbox         has 2026-11-18 that no scheduled run looks at any more: make backfill FROM=2026-11-18 TO=2026-11-18"
    ]
    assert status.generate("2026-11-18")[0] == 0
    assert not [line for line in status() if "inbox" in line]
    table["schedule"] |= {"catch_up_days": 0}
    assert [line for line in status() if line.startswith("inbox         has 2026-11-19 that")]


def renamed(table, to):
    """The same table, of which another column is the target."""
    columns = table["columns"]
    columns[to] = columns.pop("left")
    table["table"]["target"] = to
    table["table"]["extra_columns"] = "drop"


def test_a_renamed_target_has_the_days_read_again_once_and_its_labels_are_none_until_they_come(status, root, table):
    arrive(root, "2026-11-18")
    table["table"]["extra_columns"] = "drop"
    status()
    assert status.generate("2026-11-18")[0] == 0
    renamed(table, "cancelled")
    lines = status("2026-11-18")
    assert lines[1] == (
        "2026-11-18    to generate: raw/2026-11-18: was read with table.target left, pipeline.toml has cancelled"
    )
    assert lines[3].endswith("0 of 1 days are there; waits for 2026-11-18 (no labels)")
    assert status.generate("2026-11-18")[0] == 0
    # read for it, and the files have none: that is looked at no more
    assert "to generate" not in "".join(status("2026-11-18"))
    (root / "inbox/2026-11-18/labels.csv").write_text("id,cancelled\n1,no\n")
    assert "2026-11-18    to generate: inbox/2026-11-18: has other files than when it was read" in status("2026-11-18")
    assert status.generate("2026-11-18")[0] == 0
    assert status("2026-11-18")[2].endswith("1 of 1 days are there")


@pytest.mark.parametrize("extra", ["refuse", "drop"])
def test_a_file_of_labels_of_a_target_before_is_left_out_for_good_and_read_once_it_has_those_of_now(
    status, root, table, extra
):
    folder = labels_apart(status, root, "id,age,plan\n1,2,x\n")
    renamed(table, "cancelled")
    table["table"]["extra_columns"] = extra
    status()
    code, log = status.generate("2026-11-18")
    assert (code, "inbox/2026-11-18/labels.csv: left out, its labels are of another target or key" in log) == (0, True)
    assert status("2026-11-18")[1].startswith("2026-11-18    to predict"), "it is generated"
    (folder / "new.csv").write_text("id,cancelled\n1,no\n")
    assert status.generate("2026-11-18")[0] == 0
    assert status("2026-11-18")[2].endswith("1 of 1 days are there")
    # nothing but the file itself, which was left out before, tells of that target by now
    (folder / "rows.csv").write_text("id,age,plan\n1,3,x\n")
    assert status.generate("2026-11-18")[0] == 0
    (folder / "new.csv").unlink()
    (folder / "labels.csv").write_text("id,cancelled\n1,yes\n")
    assert "2026-11-18    to generate" in "".join(status("2026-11-18"))
    assert status.generate("2026-11-18")[0] == 0
    assert "to generate" not in "".join(status("2026-11-18"))
    labels = Dataset.open(Layout(root).raw_target("2026-11-18"))
    assert [batch.to_pylist()[0]["cancelled"] for batch in labels.batches()] == ["yes"]


def test_a_day_that_was_never_read_is_not_held_up_by_labels_of_a_target_that_others_had(status, root, table):
    arrive(root, "2026-11-18", "2026-11-19")
    status()
    assert status.generate("2026-11-18")[0] == 0
    renamed(table, "cancelled")
    folder = root / "inbox/2026-11-19"
    (folder / "rows.csv").write_text("id,age,plan\n1,2,x\n")
    (folder / "labels.csv").write_text("id,lefd\n1,yes\n")
    status()
    assert status.generate("2026-11-19")[0] == 65, "a name that nobody asked for is a slip"
    (folder / "labels.csv").write_text("id,left\n1,yes\n")
    assert status.generate("2026-11-19")[0] == 0


def test_labels_by_another_key_are_left_out_as_well(status, root, table):
    labels_apart(status, root, "id,note,age,plan\n1,a,2,x\n")
    for key in ("note", None):
        table["table"].pop("key") if key is None else table["table"].update(key=key)
        status()
        code, log = status.generate("2026-11-18")
        assert (code, "labels.csv: left out" in log) == (0, True)
        assert "to generate" not in "".join(status("2026-11-18"))


def crown(root, about):
    model = Champion(day="2026-11-18", file="models/m", sha256="0" * 64, manifest="f", sklearn="1", trained_for=about)
    Layout(root).champion.parent.mkdir()
    write_champion(Layout(root).champion, model)


def test_a_champion_of_another_question_is_told(status, root):
    crown(root, TrainedFor(target="paid", task="binary", features={}, first="2026-11-18", last="2026-11-18"))
    assert status()[-1] == "champion      none yet, the one that is there was trained for another question"


def test_a_champion_whose_file_is_gone_is_told_with_what_a_person_can_do(status, root):
    crown(root, None)
    assert status()[-1] == (
        "champion      models/m is not there, predict and validate refuse: bring it back from a backup, or type "
        "validate rollback"
    )
    (root / "models/m").touch()
    assert "champion" not in "".join(status())


def test_before_there_is_a_window_that_is_said(status):
    needs = "training needs a day at or after schedule.first_day 2026-11-18 (plus training.target_delay_days 0)"
    assert status("2026-11-17")[1:3] == ["days          nothing lacks", f"training      none: {needs}, got 2026-11-17"]
