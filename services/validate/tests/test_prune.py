import subprocess
import sys
from datetime import date
from types import SimpleNamespace

import pytest

from contract.champion import Champion, write_champion
from contract.errors import DataError, Occupied, UsageError
from contract.layout import Layout
from contract.ledger import Line
from contract.lock import exclusive_run
from contract.manifest import Input, Manifest, encode
from validate.champion.ledger import append
from validate.prune import LAST_VERSIONS, STEPS, nobody_at_work, old_datasets, remove

TODAY = date(2026, 3, 1)
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
sys.argv = ["validate", "prune", "--data-root", sys.argv[1], "--keep-days", "10", "--remove"]
sys.exit(main())
"""


@pytest.fixture
def house(tmp_path):
    """A data root in which datasets are made from others; nothing in them but manifests."""
    layout = Layout(tmp_path)

    def make(path, *inputs):
        path.mkdir(parents=True)
        named = [Input(layout.name(each), "0" * 64) for each in inputs]
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
        made = make(layout.model(text), *(layout.processed(each) for each in days))
        make(layout.report("train", text), made)
        return made

    def crown(text, decision="promoted"):
        champion = Champion(day=text, file="f", sha256="0" * 64, manifest="m", sklearn="1")
        append(layout.ledger, Line(decision=decision, why="", day=text, before=None, model=champion, metrics={}))
        write_champion(layout.champion, champion)

    return SimpleNamespace(root=tmp_path, layout=layout, make=make, day=day, model=model, crown=crown)


def names(house, keep_days=10):
    return [house.layout.name(each.path) for each in old_datasets(house.root, keep_days, TODAY)]


def test_old_days_go_and_the_last_ones_stay(house):
    house.day("2026-01-01")
    house.day("2026-02-25")
    assert names(house) == ["processed/2026-01-01", "raw/2026-01-01/data"]


def test_what_the_champion_was_made_from_stays_back_to_the_raw_days(house):
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        house.day(day)
    house.model("2026-01-02", "2026-01-01", "2026-01-02")
    house.crown("2026-01-02")
    assert names(house) == ["processed/2026-01-03", "raw/2026-01-03/data"]


def test_the_ledgers_last_versions_stay_and_earlier_ones_go(house):
    days = [f"2026-01-{number:02}" for number in range(1, LAST_VERSIONS + 2)]
    for day in days:
        house.day(day)
        house.model(day, day)
        house.crown(day)
    gone = names(house)
    assert gone == [
        "models/2026-01-01",
        "processed/2026-01-01",
        "raw/2026-01-01/data",
        "reports/train/2026-01-01",
    ]


def test_a_model_that_was_gone_back_to_often_is_one_version(house):
    days = [f"2026-01-{number:02}" for number in range(1, LAST_VERSIONS + 1)]
    for day in days:
        house.model(day)
        house.crown(day)
    for _ in range(5):
        house.crown(days[-1], "rolled_back")
        house.crown(days[-2], "rolled_back")
    assert names(house) == []


def test_what_a_recent_prediction_was_made_with_stays(house):
    house.day("2026-01-01")
    model = house.model("2026-01-01", "2026-01-01")
    rows = house.day("2026-02-27")
    house.make(house.layout.predictions("2026-02-27"), rows, model)
    # the training's report was made from the model, not the other way round
    assert names(house) == ["reports/train/2026-01-01"]


def test_what_was_never_committed_goes_when_it_is_old(house):
    (house.layout.processed("2026-01-01") / ".staging-x").mkdir(parents=True)
    (house.layout.processed("2026-02-27") / ".staging-x").mkdir(parents=True)
    assert names(house) == ["processed/2026-01-01"]


def test_nothing_is_old_when_something_kept_cannot_be_read(house):
    house.day("2026-01-01")
    recent = house.day("2026-02-27")
    (recent / "manifest.json").write_text("{")
    with pytest.raises(DataError, match="2026-02-27"):
        names(house)


def test_what_is_not_a_days_dataset_is_never_looked_at(house):
    (house.root / "inbox" / "2026-01-01").mkdir(parents=True)
    (house.root / "processed" / "notes").mkdir(parents=True)
    assert names(house) == []


def test_no_day_at_all_is_refused(house):
    with pytest.raises(UsageError, match="--keep-days: must be at least 1, got 0"):
        names(house, 0)


def test_only_what_was_shown_is_removed(house):
    house.day("2026-01-01")
    house.day("2026-02-25")
    remove(old_datasets(house.root, 10, TODAY), house.root)
    assert names(house) == []
    assert [each.name for each in (house.root / "raw").iterdir()] == ["2026-02-25"]
    assert [each.name for each in (house.root / "processed").iterdir()] == ["2026-02-25"]


def test_what_no_step_made_stays_and_is_told(house, caplog):
    old = house.day("2026-01-01")
    (old / "part-00000-0123456789ab.parquet").touch()
    (old / ".staging-x").mkdir()
    (old / "notes.txt").write_text("mine")
    remove(old_datasets(house.root, 10, TODAY), house.root)
    assert [each.name for each in old.iterdir()] == ["notes.txt"]
    assert "processed/2026-01-01: no longer a dataset, but no step made notes.txt" in caplog.text
    assert not (house.root / "raw").joinpath("2026-01-01").exists()


def test_what_lies_behind_a_link_is_not_removed(house, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "kept"
    house.day("2026-01-01").rename(elsewhere)
    (house.root / "processed" / "2026-01-01").symlink_to(elsewhere)
    assert names(house) == ["raw/2026-01-01/data"]
    remove(old_datasets(house.root, 10, TODAY), house.root)
    assert (elsewhere / "manifest.json").exists()


@pytest.fixture
def at_work(house):
    """Starts a step of an old day in another process."""
    started = []

    def begin(step):
        words = [sys.executable, "-c", AT_WORK, house.root, step]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("step", STEPS)
def test_nothing_is_removed_while_a_step_is_at_work(house, at_work, step):
    at_work(step)
    with (
        pytest.raises(Occupied, match=f"{step}: is at work, nothing was removed; try again when it has ended"),
        nobody_at_work(house.layout, patience=0),
    ):
        pytest.fail("somebody is")


def test_a_step_at_work_is_waited_for_before_anything_is_looked_at(house, at_work):
    """What it has read, or is about to commit, is in no manifest yet."""
    house.day("2026-01-01")
    process = at_work("train")
    pruning = subprocess.Popen([sys.executable, "-c", PRUNE, house.root], stdout=subprocess.PIPE, text=True)
    with pytest.raises(subprocess.TimeoutExpired):
        pruning.wait(3)
    house.crown("2026-01-05")
    house.model("2026-01-05", "2026-01-01")
    process.communicate("")
    shown, _ = pruning.communicate(timeout=30)
    assert shown == "0 old datasets, 0.0 MB\n"
    assert (house.layout.processed("2026-01-01") / "manifest.json").exists()


def test_no_step_begins_while_datasets_are_removed(house):
    with nobody_at_work(house.layout):
        words = [sys.executable, "-c", AT_WORK, house.root, "preprocess"]
        ended = subprocess.run(words, capture_output=True, text=True, check=False)
        assert "another run is at work" in ended.stderr
    with exclusive_run(house.layout, "preprocess", TODAY):
        pass
