import subprocess
import sys
from datetime import date
from types import SimpleNamespace

import pytest

from contract.config.parse import load
from contract.datasets.manifest import Input, Manifest, encode
from contract.errors import DataError, Occupied, UsageError
from contract.layout import Layout
from contract.lock import exclusive_run
from contract.models.champion import Champion, write_champion
from contract.models.ledger import Line
from validate.champion.ledger import append
from validate.prune import LAST_VERSIONS, STEPS, nobody_at_work, old_datasets, remove

TODAY = date(2026, 3, 1)
CONFIG = """
[source]
kind = "files"
[table]
target = "y"
task = "regression"
[columns.x]
type = "number"
[columns.y]
type = "number"
[[training.candidates]]
name = "linear"
estimator = "sklearn.linear_model.LinearRegression"
[schedule]
first_day = 2026-01-01
"""
# holds the lock of step argv[2] and an old day until its input ends
AT_WORK = """
import sys
from datetime import date
from pathlib import Path
from contract.lock import exclusive_run
from contract.layout import Layout
with exclusive_run(Layout(Path(sys.argv[1])), sys.argv[2], date(2026, 1, 1)):
    print("held", flush=True)
    sys.stdin.read()
"""
PRUNE = """
import sys
from validate.__main__ import main
words = ["--data-root", sys.argv[1], "--config", sys.argv[2], "--keep-days", "10", "--remove"]
sys.argv = ["validate", "prune", *words]
sys.exit(main())
"""


@pytest.fixture
def data_root(tmp_path):
    """A data root in which datasets are made from others; nothing in them but manifests."""
    layout = Layout(tmp_path)

    def make(path, *inputs):
        path.mkdir(parents=True)
        named = [Input(layout.name(path), "0" * 64) for path in inputs]
        (path / "manifest.json").write_bytes(
            encode(
                Manifest(
                    step="s",
                    day=path.name,
                    fingerprint="f",
                    code="c",
                    settings={},
                    inputs=named,
                    schema=[],
                    files=[],
                    counts={},
                    notes={},
                    run={},
                )
            )
        )
        return path

    def day(text):
        raw = make(layout.raw_data(text))
        return make(layout.processed(text), raw)

    def model(text, *days):
        made = make(layout.model(text), *(layout.processed(day) for day in days))
        make(layout.report("train", text), made)
        return made

    def put_in_use(text, decision="promoted", anchor=None):
        champion, held = (
            Champion(day=day, file="f", sha256="0" * 64, manifest="m", sklearn="1") if day else None
            for day in (text, anchor)
        )
        line = {"why": "", "day": text, "before": None, "model": champion, "anchor": held, "metrics": {}}
        append(layout.ledger, Line(decision=decision, **line))
        write_champion(layout.champion, champion)

    return SimpleNamespace(root=tmp_path, layout=layout, make=make, day=day, model=model, put_in_use=put_in_use)


@pytest.fixture(scope="module")
def config_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "pipeline.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def names(data_root, config_file):
    """The old datasets' names; `settings`: lines of the configuration's end, which is [schedule]."""

    def names(keep_days=10, settings=""):
        config_file.write_text(CONFIG + settings)
        old = old_datasets(data_root.root, load(config_file), keep_days, TODAY)
        return [data_root.layout.name(dataset.path) for dataset in old]

    return names


def test_old_days_go_and_the_last_ones_stay(data_root, names):
    data_root.day("2026-01-01")
    data_root.day("2026-02-25")
    assert names() == ["processed/2026-01-01", "raw/2026-01-01/data"]


def test_what_an_added_step_made_goes_with_its_day_and_keeps_what_it_was_made_of(data_root, names):
    old, new, layout = "2026-01-01", "2026-02-25", data_root.layout
    data_root.make(layout.derived("enrich", old), data_root.day(old))
    data_root.make(layout.derived("enrich", new), data_root.day("2026-01-02"))
    assert names() == [f"derived/enrich/{old}", f"processed/{old}", f"raw/{old}/data"]


def test_days_that_scheduled_runs_look_at_stay_though_fewer_were_asked_for(data_root, names, caplog):
    """Such a run would make them again, and predict them by today's champion."""
    caplog.set_level("INFO", "validate")
    for day in ("2026-01-01", "2026-02-12", "2026-02-13", "2026-02-27"):
        data_root.day(day)
    beyond = ["processed/2026-01-01", "raw/2026-01-01/data"]
    assert names(1) == [beyond[0], "processed/2026-02-12", beyond[1], "raw/2026-02-12/data"]
    assert "the last 16 days stay, not 1: scheduled runs look at them" in caplog.text
    assert names(1, settings="catch_up_days = 20\n") == beyond
    assert len(names(1, settings="catch_up_days = 0\n")) == 6  # the window of a training, and what labels may take


