"""Real child processes, and starters that end in every way there is."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import kept
import pytest

TOOLS = Path(__file__).resolve().parents[1]
# a server as Airflow is one: a child in its group, one in a session of its own that does not want to end, an orphan
SERVER = """
import os, signal, subprocess, sys, time
stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"
orphan = "import subprocess as s; print(s.Popen(['sleep', '300'], stdout=s.DEVNULL, start_new_session=True).pid)"
pids = [os.getpid(), subprocess.Popen(["sleep", "300"]).pid]
pids.append(subprocess.Popen([sys.executable, "-c", stubborn], start_new_session=True).pid)
pids.append(int(subprocess.run([sys.executable, "-c", orphan], stdout=subprocess.PIPE).stdout or 0))
print(*pids, flush=True)
time.sleep(float(sys.argv[1]))
"""
STARTER = """
import sys, time, kept
with kept.Kept(sys.argv[1:], patience=1):
    time.sleep(300)
"""


def server(seconds="300"):
    return [sys.executable, "-c", SERVER, seconds]


def alive(pids):
    living = []
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):  # the second when it goes between opening and reading
            continue
        if state != "Z":
            living.append(pid)
    return living


def wait_until_gone(pids, seconds=20):
    end = time.monotonic() + seconds
    while alive(pids) and time.monotonic() < end:
        time.sleep(0.05)
    return not alive(pids)


def pids_of(line):
    pids = [int(word) for word in line.split()]
    assert len(pids) == 4
    assert alive(pids) == pids
    return pids


@pytest.fixture
def starter():
    """A process that keeps a server, and the pids of all that belongs to the server."""

    def heed_signals():  # a test run that was sent to the background ignores some, and its children with it
        for number in (signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)

    process = subprocess.Popen(
        [sys.executable, "-c", STARTER, *server()],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(TOOLS)}, preexec_fn=heed_signals,  # noqa: PLW1509
    )  # fmt: skip
    pids = pids_of(process.stdout.readline())
    yield process, pids
    process.kill()
    process.wait()
    process.stdout.close()
    for pid in alive(pids):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc")
class TestTheEndOfAStarter:
    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGSEGV])
    def test_ends_everything_below_it_whatever_ended_it(self, starter, number):
        process, pids = starter
        process.send_signal(number)
        assert wait_until_gone(pids), alive(pids)

    def test_a_server_that_ends_by_itself_leaves_nothing_behind(self):
        with kept.Kept(server("0.5"), output=subprocess.PIPE, patience=1) as child:
            pids = pids_of(child.process.stdout.readline().decode())
            assert child.process.wait(20) == 0
            assert alive(pids) == []
            child.process.stdout.close()

    def test_a_keeper_that_was_killed_leaves_no_server_in_its_group(self):
        with kept.Kept(["sleep", "300"]) as child:
            time.sleep(0.5)
            listed = subprocess.run(
                ["ps", "-o", "pid=", "-g", str(child.process.pid)], capture_output=True, text=True, check=True
            )
            pids = [int(word) for word in listed.stdout.split()]
            child.process.kill()
        assert len(pids) == 2
        assert wait_until_gone(pids)

    def test_what_must_be_held_is_held_by_the_keeper(self, tmp_path):
        with (tmp_path / "lock").open("w") as lock, kept.Kept(["sleep", "300"], hold=[lock.fileno()]) as child:
            assert Path(f"/proc/{child.process.pid}/fd/{lock.fileno()}").readlink() == tmp_path / "lock"


@pytest.mark.parametrize(("words", "code"), [(["true"], 0), (["false"], 1), (["sh", "-c", "kill -9 $$"], 137)])
def test_a_command_ends_with_its_own_code(words, code):
    assert kept.run(words) == code
