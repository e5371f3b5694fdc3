"""The oracle sees what is wrong: each fault is put into a step, or into what it wrote; without it the history passes."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import joblib
import pandas as pd
import pytest
from checks import product
from histories.actions import Aim, Arrive, Do, Edit, Label
from histories.play import History, Start, play
from histories.ways_out import Guide, NoWayOut
from plain import models
from plain.arrivals import Table
from plain.rows import Raw, preprocess
from plain.settings import Settings, day_of

HISTORY = History(
    Start(Table(), Settings()),
    (
        *(Arrive(0), Do("generate preprocess", 0), Arrive(1), Do("generate preprocess train validate", 1)),
        *(Arrive(2), Do("generate preprocess predict monitor", 2)),
    ),
)


@pytest.fixture
def root():
    """On no disk where there is a place for it: a step flushes each file that it writes."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        yield Path(folder) / "root"


class Tampering:
    """A runner of a step whose output is changed before anybody looks at it."""

    def __init__(self, runner, tamper):
        self.runner, self.tamper = runner, tamper

    def run(self, root, config, words):
        outcome = self.runner.run(root, config, words=words)
        return self.tamper(root, outcome) or outcome


def rewritten(dataset, change):
    (path,) = product.files(dataset)
    frame = change(pd.read_parquet(path))
    path.unlink()  # it may be shared
    frame.to_parquet(path, index=False)


def labels_moved(root, outcome):
    rewritten(root / "processed" / day_of(1), lambda rows: rows.assign(yn=[*rows["yn"][1:], rows["yn"].iloc[0]]))


def a_test_row_trains(root, outcome):
    def change(rows):
        split = rows["split"].astype(object)
        split[split == "test"] = "train"
        return rows.assign(split=split)

    rewritten(root / "processed" / day_of(1), change)


def all_rows_taught(root, outcome):
    """The model of one who trained on everything."""
    days = [product.table(root / "processed" / day_of(number)) for number in (0, 1)]
    dataset = root / "models" / day_of(1)
    (path,) = product.files(dataset, "model")
    path.unlink()
    joblib.dump(models.fitted(pd.concat(days), Settings()), path)


def another_ones_answer(root, outcome):
    rewritten(
        root / "predictions" / day_of(2), lambda rows: rows.assign(score=[*rows["score"][1:], rows["score"].iloc[0]])
    )


def a_row_is_lost(root, outcome):
    rewritten(root / "processed" / day_of(0), lambda rows: rows.iloc[1:])


def a_bug(root, outcome):
    return replace(outcome, code=70)


FAULTS = [
    (labels_moved, "preprocess", "yn is"),
    (a_test_row_trains, "preprocess", "split is"),
    (a_row_is_lost, "preprocess", "39 rows, must be 40"),
    (all_rows_taught, "train", "the model answers otherwise than one of the same rows"),
    (another_ones_answer, "predict", "score"),
    (a_bug, "validate", "ended with 70"),
]


def test_nothing_is_wrong_without_a_fault(steps, root):
    assert play(HISTORY, steps, root).story.mirror.champion.day == day_of(1)


@pytest.mark.parametrize(("fault", "step", "words"), FAULTS, ids=[fault.__name__ for fault, _, _ in FAULTS])
def test_a_fault_that_is_put_in_is_seen(steps, root, fault, step, words):
    def tamper(root, outcome):
        happened = (root / "processed" / day_of(1)).exists() or fault is a_row_is_lost
        return fault(root, outcome) if happened and not outcome.code else None

    with pytest.raises(AssertionError, match=words):
        play(HISTORY, steps | {step: Tampering(steps[step], tamper)}, root)


class Planted:
    """A runner of a step with a fault in its own code."""

    def __init__(self, runner, fault):
        self.runner, self.fault = runner, fault

    def run(self, root, config, words):
        return self.runner.run(root, config, words=words, plant=f"oracle.planted:{self.fault}")


def days(*numbers):
    return tuple(action for number in numbers for action in (Arrive(number), Do("generate preprocess", number)))


