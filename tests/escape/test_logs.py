"""A step's log comes through the proxy complete: nothing lost, nothing doubled, in order, byte by byte."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest
from bodies import NAME, PLAIN
from conftest import PROXY, removed
from engine import SOCKET, docker, request, send

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venvs" / "airflow" / "bin" / "python"


@pytest.fixture
def container(proxy, checkout):
    """Makes a step's container that runs a program of the test instead of the step; returns its id."""

    def make(program):
        body = PLAIN | {"Entrypoint": ["python", "-c", "import itertools, os, sys, time\n" + program], "Cmd": []}
        raw = json.dumps(body).replace("/srv/microstep", str(checkout)).encode()
        answer = send(SOCKET, request("POST", f"/v1.45/containers/create?name={NAME}", raw))
        assert answer.status == 201, answer.raw
        return answer.json["Id"]

    yield make
    removed(NAME)


@pytest.fixture
def follow(proxy):
    """Starts the client of the steps on a container, as its task does."""
    started = []

    def run(container, start="start"):
        paths = os.pathsep.join([str(ROOT / "airflow"), str(ROOT / "libs" / "contract")])
        command = [PYTHON, Path(__file__).with_name("follow.py"), f"tcp://{proxy[0]}:{proxy[1]}", container, start]
        # without a buffer, so that `communicate` goes on where a read has stopped
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "bufsize": 0}
        client = subprocess.Popen(command, **pipes, env=os.environ | {"PYTHONPATH": paths})
        started.append(client)
        return client

    yield run
    for client in started:
        client.kill()
        client.wait()


def result(client):
    """The log and the container's exit code."""
    log, errors = client.communicate(timeout=120)
    assert client.returncode == 0, errors.decode()
    return log, int(errors.split()[-1])


def first_lines(client):
    """The beginning of the log, read while the container still prints."""
    log = b""
    while log.count(b"\n") < 200:
        part = client.stdout.read(1000)
        assert part, client.stderr.read().decode()
        log += part
    return log


def numbered(count):
    return b"".join(b"%d\n" % number for number in range(count))


def begins_the_numbers(log):
    """Whether these are the lines 0, 1, 2 … as far as they go, the last one perhaps cut."""
    return numbered(log.count(b"\n") + 1).startswith(log.rpartition(b"\n")[0] + b"\n")


COMPLETE = {
    "100,000 fast lines": (
        "sys.stdout.writelines(f'{number}\\n' for number in range(100_000))",
        numbered(100_000),
    ),
    "no line end at the end": ("sys.stdout.write('first\\nlast')", b"first\nlast"),
    "carriage returns and empty lines": ("os.write(1, b'\\r1 %\\r2 %\\r\\n\\n\\n\\rx')", b"\r1 %\r2 %\r\n\n\n\rx"),
    "lines of a megabyte": (
        "sys.stdout.writelines(str(number) * 1_000_000 + '\\n' for number in range(5))",
        b"".join(b"%d" % number * 1_000_000 + b"\n" for number in range(5)),
    ),
    # the engine cuts long lines into parts of 16 KiB, here in the middle of a character
    "a long line of long characters": ("sys.stdout.write('x' + 'é' * 100_000)", b"x" + "é".encode() * 100_000),
    "what is no UTF-8": ("os.write(1, b'a\\xff\\xfe\\x00b\\n')", b"a\xff\xfe\x00b\n"),
    "an end at once": ("print('done')", b"done\n"),
    "no output at all": ("", b""),
    "a silence longer than the client's timeout": ("print(1, flush=True); time.sleep(7); print(2)", b"1\n2\n"),
}


@pytest.mark.parametrize("case", COMPLETE)
def test_every_byte_arrives_once_and_in_order(container, follow, case):
    program, expected = COMPLETE[case]
    log, exit_code = result(follow(container(program)))
    assert log == expected
    assert exit_code == 0


def test_output_and_errors_each_keep_their_order(container, follow):
    program = "for number in range(10_000): os.write(1, b'o%d\\n' % number); os.write(2, b'e%d\\n' % number)"
    lines = result(follow(container(program)))[0].splitlines()
    for stream in (b"o", b"e"):
        assert [line for line in lines if line.startswith(stream)] == [b"%s%d" % (stream, n) for n in range(10_000)]
    assert len(lines) == 20_000


PRINTS_FOR_EVER = "for number in itertools.count(): os.write(1, b'%d\\n' % number); time.sleep(0.001)"


@pytest.mark.parametrize(("command", "code"), [("kill", 137), ("stop", 143)])
def test_what_was_printed_before_a_container_was_ended_arrives(container, follow, command, code):
    own = container(PRINTS_FOR_EVER)
    client = follow(own)
    first = first_lines(client)
    docker(command, own)
    log, exit_code = result(client)
    assert begins_the_numbers(first + log)
    assert exit_code == code
    engines = docker("logs", own).encode() + b"\n"
    assert (first + log).splitlines() == engines.splitlines()


def test_a_log_that_breaks_off_is_an_error_and_the_next_try_reads_it_from_the_beginning(container, follow):
    own = container("for number in range(5000): os.write(1, b'%d\\n' % number); time.sleep(0.001)")
    client = follow(own)
    first = first_lines(client)
    docker("restart", "--time=1", PROXY)
    rest, errors = client.communicate(timeout=60)
    assert client.returncode == 1
    assert f"the log of {own[:12]} broke off" in errors.decode()
    assert begins_the_numbers(first + rest)
    time.sleep(1)
    assert result(follow(own, "adopt")) == (numbered(5000), 0)
