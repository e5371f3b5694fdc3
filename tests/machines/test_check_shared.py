"""`make check-shared` between two machines: on a real file system, on one whose locks are off, by mistake on two directories."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from harness.machine import environment
from stage import ROOT

COMMAND = (sys.executable, "-m", "shared_directory.check")


class Begun:
    """The first side, on machine a."""

    def __init__(self, world, directory, *more):
        self.words = world.machines["a"].words(*COMMAND, f"--dir={directory}", *more)
        self.process = subprocess.Popen(
            self.words, env=environment({"PYTHONPATH": str(ROOT / "ops")}), stdout=subprocess.PIPE, text=True
        )
        self.said = ""
        self.token = self.wait_for(r"JOIN=(\w+)")[1]

    def wait_for(self, pattern):
        while not (match := re.search(pattern, self.said)):
            line = self.process.stdout.readline()
            assert line, f"it ended before {pattern}:\n{self.said}"
            self.said += line
        return match

    def interrupt(self):
        """As Ctrl-C on that machine does; the process that entered it would pass nothing on."""
        pid = self.process.pid
        os.kill(int(Path(f"/proc/{pid}/task/{pid}/children").read_text()), signal.SIGINT)

    def ended(self):
        rest, _ = self.process.communicate(timeout=400)
        self.said += rest
        return self.process.returncode


def join(world, directory, token, machine="b"):
    """The second side, typed on the other machine."""
    variables = {"PYTHONPATH": str(ROOT / "ops")}
    return world.machines[machine].run(*COMMAND, f"--dir={directory}", f"--join={token}", variables=variables)


@pytest.fixture
def directory(machines):
    folder = machines.shared / "checked"
    machines.seen("a", folder).mkdir(exist_ok=True)
    yield folder
    assert [*machines.seen("a", folder).iterdir()] == [], "nothing is left of a check"


def test_a_file_system_with_all_of_it_passes(machines, directory):
    first = Begun(machines, directory)
    second = join(machines, directory, first.token)
    assert (first.ended(), second.returncode) == (0, 0), first.said + second.stderr
    assert first.said.count("\nok     ") == 10
    assert "not tried: the locks of a machine that dies" in first.said
    print(first.said)


def test_a_file_system_whose_locks_hold_on_one_machine_alone_is_told_with_the_way_out(machines, directory):
    without = Path(f"{machines.shared}-without-locks")
    without.mkdir()
    for machine in machines.machines.values():
        machines.store.mount(machine, without, "mfsnobsdlocks", "mfsnoposixlocks")
    first = Begun(machines, without / "checked")
    join(machines, without / "checked", first.token)
    assert first.ended() == 78, first.said
    for kind in ("a whole file excludes (flock)", "one byte excludes (lockf)"):
        assert f"LACKS  a lock of {kind}: from here: the other side got it, too" in first.said
    assert "without it: two machines would do the same step and day at once" in first.said
    assert "way out: mount it without mfsnoposixlocks and mfsnobsdlocks" in first.said
    assert "ok     a new file is seen at once" in first.said


def test_two_directories_by_mistake_are_told_apart(machines, directory):
    first = Begun(machines, directory)
    own = machines.machines["b"].state / "own"
    own.mkdir()
    second = join(machines, own, first.token)
    assert second.returncode == 66
    assert "is another directory than on the first machine" in second.stderr
    first.interrupt()
    assert first.ended() == 130, "and its folder goes with it"


def test_the_locks_of_a_machine_that_is_cut_off_are_given_up_and_timed(machines, directory):
    first = Begun(machines, directory, "--dead")
    second = threading.Thread(target=join, args=(machines, directory, first.token))
    second.start()
    try:
        first.wait_for("now cut the other machine off")
        machines.machines["b"].power_off()
        assert first.ended() == 0, first.said
        times = re.findall(r"ok     a lock ends with its machine \((\w+)\): (\d+) s", first.said)
        assert [kind for kind, _ in times] == ["flock", "lockf"]
        print(first.said)
    finally:
        second.join()
        machines.power_on("b")
