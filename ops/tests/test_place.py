"""What of .env and secrets/ belongs to a place stays there when a backup of another one comes."""

import pytest
from archives.place import without_local
from world import World


@pytest.mark.parametrize("text", ["", "A=1\n", "\n# MICROSTEP_USER=1:1\nA=1"])
def test_settings_that_go_with_a_backup_stay_as_they_are(text):
    assert without_local(text) == text


def test_what_belongs_to_a_place_does_not_go_with_a_backup():
    text = "A=1\nMICROSTEP_HOST_ROOT=/x\n export MICROSTEP_USER = 1:1\r\nMICROSTEP_ENGINE_ELSEWHERE: true\nB=2\nMICROSTEP_USER=2:2"
    assert without_local(text) == "A=1\nB=2\n"


@pytest.fixture
def world(tmp_path):
    """`ours` with a backup in `nas`, then emptied."""
    world = World(tmp_path)
    ours = world.checkouts[0]
    world.run(ours, "up")
    assert world.run(ours, "backup", f"TO={world.nas / 'plain'}")[0] == 0
    (ours / ".env").write_text("MICROSTEP_POOL_SLOTS=3\nMICROSTEP_USER=7:7")
    assert world.run(ours, "backup", f"TO={world.nas / 'set'}")[0] == 0
    world.run(ours, "down")
    world.wipe(ours)
    return world


@pytest.mark.parametrize(("backup", "begin"), [("plain", ""), ("set", "MICROSTEP_POOL_SLOTS=3\n")])
def test_a_restore_keeps_the_lines_of_this_place_and_tells_of_all_else(world, backup, begin):
    ours = world.checkouts[0]
    local = f"MICROSTEP_USER=1234:1234\nMICROSTEP_HOST_ROOT={ours}\n"
    (ours / ".env").write_text(f"{local}MICROSTEP_STEP_CPUS=4\n")
    (ours / "secrets" / "sql" / "another").write_text("made since")
    code, words = world.run(ours, "restore", f"FROM={world.nas / backup}")
    assert code == 0, words
    assert (ours / ".env").read_text() == f"{begin}{local}"
    assert ".env: what was here is kept as backups/before-restore-" in words
    assert "secrets/sql/another: is not in the backup, and stays as it is here" in words
    assert (ours / "secrets" / "sql" / "another").read_text() == "made since"


def test_where_neither_has_settings_a_restore_makes_none(world):
    ours = world.checkouts[0]
    (ours / ".env").unlink()
    assert world.run(ours, "restore", f"FROM={world.nas / 'plain'}")[0] == 0
    assert not (ours / ".env").exists()
