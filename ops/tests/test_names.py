"""The name of a stack: how compose spells it, and what becomes of a stack whose name was changed."""

import re
import subprocess

import pytest
from world import World, picture

NAMES = pytest.mark.parametrize(("old", "new"), [("shop", "store"), ("shop", ""), ("", "shop")])


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def named(checkout, name):
    (checkout / ".env").write_text(f"MICROSTEP_PROJECT={name}\n" if name else "")


def type_in(checkout, command):
    subprocess.run(["sh", "-c", command], cwd=checkout, check=True)


@NAMES
def test_a_stack_that_is_up_under_an_older_name_is_named_and_both_ways_out_work(world, old, new):
    ours = world.checkouts[0]
    named(ours, old)
    assert world.run(ours, "up")[0] == 0
    before = picture(world.engine / "containers"), picture(world.engine / "volumes")
    named(ours, new)
    for command in ("down", "up", "backup", "prune KEEP_DAYS=1 YES=1", "rotate", "doctor"):
        code, words = world.run(ours, *command.split())
        assert code, f"{command}: the stack is not stopped, or a second one works in the same data/"
        assert f"but this checkout's stack is on the engine under the name {old or 'microstep'}" in words
        assert "another program listens" not in words
    assert (picture(world.engine / "containers"), picture(world.engine / "volumes")) == before
    again = re.search(r"to go on with it: (.*)\)", words)[1]
    type_in(ours, again)
    assert world.run(ours, "up")[0] == 0
    named(ours, new)
    stop = re.search(r"type: (MICROSTEP_PROJECT=\w+) make down ", words)[1]
    code, words = world.run(ours, "down", stop)
    assert code == 0, words
    assert not any("postgres" in file.read_text() for file in (world.engine / "containers").iterdir())


@NAMES
def test_volumes_that_data_has_under_an_older_name_are_not_replaced_by_empty_ones(world, old, new):
    ours = world.checkouts[0]
    named(ours, old)
    assert world.run(ours, "up")[0] == world.run(ours, "down")[0] == 0
    before = picture(world.engine / "volumes")
    named(ours, new)
    for made_by_a_run in (False, True):
        if made_by_a_run:
            (world.engine / "volumes" / f"{new or 'microstep'}_secrets").mkdir()
        for command in ("doctor", "up"):
            code, words = world.run(ours, command)
            assert code
            assert f"is {new or 'microstep'}, but data/ belongs to the volumes of {old or 'microstep'}" in words
    (world.engine / "volumes" / f"{new or 'microstep'}_secrets").rmdir()
    assert picture(world.engine / "volumes") == before
    type_in(ours, re.search(r"type: (.*?) \(to rename", words)[1])
    assert world.run(ours, "up")[0] == 0
    assert picture(world.engine / "volumes").keys() == before.keys()


def test_a_copy_of_data_gets_volumes_of_its_own_once_it_is_said_to_be_one(world):
    ours = world.checkouts[0]
    named(ours, "shop")
    assert world.run(ours, "up")[0] == world.run(ours, "down")[0] == 0
    named(ours, "store")
    _, words = world.run(ours, "up")
    type_in(ours, re.search(r"data/ is a copy\? then: (.*)\)", words)[1])
    assert world.run(ours, "up")[0] == 0


def test_a_name_that_compose_spells_otherwise_is_one_name_for_make(world):
    ours = world.checkouts[0]
    named(ours, "My Shop")
    assert world.run(ours, "up")[0] == 0
    assert any('"name": "myshop-postgres-1"' in file.read_text() for file in (world.engine / "containers").iterdir())
    assert world.run(ours, "down")[0] == 0
    assert not any("myshop" in file.read_text() for file in (world.engine / "containers").iterdir())
