"""The disk and the last backup."""

import json
from datetime import timedelta
from typing import NamedTuple

import pytest
from status_world import NOW

from microstep_airflow.status import storage


class Room(NamedTuple):
    total: int
    used: int
    free: int


def test_the_size_is_that_of_all_files_and_a_link_is_no_way_out(tmp_path):
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "data" / "raw" / "rows").write_bytes(b"x" * 5000)
    (tmp_path / "big").write_bytes(b"x" * 100_000)
    (tmp_path / "data" / "link").symlink_to(tmp_path)
    found = storage.disk(tmp_path / "data", "")
    assert found.data_counted
    assert 5000 <= found.data_bytes < 6000


def test_counting_that_takes_too_long_is_given_up_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "COUNTING", -1)
    found = storage.disk(tmp_path, "")
    assert not found.data_counted
    assert found.text.startswith("data more than 0 B, ")


@pytest.mark.parametrize(("free", "state"), [(50, "ok"), (9, "note"), (2, "bad")])
def test_a_full_disk_is_told_with_what_makes_room(tmp_path, monkeypatch, free, state):
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda _: Room(100, 100 - free, free))
    found = storage.disk(tmp_path, "churn")
    assert found.state == state
    assert found.remedy == ("" if state == "ok" else "make prune KEEP_DAYS=90 PIPELINE=churn")


def test_a_data_root_that_is_not_there_is_unknown(tmp_path):
    found = storage.disk(tmp_path / "none", "")
    assert (found.state, found.text, found.free_bytes) == ("unknown", "cannot be read: No such file or directory", None)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (2_400_000, "2 MB"), (1_240_000_000, "1.2 GB"), (76e9, "76 GB")],
)
def test_amounts_are_short(number, text):
    assert storage.amount(number) == text


def test_a_backup_is_told_with_its_age(tmp_path):
    assert storage.backup(tmp_path, NOW).text == "none was made"
    mark = tmp_path / storage.MARK
    mark.write_text(json.dumps({"made": (NOW - timedelta(days=1)).isoformat(), "folder": "/backups/x"}))
    assert (storage.backup(tmp_path, NOW).state, storage.backup(tmp_path, NOW).folder) == ("ok", "/backups/x")
    old = storage.backup(tmp_path, NOW + timedelta(days=9))
    assert (old.state, old.text, old.remedy) == ("note", "2026-01-09 07:00 UTC, 10 days ago", "make backup")
    mark.write_text('{"made": ')
    assert storage.backup(tmp_path, NOW).state == "unknown"
