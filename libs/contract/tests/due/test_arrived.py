import os

import pytest

from contract.datasets.files import sha256_of
from contract.datasets.manifest import Input
from contract.datasets.observed import Observed
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.due.arrived import has_arrived, inbox_changed
from contract.layout import Layout

DAY = "2026-01-05"
LONG_AGO = 10**9


@pytest.fixture
def layout(tmp_path):
    return Layout(tmp_path)


@pytest.fixture
def inbox(layout):
    path = layout.inbox(DAY)
    path.mkdir(parents=True)
    return path


def commit(layout, path, *files, rows=1, observed=True, at=None, settings=None, notes=None):
    """A raw dataset that was made from files of the inbox."""
    inbox = layout.inbox(path.parent.name)
    inputs = tuple(Input(layout.name(file), sha256_of(file)) for file in files)
    listed = {layout.name(inbox): tuple(sorted(file.name for file in inbox.iterdir()))} if inbox.is_dir() else {}
    recipe = Recipe(
        "generate", path.parent.name, "c0de", settings or {}, inputs, Observed(listed=listed) if observed else None
    )
    with DatasetWriter(path) as writer:
        writer.publish(recipe, {"rows_in": rows, "rows_out": rows, "rejected": 0}, {}, notes)
    if at is not None:
        os.utime(path / "manifest.json", (at, at))


def drop(inbox, name, text="x"):
    (inbox / name).write_text(text)
    return inbox / name


@pytest.mark.parametrize("marker", ["_SUCCESS", "_EMPTY"])
def test_a_day_of_the_inbox_has_come_once_a_marker_says_so(layout, inbox, marker):
    drop(inbox, "a.csv")
    assert not has_arrived(layout, "inbox", DAY)
    drop(inbox, marker, "")
    assert has_arrived(layout, "inbox", DAY)


def test_a_dataset_has_come_once_it_is_committed(layout):
    assert not has_arrived(layout, "raw_data", DAY)
    commit(layout, layout.raw_data(DAY))
    assert has_arrived(layout, "raw_data", DAY)
    assert not has_arrived(layout, "raw_target", DAY)
    commit(layout, layout.raw_target(DAY))
    assert has_arrived(layout, "raw_target", DAY)


def test_a_day_without_rows_waits_for_no_labels(layout):
    commit(layout, layout.raw_data(DAY), rows=0)
    assert has_arrived(layout, "raw_target", DAY)


def test_the_champion_has_come_with_its_pointer(layout):
    assert not has_arrived(layout, "champion", DAY)
    layout.champion.parent.mkdir()
    layout.champion.touch()
    assert has_arrived(layout, "champion", DAY)


def changed(layout):
    return inbox_changed(layout, DAY, layout.raw_data(DAY), layout.raw_target(DAY))


def test_an_inbox_as_it_was_read_has_not_changed(layout, inbox):
    drop(inbox, "_SUCCESS", "")
    commit(layout, layout.raw_data(DAY), drop(inbox, "a.csv"))
    assert changed(layout) is None


def test_labels_beside_the_data_are_a_change_until_they_were_read(layout, inbox):
    drop(inbox, "_SUCCESS", "")
    commit(layout, layout.raw_data(DAY), drop(inbox, "a.csv"))
    labels = drop(inbox, "labels.csv")
    assert changed(layout) == f"inbox/{DAY}: has other files than when it was read"
    # the data has not, and knows nothing of them
    commit(layout, layout.raw_target(DAY), labels)
    assert changed(layout) is None


def test_other_content_by_the_same_name_is_a_change(layout, inbox):
    drop(inbox, "_SUCCESS", "")
    commit(layout, layout.raw_data(DAY), drop(inbox, "a.csv"))
    drop(inbox, "a.csv", "y")
    assert changed(layout) == f"inbox/{DAY}/a.csv: has changed since it was read"


def test_a_file_in_a_folder_of_parts_is_looked_at_too(layout, inbox):
    drop(inbox, "_SUCCESS", "")
    (inbox / "t").mkdir()
    part = drop(inbox / "t", "part-0.csv")
    commit(layout, layout.raw_data(DAY), part, observed=False)
    assert changed(layout) is None
    part.unlink()
    assert changed(layout) == f"inbox/{DAY}/t/part-0.csv: was read, and is not there"


def test_a_file_that_is_older_than_its_dataset_is_not_even_hashed(layout, inbox, monkeypatch):
    drop(inbox, "_SUCCESS", "")
    commit(layout, layout.raw_data(DAY), drop(inbox, "a.csv"), at=2 * (inbox / "a.csv").stat().st_ctime)
    monkeypatch.setattr("contract.due.arrived.sha256_of", lambda path: pytest.fail(f"{path} was hashed"))
    assert changed(layout) is None


def test_what_an_earlier_version_made_is_told_by_its_files_alone(layout, inbox):
    drop(inbox, "_SUCCESS", "")
    commit(layout, layout.raw_data(DAY), drop(inbox, "a.csv"), observed=False)
    assert changed(layout) is None


def test_an_inbox_that_is_not_complete_is_left_alone(layout, inbox):
    commit(layout, layout.raw_data(DAY), drop(inbox, "a.csv"))
    drop(inbox, "b.csv")
    assert changed(layout) is None
