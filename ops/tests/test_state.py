"""backup, restore, prune and down as commands of their own, beside other people's things."""

import fcntl
import json
import os
import subprocess

import pytest
from world import ROOT, World, empty, picture


@pytest.fixture
def world(tmp_path):
    """A stack that is up."""
    world = World(tmp_path)
    assert world.run(world.checkouts[0], "up")[0] == 0
    return world


@pytest.fixture
def ours(world):
    return world.checkouts[0]


def test_a_backup_is_never_made_where_something_is(world, ours):
    before = picture(world.nas)
    for name in ("", "photos", "notes.txt", "empty", "link", "dangling"):
        code, output = world.run(ours, "backup", f"TO={world.nas / name}")
        assert code
        assert "is there already, and is left as it is" in output
        assert "Traceback" not in output
        assert picture(world.nas) == before


def test_with_the_stack_down_an_older_backup_stays(world, ours):
    older = world.nas / "older"
    assert world.run(ours, "backup", f"TO={older}")[0] == 0
    world.run(ours, "down")
    before = picture(world.nas)
    for target in (older, world.nas / "deep" / "new"):
        assert world.run(ours, "backup", f"TO={target}")[0]
        assert picture(world.nas) == before


def test_a_backup_does_not_lie_in_what_it_copies(world, ours):
    code, output = world.run(ours, "backup", "TO=data/backup")
    assert code
    assert "must not lie in data" in output


def emptied(world, ours):
    world.run(ours, "down")
    for name in ("secrets", "postgres", "mlflow-artifacts", "airflow-logs", "airflow-mails"):
        subprocess.run(["rm", "-r", world.engine / "volumes" / f"microstep_{name}"], check=True)
    subprocess.run(["rm", "-r", ours / "data" / "raw", ours / "data" / ".backed-up"], check=True)


def test_what_a_restore_replaces_is_kept_and_data_come_back_behind_a_link_too(world, ours):
    backup = world.nas / "b"
    elsewhere = world.home / "disk"
    (ours / "data").rename(elsewhere)
    (ours / "data").symlink_to(elsewhere)
    rows = elsewhere / "raw/2026-01-01/data/part-00000.parquet"
    text = rows.read_text()
    assert world.run(ours, "backup", f"TO={backup}")[0] == 0
    subprocess.run(["mv", elsewhere / "raw", world.home / "away"], check=True)
    (ours / "data" / "raw").mkdir()
    emptied(world, ours)
    (ours / "pipeline.toml").write_text("edited since")
    code, output = world.run(ours, "restore", f"FROM={backup}")
    assert code == 0, output
    assert rows.read_text() == text
    assert (ours / "data").is_symlink()
    (kept,) = (ours / "backups").glob("before-restore-*/pipeline.toml")
    assert kept.read_text() == "edited since"
    assert (ours / "pipeline.toml").read_text() == (ROOT / "pipeline.toml").read_text()


def test_what_waited_in_the_broker_of_several_machines_keeps_no_backup_out_and_does_not_survive_it(world, ours):
    backup = world.nas / "b"
    assert world.run(ours, "backup", f"TO={backup}")[0] == 0
    emptied(world, ours)
    left = [world.engine / "volumes" / f"microstep_{name}" for name in ("broker", "worker")]
    others = world.engine / "volumes" / "shop_broker"
    for folder in (*left, others):
        folder.mkdir()
    code, output = world.run(ours, "restore", f"FROM={backup}")
    assert code == 0, output
    assert [folder.exists() for folder in (*left, others)] == [False, False, True]


def test_the_way_out_of_a_restore_that_is_refused_leaves_no_part_of_several_machines(world, ours):
    backup = world.nas / "b"
    assert world.run(ours, "backup", f"TO={backup}")[0] == 0
    code, output = world.run(ours, "restore", f"FROM={backup}")
    assert code
    assert "docker compose down --volumes --remove-orphans; " in output


@pytest.mark.parametrize("call", [5, 9, 15])
def test_on_the_half_of_a_backup_nothing_starts_and_the_way_out_works(world, ours, call):
    backup = world.nas / "b"
    assert world.run(ours, "backup", f"TO={backup}")[0] == 0
    emptied(world, ours)
    code, output = world.run(ours, "restore", f"FROM={backup}", kill=f"{call}:before:SIGKILL")
    if code == 0:
        return  # fewer calls than that
    if (ours / ".restoring").exists():
        code, output = world.run(ours, "up")
        assert code
        assert "was not finished" in output
        code, output = world.run(ours, "restore", f"FROM={backup}")
        assert code
        assert "the stack must be empty" in output
        for path in (world.engine / "volumes").glob("microstep_*"):
            subprocess.run(["rm", "-r", path], check=True)
        empty(ours)
        world.run(ours, "down")
    code, output = world.run(ours, "restore", f"FROM={backup}")
    assert code == 0, output


