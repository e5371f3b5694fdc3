import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from contract.errors import Occupied
from contract.layout import Layout
from contract.lock import exclusive_run, refuse_if_occupied

DAY = date(2026, 1, 3)
HOLDER = """
import sys, time
from datetime import date
from contract.lock import exclusive_run
from contract.layout import Layout
from pathlib import Path
with exclusive_run(Layout(Path(sys.argv[1])), sys.argv[2], date.fromisoformat(sys.argv[3])):
    print("held", flush=True)
    time.sleep(60)
"""

ASKER = """
import os, sys
from datetime import date
from pathlib import Path
from contract.layout import Layout
from contract.lock import refuse_if_occupied
close = os.close
def close_when_told(handle):
    print("asked", flush=True)
    sys.stdin.readline()
    close(handle)
os.close = close_when_told
refuse_if_occupied(Layout(Path(sys.argv[1])), sys.argv[2], date.fromisoformat(sys.argv[3]))
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of train on DAY."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path), "train", DAY.isoformat()],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_run_of_the_same_step_and_day_is_told_to_come_again(holder, tmp_path):
    with (
        pytest.raises(Occupied, match="train 2026-01-03: another run is at work") as raised,
        exclusive_run(Layout(tmp_path), "train", DAY),
    ):
        pass
    assert raised.value.code == 75


def test_other_steps_and_other_days_are_not_held_up(holder, tmp_path):
    with exclusive_run(Layout(tmp_path), "train", date(2026, 1, 4)), exclusive_run(Layout(tmp_path), "predict", DAY):
        pass


def test_the_lock_ends_with_its_holder_even_when_it_is_killed(holder, tmp_path):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with exclusive_run(Layout(tmp_path), "train", DAY):
        pass


def test_who_only_asks_is_told_of_a_run_and_of_its_very_day(holder, tmp_path):
    with pytest.raises(Occupied, match="train 2026-01-03: another run is at work"):
        refuse_if_occupied(Layout(tmp_path), "train", DAY)
    refuse_if_occupied(Layout(tmp_path), "train", date(2026, 1, 2))
    refuse_if_occupied(Layout(tmp_path), "train", date(2026, 1, 4))
    refuse_if_occupied(Layout(tmp_path), "predict", DAY)


def test_who_only_asks_keeps_no_run_out_that_starts_meanwhile(tmp_path):
    with exclusive_run(Layout(tmp_path), "train", date(2026, 1, 4)):
        pass
    asker = subprocess.Popen(
        [sys.executable, "-c", ASKER, str(tmp_path), "train", DAY.isoformat()],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    assert asker.stdout.readline() == "asked\n"
    try:
        with exclusive_run(Layout(tmp_path), "train", DAY):
            pass
    finally:
        asker.communicate("\n")
    assert asker.returncode == 0


def test_a_thousand_days_leave_one_empty_file(tmp_path):
    for ordinal in range(DAY.toordinal(), DAY.toordinal() + 1000):
        with exclusive_run(Layout(tmp_path), "train", date.fromordinal(ordinal)):
            pass
    assert [(path.name, path.stat().st_size) for path in (tmp_path / ".locks").iterdir()] == [("train", 0)]


def test_a_data_root_that_nobody_may_write_to_needs_no_lock(tmp_path, monkeypatch):
    def refused(*args, **kwargs):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "open", refused)
    with exclusive_run(Layout(tmp_path), "train", DAY):
        pass


def test_a_lock_of_somebody_else_in_a_folder_of_ours_keeps_nobody_out_and_so_is_an_error(tmp_path, monkeypatch):
    def refused(*args, **kwargs):
        raise PermissionError(13, "Permission denied", ".locks/train")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(PermissionError), exclusive_run(Layout(tmp_path), "train", DAY):
        pass


def test_an_error_inside_is_not_taken_for_a_lock(tmp_path):
    with pytest.raises(BlockingIOError), exclusive_run(Layout(tmp_path), "train", DAY):
        raise BlockingIOError(11, "something else")
