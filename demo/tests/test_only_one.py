import fcntl
import os
import subprocess
import sys
from pathlib import Path

import only_one
import pytest

TOOLS = Path(__file__).resolve().parents[1]
HOLDER = """
import pathlib, sys, time
from only_one import only_one
with only_one(pathlib.Path(sys.argv[1]), "make ui"):
    print("held", flush=True)
    time.sleep(300)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path / "lock"],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(TOOLS)},
    )  # fmt: skip
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_second_is_told_who_the_first_is_and_how_to_stop_it(holder, tmp_path):
    with pytest.raises(only_one.Occupied) as raised, only_one.only_one(tmp_path / "lock", "make demo"):
        pass
    assert str(raised.value) == (
        f"`make ui` (process {holder.pid}) is using {tmp_path}/, which one may at a time. "
        f"Stop it first: Ctrl-C where it runs, or: kill {holder.pid}"
    )


def test_the_lock_of_a_holder_that_was_killed_is_free(holder, tmp_path):
    holder.kill()
    holder.wait()
    with only_one.only_one(tmp_path / "lock", "make demo"):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()} make demo"


def test_servers_that_outlive_their_holder_are_waited_for_and_then_told(holder, tmp_path, monkeypatch):
    monkeypatch.setattr(only_one, "WAIT_SECONDS", 0.3)
    (tmp_path / "late").write_text(f"{holder.pid} make ui")
    holder.kill()
    holder.wait()
    with (tmp_path / "late").open() as servers:
        fcntl.flock(servers, fcntl.LOCK_EX)
        with (
            pytest.raises(only_one.Occupied, match=rf"late: `make ui` \(process {holder.pid}\) has ended, but servers"),
            only_one.only_one(tmp_path / "late", "make demo"),
        ):
            pass