def test_a_backup_with_a_part_damaged_or_missing_is_refused_before_anything_is_touched(world, ours):
    backup = world.nas / "b"
    assert world.run(ours, "backup", f"TO={backup}")[0] == 0
    emptied(world, ours)
    before = picture(ours)
    content = (backup / "files.tar").read_bytes()
    for damaged in (content[:-1], content + b"x", None):
        file = backup / "files.tar"
        file.unlink() if damaged is None else file.write_bytes(damaged)
        code, output = world.run(ours, "restore", f"FROM={backup}")
        assert code
        assert "this backup is damaged" in output
    (backup / "files.tar").write_bytes(content)
    contents = json.loads((backup / "backup.json").read_text())
    del contents["files"]["airflow.dump"]
    (backup / "backup.json").write_text(json.dumps(contents))
    assert "does not name airflow.dump" in world.run(ours, "restore", f"FROM={backup}")[1]
    assert picture(ours) == before


def test_down_ends_the_steps_of_this_checkout_alone(world, ours):
    world.step_of(ours)
    world.step_of(world.checkouts[1])
    code, output = world.run(ours, "down")
    assert code == 0, output
    names = {json.loads(path.read_text())["name"] for path in (world.engine / "containers").iterdir()}
    assert names == {"database", "other-app-1", "by-hand", "microstep-train-2025-01-01", "microstep-train-theirs"}


def test_the_stack_of_another_checkout_is_left_alone(world, ours):
    before = picture(world.engine / "containers")
    for command in ("down", "up", "rotate", "prune KEEP_DAYS=9 YES=1", "backup TO=b"):
        code, output = world.run(world.checkouts[1], *command.split())
        assert code
        assert f"belongs to {ours}" in output
        assert picture(world.engine / "containers") == before


def test_prune_without_a_terminal_says_what_to_type(world, ours):
    code, output = world.run(ours, "prune", "KEEP_DAYS=90")
    assert code
    assert "make prune KEEP_DAYS=90 YES=1" in output
    assert "Traceback" not in output
    assert "Error 64" in output
    assert world.run(ours, "prune", "KEEP_DAYS=90", "YES=1")[0] == 0


