"""Writers and sweepers of one dataset, in processes of their own."""

import errno
import fcntl
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from contract.datasets.publish import DatasetWriter
from contract.datasets.staging import at_work, stage, sweep, unstage

SLOW = """
    import fcntl, sys, time
    from pathlib import Path
    from contract.datasets import staging

    real = fcntl.flock

    def flock(handle, kind):  # the lock that was just made
        if not Path(sys.argv[2]).exists():
            Path(sys.argv[2]).touch()
            time.sleep(1)
        real(handle, kind)

    staging.fcntl.flock = flock
    made, _ = staging.stage(Path(sys.argv[1]))
    print(made)
    sys.stdin.read()
"""

BUSY = """
    import sys
    from pathlib import Path
    from contract.datasets.staging import sweep
    from contract.datasets.publish import DatasetWriter

    for turn in range(200):
        with DatasetWriter(Path(sys.argv[1])) as writer:
            writer.file("live", "live.json").write_text("{}")
            sweep(Path(sys.argv[1]))
"""


def python(program, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_lock_that_is_swept_between_its_making_and_its_holding_is_made_again(tmp_path):
    dataset, made = tmp_path / "d", tmp_path / "made"
    writer = python(SLOW, dataset, made)
    while not made.exists():
        assert writer.poll() is None, writer.stderr.read()
        time.sleep(0.01)
    (first,) = dataset.iterdir()
    sweep(dataset)
    assert list(dataset.iterdir()) == []
    staging = Path(writer.stdout.readline().strip())
    assert staging.is_dir()
    assert first.name != f"{staging.name}.lock"
    assert sweep(dataset) == [], "its writer lives"
    assert staging.is_dir()
    writer.communicate(timeout=30)
    assert sweep(dataset) == [staging], "its writer is dead by now"
    assert list(dataset.iterdir()) == []


@pytest.mark.parametrize(
    "remembered",
    ["name", "file"],
    ids=["the directory's entries", "the open file"],
)
def test_a_swept_lock_is_known_whichever_of_the_two_the_file_system_remembers(tmp_path, monkeypatch, remembered):
    """Of two machines, the other one swept: this one's kernel may still have the name, or the file, from before."""
    if remembered == "name":
        monkeypatch.setattr(Path, "exists", lambda _: True)
    else:
        (tmp_path / "kept").mkdir()
    swept, real = [], fcntl.flock

    def flock(handle, kind):
        if not swept:
            swept.extend((tmp_path / "d").iterdir())
            if remembered == "file":
                os.link(swept[0], tmp_path / "kept" / "file")
            swept[0].unlink()
        real(handle, kind)

    monkeypatch.setattr(fcntl, "flock", flock)
    staging, lock = stage(tmp_path / "d")
    assert f"{staging.name}.lock" != swept[0].name
    unstage(staging, lock)
    assert list((tmp_path / "d").iterdir()) == []


def test_what_cannot_be_made_leaves_no_lock(tmp_path, monkeypatch):
    def full(path, **options):
        if path.name.startswith(".staging-"):
            raise OSError(errno.ENOSPC, "full")
        real(path, **options)

    real = Path.mkdir
    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(OSError, match="full"):
        stage(tmp_path / "d")
    assert list((tmp_path / "d").iterdir()) == []


def test_the_lock_is_open_for_writing_since_nfs_locks_no_other(tmp_path, monkeypatch):
    modes, real = [], fcntl.flock
    monkeypatch.setattr(
        fcntl,
        "flock",
        lambda handle, kind: (modes.append(fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE), real(handle, kind))[1],
    )
    with DatasetWriter(tmp_path / "d"):
        assert at_work(tmp_path / "d")
    assert modes == [os.O_RDWR] * 3, "its own, its sweep's look at it, and the question"


def test_what_an_earlier_version_left_is_swept_unless_its_writer_lives(tmp_path):
    """It locked the staging directory itself."""
    old = tmp_path / "d" / ".staging-old"
    old.mkdir(parents=True)
    handle = os.open(old, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    assert at_work(tmp_path / "d")
    assert sweep(tmp_path / "d") == []
    os.close(handle)
    assert not at_work(tmp_path / "d")
    assert sweep(tmp_path / "d") == [old]


def test_a_lock_whose_writer_was_killed_before_it_had_a_directory_is_swept(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / ".staging-x.lock").touch()
    assert not at_work(tmp_path / "d")
    assert sweep(tmp_path / "d") == []
    assert list((tmp_path / "d").iterdir()) == []


def test_writers_that_come_and_go_at_once_do_not_take_each_others_files(tmp_path):
    both = [python(BUSY, tmp_path / "d") for _ in range(2)]
    assert [process.communicate(timeout=60)[1] for process in both] == ["", ""]
    assert not (tmp_path / "d").exists()


def test_a_directory_that_goes_while_a_writer_begins_is_made_again(tmp_path, monkeypatch):
    dataset, real = tmp_path / "d", Path.mkdir
    gone = []

    def mkdir(path, **options):
        real(path, **options)
        if path == dataset and not gone:
            gone.append(path)
            path.rmdir()

    monkeypatch.setattr(Path, "mkdir", mkdir)
    assert stage(dataset)[0].is_dir()
    assert gone == [dataset]


def test_a_file_in_place_of_a_dataset_is_an_error_of_the_system(tmp_path):
    (tmp_path / "d").write_text("mine")
    with pytest.raises(FileExistsError):
        stage(tmp_path / "d")


def test_a_dataset_is_at_work_as_long_as_its_writer_lives(tmp_path):
    dataset = tmp_path / "d"
    assert not at_work(dataset)
    with DatasetWriter(dataset):
        assert at_work(dataset)
    assert not at_work(dataset)
    left = python("import sys; from contract.datasets.staging import *; stage(Path(sys.argv[1]))", dataset)
    assert left.communicate(timeout=30)[1] == ""
    assert list(dataset.iterdir()) != []
    assert not at_work(dataset)
