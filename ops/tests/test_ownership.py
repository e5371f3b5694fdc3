"""Two checkouts on one engine, one of them down: its volumes stay its own."""

import re
import shutil
import subprocess

import pytest
from world import World, picture


@pytest.fixture
def world(tmp_path):
    """`ours` has been up, and is down."""
    world = World(tmp_path)
    assert world.run(world.checkouts[0], "up")[0] == 0
    assert world.run(world.checkouts[0], "down")[0] == 0
    return world


def test_the_volumes_of_a_checkout_that_is_down_are_not_another_ones(world):
    ours, theirs = world.checkouts
    backup = world.nas / "b"
    world.run(ours, "up")
    assert world.run(ours, "backup", f"TO={backup}")[0] == 0
    world.run(ours, "down")
    before = picture(world.engine / "volumes"), picture(theirs)
    for command in ("up", "rotate", "prune KEEP_DAYS=9 YES=1", "backup TO=b", f"restore FROM={backup}", "doctor"):
        code, words = world.run(theirs, *command.split())
        assert code, command
        assert f"type: make -C {ours} up (or" in words
        assert "--volumes" not in words
        assert (picture(world.engine / "volumes"), picture(theirs)) == before
    assert world.run(ours, "up")[0] == 0


def test_who_says_that_data_has_taken_the_others_place_is_believed(world):
    theirs = world.checkouts[1]
    _, words = world.run(theirs, "up")
    subprocess.run(["sh", "-c", re.search(r"echo \w+ > data/.stack", words)[0]], cwd=theirs, check=True)
    # the first one still has that id: of two only one can be meant
    code, words = world.run(theirs, "up")
    assert code
    command = re.search(r"rm [^ )]+/data/.stack", words)[0]
    subprocess.run(["sh", "-c", command], check=True)
    assert world.run(theirs, "up")[0] == 0


def test_the_half_of_a_restore_is_not_thrown_away_together_with_the_volumes_of_another_checkout(world):
    theirs = world.checkouts[1]
    (theirs / ".restoring").write_text("/srv/backups/monday\n")
    code, words = world.run(theirs, "up")
    assert code
    assert "rm -rf .restoring" in words
    assert "--volumes" not in words


def test_a_checkout_that_was_moved_with_its_data_on_another_disk_keeps_its_volumes(world):
    ours = world.checkouts[0]
    moved, disk = world.home / "moved", world.home / "disk"
    ours.rename(moved)
    (moved / "data").rename(disk)
    (moved / "data").symlink_to(disk)
    code, words = world.run(moved, "up")
    assert code == 0, words


def test_a_copy_is_not_the_one_that_it_was_copied_from(world):
    ours = world.checkouts[0]
    copy = world.home / "copy"
    shutil.copytree(ours, copy, symlinks=True)
    code, words = world.run(copy, "up")
    assert code
    assert f"were last up in {ours}\n         type: make -C {ours} up (or" in words


def test_a_copy_goes_on_once_the_first_one_is_gone(world):
    """Moved to another disk is a copy of which the first one was removed."""
    ours = world.checkouts[0]
    copy = world.home / "copy"
    shutil.copytree(ours, copy, symlinks=True)
    shutil.rmtree(ours)
    code, words = world.run(copy, "up")
    assert code == 0, words
    assert world.volumes_are_of(copy)


def test_a_stack_of_an_earlier_version_is_adopted_with_a_word(world):
    ours = world.checkouts[0]
    (ours / "data" / ".stack").unlink()
    (world.engine / "volumes" / "microstep_secrets" / "stack").unlink()
    code, words = world.run(ours, "up")
    assert code == 0
    assert "the volumes have no stack id yet" in words
    assert world.volumes_are_of(ours)


def test_a_restore_makes_a_stack_of_its_own(world):
    ours, theirs = world.checkouts
    backup = world.nas / "b"
    world.run(ours, "up")
    assert world.run(ours, "backup", f"TO={backup}")[0] == 0
    world.run(ours, "down")
    for path in (world.engine / "volumes").glob("microstep_*"):
        shutil.rmtree(path)
    shutil.rmtree(theirs / "data" / "raw")
    code, words = world.run(theirs, "restore", f"FROM={backup}")
    assert code == 0, words
    assert world.volumes_are_of(theirs)
    assert not world.volumes_are_of(ours)
    assert world.run(theirs, "up")[0] == world.run(theirs, "down")[0] == 0
    assert world.run(ours, "up")[0]


def test_a_second_checkout_comes_up_beside_the_first_one_under_the_name_that_it_is_told(world):
    ours, theirs = world.checkouts
    assert world.run(ours, "up")[0] == 0
    code, words = world.run(theirs, "up")
    assert code
    command = re.search(r"echo MICROSTEP_PROJECT=[\w-]+ >> .env", words)[0]
    assert command == "echo MICROSTEP_PROJECT=microstep-theirs >> .env"
    before = picture(world.engine / "containers"), picture(world.engine / "volumes")
    subprocess.run(["sh", "-c", command], cwd=theirs, check=True)
    code, words = world.run(theirs, "up")
    assert code == 0, words
    for folder, there in zip(("containers", "volumes"), before, strict=True):
        after = picture(world.engine / folder)
        assert {name: after.get(name) for name in there} == there
        assert len(after) > len(there)
    # each ends its own
    assert world.run(ours, "down")[0] == 0
    names = [file.read_text() for file in (world.engine / "containers").iterdir()]
    assert any("microstep-theirs-postgres-1" in text for text in names)
    assert not any("microstep-postgres-1" in text for text in names)


def test_a_checkout_that_has_volumes_keeps_them_and_is_not_given_empty_ones_under_another_name(world):
    ours = world.checkouts[0]
    (ours / ".env").write_text("MICROSTEP_PROJECT=shop\n")
    before = picture(world.engine / "volumes")
    code, words = world.run(ours, "up")
    assert code
    assert "MICROSTEP_PROJECT: is shop, but data/ belongs to the volumes of microstep" in words
    assert picture(world.engine / "volumes") == before
    subprocess.run(["sh", "-c", re.search(r"sed -i /MICROSTEP_PROJECT/d .env", words)[0]], cwd=ours, check=True)
    assert world.run(ours, "up")[0] == 0