VISITS = Start(Table(returning=True), Settings(group="customer"))
WEEK = (*days(0, 1), Do("train validate", 1), *days(2), Do("predict", 2))
IN_CODE = {
    "labels_by_position": ("preprocess", Start(Table(), Settings()), days(0), "yn is"),
    "no_group_in_the_split": ("preprocess", VISITS, days(0), "_group is"),
    "no_day_is_held_out": (
        "train",
        Start(Table(), Settings(test_days=1)),
        (*days(0, 1), Do("train", 1)),
        "other rows were trained on",
    ),
    "test_rows_train": (
        "train",
        Start(Table(), Settings()),
        (*days(0, 1), Do("train", 1)),
        "other rows were trained on",
    ),
    "any_day_trains": (
        "train",
        Start(Table(), Settings()),
        (*days(0, 1), Edit((("missing", ("-999",)),)), Do("train", 1)),
        "must be refused: 65: processed under other settings",
    ),
    "any_order": (
        "validate",
        Start(Table(), Settings(margin=1.0)),
        (*days(0, 1), Do("train validate", 1), Do("train validate", 0)),
        "must be refused",
    ),
    "known_rows_judge": (
        "validate",
        VISITS,
        (*days(0, 1), Do("train validate", 1), Edit((("group", None),)), *days(0, 1), Do("train validate", 1)),
        "compared: True",
    ),
    "moved_rows_judge": (
        "validate",
        Start(Table(), Settings(key=None)),
        (*days(0, 1), Do("train", 1), Arrive(1, labels="half"), Do("generate preprocess", 1), Do("validate", 1)),
        "must be refused: 65: a day was written again since the training",
    ),
    "chance_explains_nothing": (
        "validate",
        Start(Table(), Settings(most_error=0.02)),
        (*days(0, 1), Do("train validate", 1)),
        "max_calibration_error is",
    ),
    "known_rows_are_live": (
        "validate",
        Start(Table(), Settings()),
        (*days(0, 1), Do("train validate predict monitor", 1)),
        "live metrics of 2026-01-02 are of all, must be of test",
    ),
    "an_answer_is_an_answer": (
        "predict",
        Start(Table(), Settings()),
        (*WEEK, Aim("other", "binary"), *days(2), Do("predict", 2)),
        "must be refused: 65: the champion answers another question",
    ),
}


@pytest.mark.parametrize("fault", IN_CODE)
def test_a_fault_in_the_code_of_a_step_is_seen(steps, root, counts, fault):
    step, start, actions, words = IN_CODE[fault]
    play(History(start, actions), steps, root.parent / "without" / "root")
    with pytest.raises(AssertionError, match=words):
        play(History(start, actions), steps | {step: Planted(steps[step], fault)}, root)
    counts("faults", fault, 1, "seen")


def test_one_label_on_another_row_is_more_than_two_fits_differ_by(steps, root):
    story = play(HISTORY, steps, root).story
    rows = story.mirror.labelled((day_of(0), day_of(1)), "train")
    swapped = rows.copy()
    swapped.loc[0, "yn"] = "no" if rows["yn"].iloc[0] == "yes" else "yes"
    found = [models.scores(models.fitted(one, Settings()), rows, Settings()) for one in (rows, swapped)]
    assert abs(found[0] - found[1]).max() > 0.02


def test_a_refusal_that_names_no_way_out_is_seen(steps, root):
    outcome = SimpleNamespace(code=65, output="2026-01-01 00:00:00 ERROR train: something is wrong")
    with pytest.raises(NoWayOut, match="names no way out"):
        Guide(None, None).leave(lambda: outcome, outcome, day_of(0))


def test_a_way_out_that_leads_nowhere_is_seen(steps, root):
    story = play(History(Start(Table(), Settings()), (Arrive(0), Do("generate preprocess", 0))), steps, root).story
    outcome = SimpleNamespace(code=65, output=f"2026-01-01 ERROR train: no; run preprocess --day {day_of(0)}")
    with pytest.raises(NoWayOut, match="still refused"):
        Guide(story, None).leave(lambda: outcome, outcome, day_of(0))


def test_the_oracle_keeps_the_first_label_of_a_key_and_its_own_row():
    data = pd.DataFrame(
        {"id": ["1", "2", "2", "3"], "a": ["1", "2", "3", "x"], "b": ["1"] * 4, "code": ["1"] * 4, "_file": ["f"] * 4}
    )
    labels = pd.DataFrame({"id": ["2.0", "1", "2"], "yn": ["yes", "no", "no"]})
    day = preprocess(Raw(data, "id", labels), Settings(), "2026-01-01")
    assert day.rows[["id", "yn"]].to_numpy().tolist() == [["1", "no"], ["2", "yes"]]
    assert day.rejected == 2


def test_edits_and_late_labels_are_no_fault(steps, root):
    actions = (Arrive(0, labels="none"), Do("generate preprocess", 0), Label(0, "late"), Do("generate preprocess", 0))
    story = play(replace(HISTORY, actions=(*actions, Edit((("form", "csv"),)))), steps, root).story
    assert story.mirror.days[day_of(0)].rows["yn"].notna().all()


@pytest.mark.parametrize("then", [Aim("other", "binary"), Edit((("key", "account"),))], ids=["target", "key"])
def test_a_file_of_labels_by_the_key_or_of_the_target_before_is_left_out(steps, root, then):
    before = (Arrive(0), Do("generate preprocess", 0), Label(0, "late"), Do("generate preprocess", 0))
    story = play(replace(HISTORY, actions=(*before, then, *[Do("generate preprocess", 0)] * 2)), steps, root).story
    (left_out,) = story.mirror.raw[day_of(0)].left_out
    assert left_out[0] == "labels.csv"
    assert story.ends["generate", 0] >= 3
