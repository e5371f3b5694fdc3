"""dev/test: which suites run, and what is said of those that do not."""

import importlib.util
import threading
import time
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

FILE = Path(__file__).parents[1] / "test"


@pytest.fixture
def program(monkeypatch):
    loader = SourceFileLoader("suites", str(FILE))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("suites", loader))
    monkeypatch.setitem(__import__("sys").modules, "suites", module)  # dataclasses look their module up
    loader.exec_module(module)
    return module


@pytest.mark.parametrize("must_run", [False, True])
@pytest.mark.parametrize(("asked", "word"), [(False, "skipped"), (True, "passed")])
def test_a_long_suite_runs_when_it_is_asked_for_and_is_told_of_else(program, asked, must_run, word):
    suite = program.Suite("machines", lambda out: True, lambda: None, long="an hour")
    name, told, note = program.outcome(suite, asked=asked, must_run=must_run, streamed=True)
    assert (name, told) == ("machines", word)
    assert (note == "takes an hour, so only when asked for: make test-machines") is (word == "skipped")


def test_what_a_machine_lacks_is_told_also_of_a_long_suite(program):
    suite = program.Suite("machines", lambda out: True, lambda: "no FUSE", long="an hour")
    assert program.outcome(suite, asked=True, must_run=False, streamed=True) == ("machines", "skipped", "no FUSE")


def test_several_machines_are_among_the_suites_and_take_long(program):
    (suite,) = [suite for suite in program.SUITES if suite.name == "machines"]
    assert suite.long


def run_of(begun, seconds=0.0):
    """Runs a suite: keeps when it began and ended."""

    def run(suite):
        begun[suite.name] = [time.monotonic()]
        time.sleep(seconds)
        begun[suite.name].append(time.monotonic())
        return suite.name, "passed", ""

    return run


def suites_of(program, **after):
    return [program.Suite(name, lambda out: True, lambda: None, after=earlier) for name, earlier in after.items()]


def test_a_suite_begins_when_those_before_it_have_ended_and_others_do_not_wait_for_it(program):
    begun = {}
    suites = suites_of(program, images=(), stack=("images",), mine=())
    results = program.side_by_side(suites, run_of(begun, 0.2))
    assert [name for name, _, _ in results] == ["images", "stack", "mine"]
    assert begun["stack"][0] >= begun["images"][1]
    assert begun["mine"][0] < begun["images"][1]


def test_what_was_not_asked_for_is_not_waited_for(program):
    begun = {}
    program.side_by_side(suites_of(program, stack=("images", "escape")), run_of(begun))
    assert set(begun) == {"stack"}


def test_no_more_suites_than_lanes_run_at_a_time(program):
    most, now, lock = 0, 0, threading.Lock()

    def run(suite):
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.05)
        with lock:
            now -= 1
        return suite.name, "passed", ""

    program.side_by_side(suites_of(program, **{f"s{number}": () for number in range(8)}), run)
    assert most == program.LANES


def test_when_a_suite_breaks_dev_test_itself_the_others_still_run_and_it_is_told(program):
    begun = {}

    def run(suite):
        if suite.name == "images":
            raise OSError("no disk")
        return run_of(begun)(suite)

    with pytest.raises(OSError, match="no disk"):
        program.side_by_side(suites_of(program, images=(), stack=("images",), mine=()), run)
    assert set(begun) == {"stack", "mine"}


def test_every_suite_waits_only_for_those_above_it_so_that_all_begin_at_some_time(program):
    above = set()
    for suite in program.SUITES:
        assert set(suite.after) <= above, suite.name
        above.add(suite.name)


def test_suites_that_have_the_same_containers_never_run_at_once(program):
    after = {suite.name: set(suite.after) for suite in program.SUITES}
    assert "escape" in after["end-to-end"]
    assert {"escape", "end-to-end", "conformance", "growth"} == {
        name for name, earlier in after.items() if "images" in earlier
    }


def test_a_part_whose_types_are_wrong_is_told_also_when_the_cache_is_warm(program, tmp_path, monkeypatch):
    monkeypatch.setattr(program, "MYPY_CACHE", tmp_path / "cache")
    python = program.ROOT / ".venvs" / "dev" / "bin" / "python"
    module = tmp_path / "module.py"
    with (tmp_path / "log").open("w+") as log:
        for text, right in (("a: int = 1\n", True), ("a: int = ''\n", False), ("a: int = 1\n", True)):
            module.write_text(text)
            assert program.types(log, python, str(tmp_path), ("module.py",), "") is right


@pytest.mark.parametrize(("asked", "machines"), [([], "passed"), (["short", "machines"], "failed")])
def test_what_nobody_asked_for_leaves_what_was_said_of_it_before(program, tmp_path, monkeypatch, asked, machines):
    suites = [
        program.Suite("short", lambda out: True, lambda: None),
        program.Suite("machines", lambda out: False, lambda: None, long="an hour"),
    ]
    monkeypatch.setenv("MICROSTEP_TEST_BESIDE", "")
    monkeypatch.setattr(program, "SUITES", suites)
    monkeypatch.setattr(program, "ROOT", tmp_path)
    monkeypatch.setattr(program.records, "clean_tree", lambda root: "state")
    monkeypatch.setattr(program.sys, "argv", ["dev/test", *asked])
    program.records.write(tmp_path, "state", {"machines": "passed"})
    assert program.main() == (machines == "failed")
    assert program.records.read(tmp_path, "state") == {"machines": machines, "short": "passed"}
