"""Writers and sweepers of one dataset, in processes of their own."""

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from contract.datasets.publish import DatasetWriter
from contract.datasets.staging import at_work, stage, sweep

SLOW = """
    import fcntl, sys, time
    from pathlib import Path
    from contract.datasets import staging

    real = fcntl.flock

    def flock(handle, kind):
        if kind == fcntl.LOCK_EX:  # the lock of the staging directory that was just made
            Path(sys.argv[2]).touch()
            time.sleep(1)
        real(handle, kind)

    staging.fcntl.flock = flock
    made, _ = staging.stage(Path(sys.argv[1]))
    print(made.is_dir())
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
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_staging_directory_is_not_swept_between_its_making_and_its_lock(tmp_path):
    dataset, made = tmp_path / "d", tmp_path / "made"
    writer = python(SLOW, dataset, made)
    while not made.exists():
        assert writer.poll() is None, writer.stderr.read()
        time.sleep(0.01)
    assert list(dataset.iterdir()) != []
    assert sweep(dataset) == []
    assert writer.communicate(timeout=30)[0] == "True\n"
    assert len(sweep(dataset)) == 1, "its writer is dead by now"


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
