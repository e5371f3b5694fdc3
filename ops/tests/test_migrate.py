"""`make migrate`: the lone pipeline.toml gets a name; nothing is lost, whenever it is killed."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from pipelines.migrate import NO_LONGER, decided, migrate, moves, name_in_file, why_not
from pipelines.places import MIGRATING, SECRETS, has_settings, names

from pipelines import migrate as command

TEXT = '[pipeline]\nname = "My Churn"\n[table]\nname = "no"\n'
FILES = {
    "data/.stack": "id",
    "data/.gitignore": "*",
    "data/notes.txt": "a person's",
    "data/raw/2026-01-01/data/manifest.json": "raw",
    "data/models/champion.json": "champion",
    "data/ledger.jsonl": "ledger",
    "data/.locks/train": "lock",
    "data/inbox/labels/x.csv": "labels",
    "secrets/sql/url": "url",
    "secrets/sql/README.md": "read",
    "secrets/models/key": "key",
    "secrets/tls/key.pem": "tls",
    "pipeline.toml": TEXT,
}
STAY = ("data/.stack", "data/.gitignore", "data/notes.txt", "secrets/sql/README.md", "secrets/tls/key.pem")


@pytest.fixture
def root(tmp_path):
    """A checkout of an earlier version."""
    (tmp_path / "pipelines").mkdir()
    for folder in SECRETS:
        (tmp_path / folder).mkdir(parents=True)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def files(root):
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


def moved(name):
    if name in STAY:
        return name
    if name == "pipeline.toml":
        return "pipelines/churn.toml"
    top, _, rest = name.partition("/")
    return f"data/churn/{rest}" if top == "data" else name.replace("/url", "/churn/url").replace("/key", "/churn/key")


EXPECTED = {**{moved(name): text for name, text in FILES.items()}, "pipeline.toml": NO_LONGER}


def test_everything_of_the_pipeline_moves_and_nothing_else(root):
    assert why_not("churn", root) == ""
    migrate("churn", root)
    assert files(root) == EXPECTED
    assert names(root) == ("churn",)
    assert not has_settings(root)


def test_what_is_shown_is_what_is_done(root):
    shown = {(str(source.relative_to(root)), str(target.relative_to(root))) for source, target in moves("churn", root)}
    assert shown == {
        *((f"data/{name}", f"data/churn/{name}") for name in ("inbox", "raw", "models", "ledger.jsonl", ".locks")),
        ("secrets/sql/url", "secrets/sql/churn/url"),
        ("secrets/models/key", "secrets/models/churn/key"),
    }


class Killed(BaseException):
    """As a kill: nothing after it is done."""


CHANGES = ("rename", "replace", "write_bytes", "write_text", "unlink", "mkdir", "chmod")


def counted(monkeypatch, number):
    """Be killed before the change of this number, and raise nothing when there are fewer."""
    left = [number]

    def before(function):
        def change(*words, **more):
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return function(*words, **more)

        return change

    for name in CHANGES:
        if hasattr(Path, name):
            monkeypatch.setattr(Path, name, before(getattr(Path, name)))
    monkeypatch.setattr(os, "replace", before(os.replace))
    return left


def test_one_that_is_killed_anywhere_is_gone_on_with_to_the_same_end(root, tmp_path_factory, monkeypatch):
    killed = 0
    while True:
        home = tmp_path_factory.mktemp("killed")
        for name, text in files(root).items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)
        (home / "pipelines").mkdir(exist_ok=True)
        with monkeypatch.context() as patch:
            counted(patch, killed)
            try:
                migrate("churn", home)
                break
            except Killed:
                pass
        half = files(home)
        # while data/ is half moved, a mark stands, so that nothing starts on it
        assert set(half) >= {MIGRATING} or half in (files(root), EXPECTED)
        if has_settings(home) or (home / MIGRATING).exists():
            assert decided("" if MIGRATING in half else "churn", home) == "churn"
            assert why_not("churn", home) == ""
            migrate("churn", home)
        assert {name: text for name, text in files(home).items() if not name.endswith(".new")} == EXPECTED
        killed += 1
    assert killed > 10


def test_another_name_does_not_go_on_with_one_that_was_killed(root, capsys):
    (root / MIGRATING).write_text("churn\n")
    with pytest.raises(SystemExit):
        decided("orders", root)
    assert "NAME: must be churn, with which a migration began that did not end" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (TEXT, "my_churn"),
        ("[table]\nname = 'x'\n", "microstep"),
        ('[pipeline]  # names\n# name = "old"\nname = "a"\n', "a"),
        ("[pipeline]\nname = '2024'\n", ""),
        (f'[pipeline]\nname = "{"long" * 20}"\n', ("long" * 20)[:31]),
    ],
)
def test_the_name_is_like_the_one_for_mlflow(root, text, name):
    (root / "pipeline.toml").write_text(text)
    assert name_in_file(root) == name


def test_where_no_name_can_be_made_one_is_asked_for(root, capsys):
    (root / "pipeline.toml").write_text("[pipeline]\nname = '2024'\n")
    with pytest.raises(SystemExit):
        decided("", root)
    assert "make migrate NAME=churn" in capsys.readouterr().err


def test_there_is_nothing_to_migrate_without_settings(root, capsys):
    (root / "pipeline.toml").write_text("# none\n")
    with pytest.raises(SystemExit):
        decided("", root)
    assert "there is nothing to migrate" in capsys.readouterr().err


def test_nothing_that_is_there_is_replaced(root):
    (root / "data" / "churn" / "raw").mkdir(parents=True)
    assert "data/churn/raw: is there, and so is" in why_not("churn", root)
    assert why_not("orders", root) == ""
    (root / "pipelines" / "orders.toml").write_text("another")
    assert "pipelines/orders.toml: is there, and another one" in why_not("orders", root)


def test_data_on_another_disk_than_the_secrets_is_moved_all_the_same(root):
    """`data` may be a link to a larger disk; a secret is renamed on its own."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        shutil.move(root / "data", Path(other) / "data")
        (root / "data").symlink_to(Path(other) / "data")
        (root / "secrets" / "sql" / "sql_url").write_text("x")
        assert why_not("churn", root) == ""


def test_a_link_is_not_moved_to_where_it_leads_elsewhere(root):
    (root / "data" / "ledger.jsonl").rename(root / "ledger")
    (root / "data" / "ledger.jsonl").symlink_to("../ledger")
    assert "must be no link" in why_not("churn", root)


def test_the_things_of_other_pipelines_stay(root):
    migrate("churn", root)
    (root / "pipeline.toml").write_text('[pipeline]\nname = "second"\n')
    (root / "data" / "raw").mkdir()
    (root / "secrets" / "sql" / "url").write_text("second")
    assert why_not("second", root) == ""
    migrate("second", root)
    assert (root / "data" / "churn" / "raw" / "2026-01-01").is_dir()
    assert (root / "secrets" / "sql" / "churn" / "url").read_text() == "url"
    assert (root / "secrets" / "sql" / "second" / "url").read_text() == "second"
    assert names(root) == ("churn", "second")


def test_nobody_s_answer_changes_nothing(root, monkeypatch, capsys):
    monkeypatch.setattr("builtins.input", lambda _: "n")
    assert not command.agreed("churn", list(moves("churn", root)), root)
    assert files(root) == FILES
    assert "data/raw -> data/churn/raw" in capsys.readouterr().out
