"""A promotion that is killed at any write is finished by whoever comes next, or was never begun."""

import os

import pytest

import validate.judgement
from contract.layout import Layout
from contract.models.champion import read_pointer
from contract.models.ledger import last_in_use
from validate.champion.pointer import pointer_fits

CALLS = ("pwrite", "ftruncate", "replace", "fsync")


def dies_at(number, work):
    """Run in a child that ends without a word at its n-th call that writes; False when there were fewer."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    count = 0

    def dying(call):
        def called(*args, **options):
            nonlocal count
            count += 1
            if count == number:
                os._exit(9)
            return call(*args, **options)

        return called

    for name in CALLS:
        setattr(os, name, dying(getattr(os, name)))
    try:
        work()
    finally:
        os._exit(0)


@pytest.fixture
def two(project, monkeypatch):
    """A champion, and a better model that waits for its judgement."""
    # what the report shows is not tried here, and it would be drawn dozens of times
    monkeypatch.setattr(validate.judgement, "training_report", lambda *given: ("<html></html>", {}))
    project.configure("resamples = 99")
    old = project.trained("2026-01-02", "bad")
    assert project.validate() == 0
    return old, project.trained("2026-01-03", "good")


def agree(project):
    """Ledger, pointer and manifest tell of the same champion, and the chain holds."""
    line = last_in_use(project.ledger())
    assert project.champion == line.model
    assert read_pointer(Layout(project.root).champion).line == line.hash
    assert pointer_fits(Layout(project.root), line)


def test_killed_at_any_write_the_same_day_run_again_ends_as_if_nothing_had_been(project, two):
    old, new = two
    before = project.snapshot()
    number, seen = 0, set()
    while True:
        number += 1
        restore(project, before)
        if not dies_at(number, lambda: project.validate(day="2026-01-03")):
            break
        assert project.champion in (old, new)
        seen.add((len(project.ledger()), project.champion == new))
        assert project.validate(day="2026-01-03") == 0
        assert project.champion == new
        assert [(line.before, line.model) for line in project.ledger()] == [(None, old), (old, new)]
        agree(project)
    assert number > 15
    # killed before the line, between line and pointer, and after the pointer
    assert seen == {(1, False), (2, False), (2, True)}


def test_killed_at_any_write_the_run_of_another_day_finishes_what_the_ledger_says(project, two):
    old, new = two
    before = project.snapshot()
    number, finished = 0, 0
    while True:
        number += 1
        restore(project, before)
        if not dies_at(number, lambda: project.validate(day="2026-01-03")):
            break
        begun = len(project.ledger()) == 2
        assert project.validate(day="2026-01-02") == 0
        assert project.champion == (new if begun else old)
        finished += begun
        agree(project)
    assert 0 < finished < number


def test_killed_at_any_write_a_rollback_is_finished_or_was_never_begun(project, two):
    old, new = two
    assert project.validate(day="2026-01-03") == 0
    before = project.snapshot()
    number = 0
    while True:
        number += 1
        restore(project, before)
        if not dies_at(number, lambda: project.run("rollback")):
            break
        begun = len(project.ledger()) == 3
        assert project.validate(day="2026-01-03") == 0
        assert project.champion == (old if begun else new)
        agree(project)
    assert number > 4


def test_two_validations_at_once_decide_one_after_the_other(project, two):
    old, _ = two
    project.trained("2026-01-01", "fine")
    children = []
    for day in ("2026-01-01", "2026-01-03"):
        child = os.fork()
        if not child:
            code = 70
            try:
                code = project.validate("--force", day=day)
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) in (0, 80) for child in children] == [True, True]
    lines = project.ledger()
    assert (lines[0].decision, lines[0].model) == ("promoted", old)
    assert {line.day for line in lines[1:]} == {"2026-01-01", "2026-01-03"}
    # whoever was second was compared with what the first left
    left = lines[1].model if lines[1].decision == "promoted" else old
    assert lines[2].before == left
    agree(project)


def restore(project, snapshot):
    for name in project.snapshot():
        if name not in snapshot:
            (project.root / name).unlink()
    for name, content in snapshot.items():
        (project.root / name).write_bytes(content)
