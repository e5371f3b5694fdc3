"""dev/test: which suites run, and what is said of those that do not."""

import importlib.util
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
