"""Both sides as processes on one machine, and directories that lack something."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from shared_directory import check, files, locks, talk
from shared_directory.deeds import Side
from shared_directory.pair import LackingError, Pair
from shared_directory.properties import PROPERTIES
from shared_directory.talk import SilentError, Talk, put
from shared_directory.ways_out import kind_of, way_out

OPS = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "shared_directory.check"]


def start(directory, *more):
    environment = {**os.environ, "PYTHONPATH": str(OPS)}
    words = [*COMMAND, f"--dir={directory}", *more]
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_local_directory_does_it_all_which_says_nothing_about_two_machines(tmp_path):
    first = start(tmp_path)
    place, command = first.stdout.readline(), first.stdout.readline()
    assert place.startswith(f"{tmp_path}: ")
    assert "now type on the other machine: make check-shared JOIN=" in command
    second = start(tmp_path, f"--join={command.split('JOIN=')[1].split()[0]}")
    said, error = first.communicate(timeout=60)
    assert (first.returncode, second.wait(60)) == (0, 0), said + error
    assert [line.split(":")[0] for line in said.splitlines() if line.startswith("ok")] == [
        f"ok     {each.name}" for each in PROPERTIES
    ]
    assert "both sides are one machine: this says nothing about two" in said
    assert [*tmp_path.iterdir()] == [], "nothing is left"


def test_another_directory_than_the_first_sides_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(Side, "do_await", lambda *_: False)
    with pytest.raises(SystemExit) as ended:
        check.join(tmp_path, "abc123")
    assert ended.value.code == 66
    assert "is another directory than on the first machine" in capsys.readouterr().err


def test_who_waits_for_nobody_says_so_and_leaves_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(check, "_COMES_WITHIN", 0.1)
    with pytest.raises(SystemExit) as ended:
        check.begin(tmp_path, dead=False)
    assert ended.value.code == 75
    assert "nobody came within 0 s" in capsys.readouterr().err
    assert [*tmp_path.iterdir()] == []


def test_the_other_side_ends_when_the_first_has_ended(tmp_path):
    with pytest.raises(SilentError, match="the other side has ended"):
        Talk(tmp_path / "gone", "second", "first").hear(60)


@pytest.fixture
def pair(tmp_path, request):
    """Two sides in one process, the second one in a thread; `there` and `here` are what the two are made of."""
    there = getattr(request, "param", Side)(tmp_path)
    answers = Talk(tmp_path, "second", "first")

    def answer():
        while (asked := answers.hear(60))["does"] != "end":
            answers.say(came=there.do(**asked))

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    made = Pair(Side(tmp_path), Talk(tmp_path, "first", "second"))
    yield made
    made.there.say(does="end")
    thread.join(60)


class Forgetful(Side):
    """Its file system remembers what it has read once."""

    def do_read(self, name):
        self.known = getattr(self, "known", {})
        return self.known.setdefault(name, super().do_read(name))


class Unlocked(Side):
    """Its locks hold on its own machine alone."""

    def do_lock(self, name, kind, byte=7):
        super().do_lock(f"{name}.own", kind, byte)
        return "held"

    def do_unlock(self, name):
        pass


class Lockless(Side):
    """Its file system knows no locks."""

    def do_lock(self, name, kind, byte=7):
        return "refused: No locks available"


class Torn(Side):
    """It finds halves."""

    def do_watch(self, name, seconds):
        return {"reads": 9, "versions": 3, "missing": 1, "torn": 2}


class Twice(Side):
    """It makes what is there."""

    def do_create(self, name, rounds):
        return [*range(rounds)]


@pytest.mark.parametrize(
    ("pair", "holds", "seen"),
    [
        (Forgetful, files.is_read_as_replaced, "of version 1 the other side read '0'"),
        (Forgetful, files.is_read_as_grown, "one side read 1, holding the lock"),
        (Torn, files.is_whole_while_replaced, "of 9 reads 1 found no file and 2 a torn one"),
        (Twice, files.is_made_once, "both sides made"),
        (Unlocked, locks.excludes("flock"), "from here: the other side got it, too"),
        (Unlocked, locks.excludes("lockf"), "from here: the other side got it, too"),
        (Lockless, locks.excludes("lockf"), "from here: refused: No locks available"),
        (Unlocked, locks.waits, "given while the other side held it"),
    ],
    indirect=["pair"],
)
def test_what_lacks_is_told_by_what_was_seen(pair, holds, seen, monkeypatch):
    monkeypatch.setattr(files, "_WATCHED", 0.2)
    with pytest.raises(LackingError, match=seen):
        holds(pair)


def test_a_file_that_is_seen_late_lacks(pair, monkeypatch):
    monkeypatch.setattr(files, "SEEN_WITHIN", 0.0)
    with pytest.raises(LackingError, match="seen after .* there and back"):
        files.is_seen_at_once(pair)


def test_a_lock_that_outlives_its_process_lacks(pair, monkeypatch):
    monkeypatch.setattr(locks, "FREED_WITHIN", 0.3)
    monkeypatch.setattr(Side, "do_kill_holder", lambda *_, **__: None)
    with pytest.raises(LackingError, match="flock: not free 0 s after its holder was killed"):
        locks.ends_with_its_holder(pair)
    for holder in pair.here._holders.values():
        holder.kill()


@pytest.mark.parametrize(
    ("kind", "subject", "words"),
    [
        ("fuse.mfs", "dead", "SESSION_SUSTAIN_TIME = 120"),
        ("nfs4", "locks", "local_lock=none"),
        ("nfs", "visible", "lookupcache=none"),
        ("fuse.sshfs", "locks", "sshfs has no locks"),
        ("fuse.mfs", "rename", "whose rename is atomic"),
        ("ext4", "visible", "entry_timeout=0"),
    ],
)
def test_the_way_out_is_that_of_the_file_system(kind, subject, words):
    assert words in way_out(subject, kind)


def test_each_property_has_a_way_out_on_every_file_system():
    for each in PROPERTIES:
        for kind in ("ext4", "nfs4", "fuse.mfs", "ceph", "cifs", "fuse"):
            assert way_out(each.subject, kind)


def test_the_file_system_is_that_of_the_deepest_mount(tmp_path):
    table = tmp_path / "mountinfo"
    table.write_text(
        "21 1 254:0 / / rw - ext4 /dev/vda rw\n"
        "22 21 0:50 / /srv/my\\040data rw - fuse mfs#10.0.0.1:9421 rw\n"
        "23 21 0:51 / /srv/my rw - nfs4 server:/ rw\n"
    )
    assert kind_of(Path("/srv/my data/microstep"), table) == ("fuse.mfs", "/srv/my data")
    assert kind_of(Path("/srv/my/x"), table) == ("nfs4", "/srv/my")
    assert kind_of(Path("/srv/mine"), table) == ("ext4", "/")


def test_a_word_is_whole_when_it_is_there(tmp_path):
    talk.put(tmp_path / "word", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["word"]
    put(tmp_path / "word", "anew")
    assert (tmp_path / "word").read_text() == "anew"
