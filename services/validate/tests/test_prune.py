from datetime import date
from types import SimpleNamespace

import pytest

from contract.champion import Champion, write_champion
from contract.errors import DataError, UsageError
from contract.layout import Layout
from contract.ledger import Line
from contract.manifest import Input, Manifest, encode
from validate.ledger import append
from validate.prune import LAST_VERSIONS, old_datasets, remove

TODAY = date(2026, 3, 1)


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