def test_prune_tells_mlflow_which_models_are_there_and_takes_images_without_a_name(world, ours):
    for name in ("models/2026-01-01/model-0a.joblib", "models/2026-01-01/card-0b.json", "models/champion.json"):
        (ours / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (ours / "data" / name).write_text("x")
    code, output = world.run(ours, "prune", "KEEP_DAYS=90", "YES=1")
    assert code == 0, output
    assert "model files that are needed: ['models/2026-01-01/model-0a.joblib']" in output
    assert "images without a name: Total reclaimed space: 12MB" in output
    world.run(ours, "down")
    code, output = world.run(ours, "prune", "KEEP_DAYS=90", "YES=1")
    assert code == 0, output
    assert "model files" not in output


def test_prune_takes_no_run_when_it_cannot_see_the_models(world, ours, monkeypatch):
    (ours / "data" / "models" / "2026-01-01").mkdir(parents=True)
    (ours / "ops" / "sitecustomize.py").write_text(
        "import os\n"
        "before = os.scandir\n"
        "def scandir(path='.'):\n"
        "    if str(path).endswith('models/2026-01-01'):\n"
        "        raise PermissionError(13, 'Permission denied', str(path))\n"
        "    return before(path)\n"
        "os.scandir = scandir\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(ours / "ops"))
    code, output = world.run(ours, "prune", "KEEP_DAYS=90", "YES=1")
    assert code
    assert "data/models/2026-01-01: cannot be read, so nobody can tell which runs are needed" in output
    assert "model files" not in output


def test_a_copied_checkout_that_carries_the_path_of_the_old_one_does_not_start(world, ours):
    world.run(ours, "down")
    (world.checkouts[1] / ".env").write_text(f"MICROSTEP_HOST_ROOT={ours}\n")
    code, output = world.run(world.checkouts[1], "up")
    assert code
    assert f"is {ours} by .env, this checkout is {world.checkouts[1]}" in output


def test_up_writes_no_path_into_the_settings(world, ours):
    assert "MICROSTEP_HOST_ROOT" not in (ours / ".env").read_text()
    assert "MICROSTEP_USER" in (ours / ".env").read_text()


NAMES = ["with blanks", 'quo"te', "quo'te", "dol$lar", "tick`touch PWNED`", '"; touch PWNED; "', "-x"]


def test_a_backup_gets_the_very_name_that_was_typed(world, ours):
    for name in NAMES:
        before = picture(world.nas)
        code, said = world.run(ours, "backup", f"TO={name}" if name.startswith("-") else f"TO={world.nas / name}")
        assert code == 0, said
        assert ((ours if name.startswith("-") else world.nas) / name / "backup.json").is_file()
        assert {path.split("/")[0] for path in picture(world.nas)} - {path.split("/")[0] for path in before} <= {name}
    assert not (ours / "PWNED").exists()


def test_a_no_to_prune_is_no_yes(world, ours):
    for word in ("0", "no", "false", "n"):
        code, said = world.run(ours, "prune", "KEEP_DAYS=9", f"YES={word}")
        assert code
        assert "nothing was removed" in said
    assert world.run(ours, "prune", "KEEP_DAYS=9", "YES=yes")[0] == 0


def test_settings_in_another_encoding_go_with_a_backup_and_come_back_as_they_were(world, ours):
    text = b"# f\xfcr alle\nMICROSTEP_POOL_SLOTS=3\n"
    (ours / ".env").write_bytes(text)
    code, said = world.run(ours, "backup", f"TO={world.nas / 'new'}")
    assert code == 0, said
    world.run(ours, "down")
    world.wipe(ours)
    (ours / ".env").unlink()
    code, said = world.run(ours, "restore", f"FROM={world.nas / 'new'}")
    assert code == 0, said
    assert (ours / ".env").read_bytes() == text
    code, said = world.run(ours, "up")
    assert code == 0, said
    assert (ours / ".env").read_bytes().startswith(text)


def test_the_advice_about_what_a_killed_backup_left_takes_away_that_alone(world, ours):
    left = world.nas / ".my monday.partial-abc"
    left.mkdir()
    said = world.run(ours, "backup", f"TO={world.nas / 'new'}")[1]
    assert f"rm -r '{left}'" in said


def test_commands_that_need_all_state_do_not_meet(world, ours):
    before, nas = picture(ours), picture(world.nas)
    commands = (
        ["backup", f"TO={world.nas / 'new'}"],
        ["restore", f"FROM={world.nas}"],
        ["prune", "KEEP_DAYS=9", "YES=1"],
        ["rotate"],
        ["up"],
    )
    here = os.open(ours, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(here, fcntl.LOCK_EX)
        for words in commands:
            code, said = world.run(ours, *words)
            assert code, words
            assert "another make up, token, backup, restore, prune or rotate is at work here" in said
    finally:
        os.close(here)
    assert (picture(ours), picture(world.nas)) == (before, nas)
    assert world.run(ours, *commands[0])[0] == 0


def test_a_stack_that_is_up_is_not_migrated_and_what_is_comes_back_from_a_backup(world, ours):
    before = picture(ours / "data")
    code, output = world.run(ours, "migrate", "NAME=churn", "YES=1")
    assert code
    assert "the stack must be down" in output
    assert picture(ours / "data") == before
    world.run(ours, "down")
    code, output = world.run(ours, "migrate", "NAME=churn", "YES=1")
    assert code == 0, output
    assert world.run(ours, "up")[0] == 0
    backup = world.home / "monday"
    assert world.run(ours, "backup", f"TO={backup}")[0] == 0
    kept = {name: (ours / name).read_bytes() for name in ("pipelines/churn.toml", "secrets/sql/churn/url")}
    (ours / "data" / "churn").rename(ours / "data" / "raw")
    emptied(world, ours)
    (ours / "data" / "index.html").unlink()
    (ours / "pipelines" / "churn.toml").write_text("edited since")
    (ours / "pipelines" / "later.toml").write_text("later")
    code, output = world.run(ours, "restore", f"FROM={backup}")
    assert code == 0, output
    assert {name: (ours / name).read_bytes() for name in kept} == kept
    assert (ours / "data/churn/raw/2026-01-01/data/part-00000.parquet").exists()
    assert "pipelines/later.toml: is not in the backup, and stays as it is here" in output


def test_prune_goes_through_all_pipelines_or_one_and_keeps_the_models_of_all_in_mlflow(world, ours):
    world.run(ours, "down")
    assert world.run(ours, "migrate", "NAME=churn", "YES=1")[0] == 0
    (ours / "pipelines" / "orders.toml").write_text((ours / "pipelines" / "churn.toml").read_text())
    (ours / "data" / "orders" / "models" / "2026-01-01").mkdir(parents=True)
    (ours / "data" / "orders" / "models" / "2026-01-01" / "model-a.joblib").touch()
    code, output = world.run(ours, "prune", "KEEP_DAYS=90", "YES=1")
    assert code == 0, output
    assert output.index("churn:") < output.index("orders:")
    code, output = world.run(ours, "prune", "KEEP_DAYS=90", "YES=1", "PIPELINE=orders")
    assert code == 0, output
    assert "churn:" not in output
    code, output = world.run(ours, "prune", "KEEP_DAYS=90", "YES=1", "PIPELINE=gone")
    assert code
    assert "there are churn, orders" in output


@pytest.mark.parametrize("machines", [("b", "c"), ()])
def test_a_restore_names_the_machines_whose_tokens_it_makes_good_again(world, ours, machines):
    """One that was taken away after the backup, because somebody had stolen it, would be good without a word."""
    folder = world.engine / "volumes/microstep_secrets/cluster"
    folder.mkdir(exist_ok=True)
    known = {name: {"address": f"10.0.0.{number}", "password": "p"} for number, name in enumerate(("head", *machines))}
    (folder / "machines.json").write_text(json.dumps(known | {"scheduler": {"password": "p"}}))
    backup = world.nas / "b"
    assert world.run(ours, "backup", f"TO={backup}")[0] == 0
    emptied(world, ours)
    code, output = world.run(ours, "restore", f"FROM={backup}")
    assert code == 0, output
    assert ("the tokens of b, c are valid again" in output) == bool(machines)
    assert ("REVOKE" in output) == bool(machines)
