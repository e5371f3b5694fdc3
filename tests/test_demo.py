"""`make demo` as a new user runs it: a fresh copy, nothing but Python and make, twice; then `make ui`, ended in all ways."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from end_to_end.stack import copy_checkout

BESIDE = int(os.environ.get("MICROSTEP_TEST_BESIDE", "1"))
"""Suites that share the machine: what is promised is promised of a machine that does nothing else."""
FIRST_SECONDS = 300 * BESIDE
AGAIN_SECONDS = 120 * BESIDE


def demo(checkout):
    """Seconds and output of one `make demo`."""
    begin = time.monotonic()
    done = subprocess.run(
        ["make", "--no-print-directory", "demo"], cwd=checkout, capture_output=True, text=True, check=False
    )
    print(done.stdout, done.stderr)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return time.monotonic() - begin, done.stdout


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    checkout = copy_checkout(tmp_path_factory.mktemp("demo"))
    return checkout, *demo(checkout)


def test_from_bare_to_predictions_in_time(first):
    checkout, seconds, output = first
    print(f"make demo, first: {seconds:.0f} s")
    assert seconds < FIRST_SECONDS
    predictions = list((checkout / ".demo" / "data" / "predictions").glob("*/manifest.json"))
    assert sum(json.loads(path.read_text())["counts"]["rows_out"] for path in predictions) > 10_000
    for word in ("trained", "promoted", "champion", "predicted", ".demo/data/reports/index.html", "make ui"):
        assert word in output
    assert (checkout / ".demo/data/reports/index.html").stat().st_size > 1000


def test_the_second_time_is_quick_and_changes_no_model(first):
    checkout, _, _ = first
    models = {path: path.read_bytes() for path in (checkout / ".demo" / "data" / "models").rglob("*") if path.is_file()}
    seconds, _ = demo(checkout)
    print(f"make demo, again: {seconds:.0f} s")
    assert seconds < AGAIN_SECONDS
    assert {path: path.read_bytes() for path in models} == models


def processes_of(checkout):
    """The living processes that have to do with a checkout, by their arguments or their environment."""
    pids = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.name != str(os.getpid()) and any(
                f"{checkout}/".encode() in (process / name).read_bytes() for name in ("cmdline", "environ")
            ):
                pids.append(int(process.name))
    return pids


@contextlib.contextmanager
def ui(checkout):
    """`make ui` in a session of its own, whose servers have begun to start; gives it and its output's file."""

    def heed_signals():  # a test run that was sent to the background ignores some, and its children with it
        for number in (signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)

    with (checkout / "ui.log").open("w+") as log:
        make = subprocess.Popen(
            ["make", "--no-print-directory", "ui"],
            cwd=checkout, stdout=log, stderr=log, start_new_session=True, preexec_fn=heed_signals,  # noqa: PLW1509
        )  # fmt: skip
        end = time.monotonic() + 60 * BESIDE
        while len(processes_of(checkout)) < 8:  # the command, two keepers, MLflow, Airflow and its parts
            assert make.poll() is None, (checkout / "ui.log").read_text()
            assert time.monotonic() < end, (checkout / "ui.log").read_text()
            time.sleep(0.2)
        try:
            yield make, checkout / "ui.log"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(make.pid, signal.SIGKILL)
            make.wait()
            left = wait_until_none(checkout)
            for pid in left:
                os.kill(pid, signal.SIGKILL)


def wait_until_none(checkout, seconds=40 * BESIDE):
    """What is left of the checkout's processes when that time is over."""
    end = time.monotonic() + seconds
    while (left := processes_of(checkout)) and time.monotonic() < end:
        time.sleep(0.2)
    return left


def holder(checkout):
    """The process that the lock names."""
    return int((checkout / ".demo" / "lock").read_text().split()[0])


@pytest.mark.parametrize(
    ("who", "number"),
    [
        ("the command", signal.SIGTERM),
        ("the command", signal.SIGKILL),
        ("make", signal.SIGKILL),
        ("its terminal", signal.SIGHUP),
        ("its terminal", signal.SIGINT),
    ],
)
def test_no_server_outlives_the_command_that_started_it(first, who, number):
    checkout, _, _ = first
    with ui(checkout) as (make, log):
        if who == "its terminal":
            os.killpg(make.pid, number)
        else:
            os.kill(make.pid if who == "make" else holder(checkout), number)
        assert wait_until_none(checkout) == []
        assert "Traceback" not in log.read_text()


def test_pages_on_taken_ports_say_where_they_are_and_a_second_one_is_refused_with_the_way_out(first):
    """Both of one start, which costs half a minute."""
    checkout, _, _ = first
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # another program has it already, which is as good
            taken.bind(("127.0.0.1", 8080))
            taken.listen()
        with ui(checkout) as (_, log):
            assert "Port 8080 is taken by another program; Airflow gets port " in log.read_text()
            for target in ("ui", "demo"):
                refused = subprocess.run(["make", target], cwd=checkout, capture_output=True, text=True, check=False)
                assert refused.returncode == 2  # make's own
                assert f"`make ui` (process {holder(checkout)}) is using {checkout}/.demo/" in refused.stderr
                assert f"kill {holder(checkout)}" in refused.stderr
                assert "Traceback" not in refused.stderr


def test_a_server_that_does_not_start_is_named_with_its_log(first):
    checkout, _, _ = first
    database = checkout / ".demo" / "mlflow" / "mlflow.db"
    kept = database.read_bytes()
    database.write_bytes(b"no database at all, but long enough to be taken for one" * 100)
    try:
        done = subprocess.run(
            ["make", "ui"], cwd=checkout, capture_output=True, text=True, check=False, timeout=120 * BESIDE
        )
    finally:
        database.write_bytes(kept)
    assert done.returncode == 2
    assert f"MLflow did not start: it ended at once. Its log: {checkout}/.demo/mlflow.log" in done.stderr
    assert "file is not a database" in done.stderr
    assert 'Traceback (most recent call last):\n  File "' + str(checkout / "demo") not in done.stderr
    assert wait_until_none(checkout) == []


def test_a_data_root_that_is_a_link_to_nothing_is_told_in_words(first):
    checkout, _, _ = first
    data, kept = checkout / ".demo" / "data", checkout / ".demo" / "kept"
    data.rename(kept)
    data.symlink_to("/nowhere/data")
    try:
        done = subprocess.run(["make", "demo"], cwd=checkout, capture_output=True, text=True, check=False)
    finally:
        data.unlink()
        kept.rename(data)
    assert done.returncode == 2
    assert f"{data} is a link to /nowhere/data, which is not there: make that directory" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [("utf-16", "pipeline.toml: must be UTF-8"), ("latin-1", "pipeline.toml: must be UTF-8"), ("utf-8-sig", None)],
)
def test_the_configuration_may_begin_with_a_mark_and_must_be_utf8(first, content, message):
    checkout, _, _ = first
    shipped = checkout / "pipeline.toml"
    text = shipped.read_text(encoding="utf-8")
    shipped.write_bytes(f"# größer\r\n{text}".encode(content))
    words = "import demo; demo.configure(demo.week())"
    try:
        done = subprocess.run(
            [sys.executable, "-c", words], cwd=checkout / "demo", capture_output=True, text=True, check=False
        )
    finally:
        shipped.write_text(text, encoding="utf-8")
    assert done.returncode == (1 if message else 0), done.stderr
    if message:
        assert message in done.stderr
    else:
        assert (checkout / ".demo" / "pipeline.toml").read_text(encoding="utf-8").startswith("# größer\n")
