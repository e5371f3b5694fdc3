import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import stack_id


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def volume(tmp_path):
    (tmp_path / "volume").mkdir()
    return tmp_path / "volume"


def ids(data, volume):
    return stack_id.read_text(data / ".stack").strip(), stack_id.read_mark(stack_id.read_text(volume / "stack")).stack


def test_the_first_start_gives_both_sides_one_id_and_later_ones_keep_it(data, volume):
    assert stack_id.main(data, volume, "/srv/a") == 0
    (own, theirs) = ids(data, volume)
    assert own == theirs != ""
    times = [path.stat().st_mtime_ns for path in (data / ".stack", volume / "stack")]
    assert stack_id.main(data, volume, "/srv/a") == 0
    assert [path.stat().st_mtime_ns for path in (data / ".stack", volume / "stack")] == times
    assert [path.name for path in [*data.iterdir(), *volume.iterdir()]] == [".stack", "stack"]


def test_data_with_an_id_takes_new_volumes_under_the_same_one(data, volume):
    (data / ".stack").write_text("0123456789ab\n")
    assert stack_id.main(data, volume, "/srv/a") == 0
    assert ids(data, volume) == ("0123456789ab", "0123456789ab")


def test_a_checkout_that_was_moved_is_the_same_one_and_its_new_place_is_noted(data, volume):
    stack_id.main(data, volume, "/srv/a")
    assert stack_id.main(data, volume, "/srv/b") == 0
    assert stack_id.read_mark((volume / "stack").read_text()).home == "/srv/b"


@pytest.fixture
def copied(data, volume):
    """The data/ of a checkout that was copied with it, while the first one's volumes are there."""
    stack_id.main(data, volume, "/srv/a")
    return shutil.copytree(data, data.with_name("copy"))


def test_a_copy_is_refused_with_ways_out_and_nothing_is_written(copied, volume, capsys):
    before = (volume / "stack").read_text()
    assert stack_id.main(copied, volume, "/srv/copy") == 78
    words = capsys.readouterr().err
    assert "that of /srv/a: a copy, or moved to another disk" in words
    assert "MICROSTEP_MOVED=true docker compose up" in words
    assert (volume / "stack").read_text() == before


def test_who_knows_that_it_was_moved_to_another_disk_is_believed_and_need_not_say_it_again(copied, volume):
    words = [sys.executable, stack_id.__file__, copied, volume, "/srv/copy"]
    assert subprocess.run(words, check=False, env=os.environ | {"MICROSTEP_MOVED": "true"}).returncode == 0
    assert subprocess.run(words, check=False, env=os.environ | {"MICROSTEP_MOVED": ""}).returncode == 0


def test_data_that_went_to_another_disk_under_its_old_path_is_the_same_one(copied, volume):
    assert stack_id.main(copied, volume, "/srv/a") == 0


def test_a_mark_of_an_earlier_version_says_nothing_of_the_folder(copied, volume):
    mark = stack_id.read_mark((volume / "stack").read_text())
    (volume / "stack").write_text(f"{mark.stack}\n{mark.home}\n")
    assert stack_id.main(copied, volume, "/srv/b") == 0
    assert stack_id.read_mark((volume / "stack").read_text()) == (mark.stack, "/srv/b", str(copied.stat().st_ino))


@pytest.mark.parametrize("own", ["", "ba9876543210"])
def test_volumes_of_another_data_root_are_refused_with_both_ways_out_and_nothing_is_written(data, volume, capsys, own):
    (volume / "stack").write_text("0123456789ab\n/srv/a\n")
    if own:
        (data / ".stack").write_text(own)
    assert stack_id.main(data, volume, "/srv/b") == 78
    words = capsys.readouterr().err
    assert "type: make -C /srv/a up (or" in words
    assert "echo 0123456789ab > data/.stack" in words
    assert ids(data, volume) == (own, "0123456789ab")


def test_the_way_out_for_data_that_was_replaced_works(data, volume, capsys):
    (volume / "stack").write_text("0123456789ab\n/srv/a\n")
    assert stack_id.main(data, volume, "/srv/a") == 78
    words = capsys.readouterr().err
    assert "put that one back" in words
    command = words.rpartition("type: ")[2].partition(" (")[0]
    subprocess.run(["sh", "-c", command], cwd=data.parent, check=True)
    assert stack_id.main(data, volume, "/srv/a") == 0


def test_a_start_that_was_killed_between_the_two_sides_goes_on_at_the_next_one(data, volume, monkeypatch):
    real = stack_id.write

    def killed(file, text):
        if file.parent == volume:
            raise KeyboardInterrupt
        real(file, text)

    monkeypatch.setattr(stack_id, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        stack_id.main(data, volume, "/srv/a")
    monkeypatch.undo()
    own = ids(data, volume)[0]
    assert stack_id.main(data, volume, "/srv/a") == 0
    assert ids(data, volume) == (own, own)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
def test_the_id_in_data_belongs_to_the_owner_of_data(volume):
    with tempfile.TemporaryDirectory() as open_to_all:  # pytest's own folders are root's alone
        Path(open_to_all).chmod(0o755)
        data = Path(open_to_all) / "data"
        data.mkdir()
        os.chown(data, 1234, 4321)
        data.chmod(0o700)
        stack_id.main(data, volume, "/srv/a")
        status = (data / ".stack").stat()
        assert (status.st_uid, status.st_gid, (volume / "stack").stat().st_uid) == (1234, 4321, 0)


def test_an_id_that_cannot_be_written_is_told_in_words(tmp_path, volume):
    words = [sys.executable, stack_id.__file__, tmp_path / "nowhere", volume, "/srv/a"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 73
    assert done.stderr.startswith("data/.stack, the id of the stack, cannot be read or written: ")


def test_no_whole_stack_starts_on_the_volumes_of_a_machine_of_another_head(data, volume, capsys):
    """`docker compose up` on a machine that takes part: a second head would schedule the same days in the same data/."""
    (volume / "cluster").mkdir()
    (volume / "cluster/machine.json").write_text('{"machine": "b", "head": "10.0.0.11"}')
    assert stack_id.main(data, volume, "/srv/a", vouched=True) == 78
    words = capsys.readouterr().err
    assert "is that of the machine b, and the head of its stack is 10.0.0.11" in words
    assert "make worker DOWN=1" in words
    assert not (data / ".stack").exists()
    assert not (volume / "stack").exists()