def test_what_the_champion_was_made_from_stays_back_to_the_raw_days(data_root, names):
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        data_root.day(day)
    data_root.model("2026-01-02", "2026-01-01", "2026-01-02")
    data_root.put_in_use("2026-01-02")
    assert names() == ["processed/2026-01-03", "raw/2026-01-03/data"]


def test_the_ledgers_last_versions_stay_and_earlier_ones_go(data_root, names):
    days = [f"2026-01-{number:02}" for number in range(1, LAST_VERSIONS + 2)]
    for day in days:
        data_root.day(day)
        data_root.model(day, day)
        data_root.put_in_use(day)
    gone = names()
    assert gone == [
        "models/2026-01-01",
        "processed/2026-01-01",
        "raw/2026-01-01/data",
        "reports/train/2026-01-01",
    ]


def test_the_anchor_of_what_is_in_use_stays_however_old_it_is(data_root, names):
    days = [f"2026-01-{number:02}" for number in range(1, LAST_VERSIONS + 4)]
    for day in days:
        data_root.day(day)
        data_root.model(day, day)
        data_root.put_in_use(day, anchor=None if day == days[0] else days[0])
    gone = names()
    assert not [name for name in gone if days[0] in name]
    assert f"models/{days[1]}" in gone


def test_a_model_that_was_gone_back_to_often_is_one_version(data_root, names):
    days = [f"2026-01-{number:02}" for number in range(1, LAST_VERSIONS + 1)]
    for day in days:
        data_root.model(day)
        data_root.put_in_use(day)
    for _ in range(5):
        data_root.put_in_use(days[-1], "rolled_back")
        data_root.put_in_use(days[-2], "rolled_back")
    assert names() == []


def test_what_a_recent_prediction_was_made_with_stays(data_root, names):
    data_root.day("2026-01-01")
    model = data_root.model("2026-01-01", "2026-01-01")
    rows = data_root.day("2026-02-27")
    data_root.make(data_root.layout.predictions("2026-02-27"), rows, model)
    # the training's report was made from the model, not the other way round
    assert names() == ["reports/train/2026-01-01"]


def test_what_was_never_committed_goes_when_it_is_old(data_root, names):
    (data_root.layout.processed("2026-01-01") / ".staging-x").mkdir(parents=True)
    (data_root.layout.processed("2026-02-27") / ".staging-x").mkdir(parents=True)
    assert names() == ["processed/2026-01-01"]


def test_nothing_is_old_when_something_kept_cannot_be_read(data_root, names):
    data_root.day("2026-01-01")
    recent = data_root.day("2026-02-27")
    (recent / "manifest.json").write_text("{")
    with pytest.raises(DataError, match="2026-02-27"):
        names()


def test_what_is_not_a_days_dataset_is_never_looked_at(data_root, names):
    (data_root.root / "inbox" / "2026-01-01").mkdir(parents=True)
    (data_root.root / "processed" / "notes").mkdir(parents=True)
    assert names() == []


def test_no_day_at_all_is_refused(data_root, names):
    with pytest.raises(UsageError, match="--keep-days: must be at least 1 and at most 739675, got 0"):
        names(0)


@pytest.mark.parametrize("days", ["3000000", "999999999999"])
def test_more_days_than_the_calendar_has_are_refused_in_words(project, capsys, days):
    assert project.run("prune", "--keep-days", days) == 64
    assert "--keep-days: must be at least 1 and at most 7" in capsys.readouterr().err


def test_the_model_that_the_next_rollback_goes_to_stays(project):
    """Four champions, and two rollbacks: those that were in use last are not those that rollbacks go to."""
    project.configure("require = 'not_worse'\nmargin = 0.9\nresamples = 99\n")
    for number, day in enumerate(("2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05"), start=1):
        project.process(day, seed=number)
        model = project.fitted("good")
        model["estimate"].coef_ = model["estimate"].coef_ * (1 + number / 100)
        project.trained(day, model=model)
        assert project.validate(day=day) == 0
    assert [project.run("rollback"), project.run("rollback")] == [0, 0]
    project.layout.champion.unlink()  # the ledger decides which model is champion
    remove(old_datasets(project.root, project.config, 1, date(2026, 6, 1)), project.root)
    assert project.run("rollback") == 0
    assert project.champion.day == "2026-01-02"


def test_a_model_that_waits_for_a_persons_word_stays_until_it_has_it(project):
    project.configure('approval = "manual"\n')
    project.trained("2026-01-02", "good")
    assert project.validate() == 0
    remove(old_datasets(project.root, project.config, 1, date(2026, 6, 1)), project.root)
    assert project.run("refuse", "--day", "2026-01-02") == 80
    assert "models/2026-01-02" in [
        project.layout.name(dataset.path) for dataset in old_datasets(project.root, project.config, 1, date(2026, 6, 1))
    ]


def test_nothing_is_old_when_the_ledger_was_lost(data_root, names):
    data_root.model("2026-01-02")
    data_root.put_in_use("2026-01-02")
    data_root.layout.ledger.unlink()
    with pytest.raises(DataError, match="the ledger was lost"):
        names()


def test_only_what_was_shown_is_removed(data_root, names, config_file):
    data_root.day("2026-01-01")
    data_root.day("2026-02-25")
    remove(old_datasets(data_root.root, load(config_file), 10, TODAY), data_root.root)
    assert names() == []
    assert [path.name for path in (data_root.root / "raw").iterdir()] == ["2026-02-25"]
    assert [path.name for path in (data_root.root / "processed").iterdir()] == ["2026-02-25"]


def test_what_no_step_made_stays_and_is_told(data_root, caplog, config_file):
    old = data_root.day("2026-01-01")
    (old / "part-00000-0123456789ab.parquet").touch()
    (old / ".staging-x").mkdir()
    (old / ".staging-x.lock").touch()
    (old / "notes.txt").write_text("mine")
    remove(old_datasets(data_root.root, load(config_file), 10, TODAY), data_root.root)
    assert [path.name for path in old.iterdir()] == ["notes.txt"]
    assert "processed/2026-01-01: no longer a dataset; no step made notes.txt" in caplog.text
    assert not (data_root.root / "raw").joinpath("2026-01-01").exists()


def test_what_lies_behind_a_link_is_not_removed(data_root, tmp_path_factory, names, config_file):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "kept"
    data_root.day("2026-01-01").rename(elsewhere)
    (data_root.root / "processed" / "2026-01-01").symlink_to(elsewhere)
    assert names() == ["raw/2026-01-01/data"]
    remove(old_datasets(data_root.root, load(config_file), 10, TODAY), data_root.root)
    assert (elsewhere / "manifest.json").exists()


@pytest.fixture
def at_work(data_root):
    """Starts a step of an old day in another process."""
    started = []

    def begin(step):
        words = [sys.executable, "-c", AT_WORK, data_root.root, step]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("step", [*STEPS, "enrich"])
def test_nothing_is_removed_while_a_step_is_at_work(data_root, at_work, step):
    at_work(step)
    with (
        pytest.raises(Occupied, match=f"{step}: is at work, nothing was removed; try again when it has ended"),
        nobody_at_work(data_root.layout, patience=0),
    ):
        pytest.fail("somebody is")


def test_a_step_at_work_is_waited_for_before_anything_is_looked_at(data_root, at_work, config_file):
    """What it has read, or is about to commit, is in no manifest yet."""
    data_root.day("2026-01-01")
    process = at_work("train")
    pruning = subprocess.Popen(
        [sys.executable, "-c", PRUNE, data_root.root, config_file], stdout=subprocess.PIPE, text=True
    )
    with pytest.raises(subprocess.TimeoutExpired):
        pruning.wait(3)
    data_root.put_in_use("2026-01-05")
    data_root.model("2026-01-05", "2026-01-01")
    process.communicate("")
    shown, _ = pruning.communicate(timeout=30)
    assert shown == "0 old datasets, 0.0 MB\n"
    assert (data_root.layout.processed("2026-01-01") / "manifest.json").exists()


def test_no_step_begins_while_datasets_are_removed(data_root):
    with nobody_at_work(data_root.layout):
        words = [sys.executable, "-c", AT_WORK, data_root.root, "preprocess"]
        ended = subprocess.run(words, capture_output=True, text=True, check=False)
        assert "another run is at work" in ended.stderr
    with exclusive_run(data_root.layout, "preprocess", TODAY):
        pass
