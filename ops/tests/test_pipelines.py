"""Several pipelines in one checkout: which a command is about, what is wrong with one, a page over all."""

import os

import pipeline_file
import pytest
from machine.checks import judge_files
from machine.findings import Machine
from pipeline_file import what_is_wrong_in
from pipelines.new import must_be_nobodys
from pipelines.places import OF_THE_DATA_ROOT, all_of, chosen, good_name, has_settings, make_folders, names, those
from pipelines.reports import refresh_index, write_index
from up import files_must_be_readable

from pipelines import places

TEXT = (pipeline_file.ROOT / "pipeline.toml").read_text()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Makes a checkout with the pipelines of these names."""
    for folder in ("pipelines", "data", *places.SECRETS):
        (tmp_path / folder).mkdir(parents=True)
    variables = {places.PIPELINE: ""}
    monkeypatch.setattr(places, "settings", lambda: variables)

    def checkout(*pipelines, variable=""):
        (tmp_path / "pipeline.toml").write_text("# none\n" if pipelines else TEXT)
        for name in pipelines:
            make_folders(name, tmp_path)
            (tmp_path / "pipelines" / f"{name}.toml").write_text(TEXT.replace('name = "microstep"', f'name = "{name}"'))
        variables[places.PIPELINE] = variable
        monkeypatch.setattr(places, "all_of", lambda: all_of(tmp_path))
        return tmp_path

    return checkout


def test_while_there_is_no_file_pipeline_toml_is_the_only_one(checkout):
    checkout()
    assert (chosen(None), those(None)) == ("", ("",))


def test_with_one_alone_no_word_is_needed(checkout):
    checkout("churn")
    assert chosen(None) == chosen("churn") == "churn"


def test_with_several_one_must_be_named_or_be_the_usual_one(checkout, capsys):
    checkout("churn", "orders")
    with pytest.raises(SystemExit) as end:
        chosen(None)
    assert end.value.code == 64
    assert capsys.readouterr().err == "PIPELINE: must be one of churn, orders; write PIPELINE=churn\n"
    assert chosen("orders") == "orders"
    checkout("churn", "orders", variable="orders")
    assert chosen(None) == "orders"
    assert those(None) == ("churn", "orders")


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (("churn",), "PIPELINE: must be a file in pipelines/, got 'gone'; there are churn"),
        ((), "PIPELINE: must be a file in pipelines/, got 'gone'; there is none, so leave PIPELINE out"),
    ],
)
def test_one_that_is_not_there_is_refused_with_those_that_are(checkout, capsys, there, said):
    checkout(*there)
    with pytest.raises(SystemExit) as end:
        chosen("gone")
    assert end.value.code == 64
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", ["Churn", "a-b", "1a", "", "a" * 32, *OF_THE_DATA_ROOT])
def test_a_name_that_is_none_or_one_of_the_data_roots_own_is_refused(name, capsys):
    with pytest.raises(SystemExit):
        good_name(name)
    assert "NAME: must be [a-z][a-z0-9_]{0,30}" in capsys.readouterr().err


def test_a_pipelines_folders_are_made_once_and_kept(checkout):
    root = checkout("churn")
    (root / "data" / "churn" / "rows").touch()
    make_folders("churn", root)
    assert (root / "data" / "churn" / "rows").exists()
    assert (root / "secrets" / "sql" / "churn").is_dir()


def test_a_pipelines_data_can_be_read_by_the_status_whatever_the_umask(checkout):
    root = checkout("churn")
    before = os.umask(0o077)
    try:
        make_folders("orders", root)
    finally:
        os.umask(before)
    assert (root / "data" / "orders").stat().st_mode & 0o777 == 0o755
    assert (root / "secrets" / "sql" / "orders").stat().st_mode & 0o777 == 0o700
    (root / "data" / "churn").chmod(0o750)
    make_folders("churn", root)
    assert (root / "data" / "churn").stat().st_mode & 0o777 == 0o750, "somebody's own word"


@pytest.mark.parametrize("text", ["", "\n", "# a word\n\n  # another\n"])
def test_comments_are_no_settings(checkout, text):
    root = checkout("churn")
    (root / "pipeline.toml").write_text(text)
    assert not has_settings(root)
    (root / "pipeline.toml").write_text(f"{text}\n[table")
    assert has_settings(root)


def test_nothing_is_wrong_with_good_files(checkout):
    root = checkout("churn", "orders")
    assert what_is_wrong_in(names(root), root) == {}


def test_what_is_wrong_with_each_file_is_told(checkout):
    root = checkout("churn", "orders", "third", "fourth", "fifth")
    folder = root / "pipelines"
    (folder / "churn.toml").write_text("[table")
    (folder / "orders.toml").rename(folder / "Orders.toml")
    (root / "data" / "third").rmdir()
    (folder / "fifth.toml").write_text((folder / "fourth.toml").read_text())
    (root / "pipeline.toml").write_text(TEXT)
    found = what_is_wrong_in(names(root), root)
    assert set(found) == {"pipeline.toml", *(f"pipelines/{name}.toml" for name in names(root))}
    assert "must be TOML" in found["pipelines/churn.toml"]
    assert "rename it" in found["pipelines/Orders.toml"]
    assert "make new NAME=third" in found["pipelines/third.toml"]
    assert "got 'fourth' in pipelines/fifth.toml, pipelines/fourth.toml" in found["pipelines/fifth.toml"]
    assert "make migrate" in found["pipeline.toml"]


def test_a_stack_starts_without_the_pipelines_that_are_wrong_but_not_without_any():
    machine = Machine((3, 13), has_venv=True, free_disk=0, pipelines=("churn", "orders"))
    wrong = {"pipelines/churn.toml": "broken"}
    assert [finding.lacks for finding in judge_files(machine)] == [False]
    some = Machine((3, 13), has_venv=True, free_disk=0, pipelines=("churn", "orders"), wrong_pipelines=wrong)
    assert [(finding.subject, finding.lacks) for finding in judge_files(some)] == [
        ("pipelines/", False),
        ("pipelines/churn.toml", False),
    ]
    none = Machine((3, 13), has_venv=True, free_disk=0, pipelines=("churn",), wrong_pipelines=wrong)
    assert [finding.lacks for finding in judge_files(none)] == [True, False]


def test_no_stack_starts_with_a_pipeline_toml_beside_other_pipelines(checkout, monkeypatch, capsys):
    root = checkout("churn")
    (root / "pipeline.toml").write_text(TEXT)
    machine = Machine((3, 13), has_venv=True, free_disk=0, pipelines=("churn",), wrong_pipelines={"pipeline.toml": "x"})
    assert [finding.lacks for finding in judge_files(machine)] == [False, True]
    monkeypatch.setattr("pipelines.places.has_settings", lambda *_: has_settings(root))
    monkeypatch.setattr("up.names", lambda: names(root))
    with pytest.raises(SystemExit) as end:
        files_must_be_readable()
    assert end.value.code == 78
    assert "make migrate" in capsys.readouterr().err


def test_a_new_pipeline_has_a_name_that_no_other_has_for_mlflow(checkout, monkeypatch, capsys):
    root = checkout("churn")
    file = root / "pipelines" / "churn.toml"
    file.write_text(file.read_text().replace("churn", "orders"))
    monkeypatch.setattr("pipelines.new.names", lambda: names(root))
    monkeypatch.setattr("pipelines.new.file_of", lambda name: root / "pipelines" / f"{name}.toml")
    with pytest.raises(SystemExit):
        must_be_nobodys("orders")
    assert "churn.toml has pipeline.name = 'orders' already; give another NAME=" in capsys.readouterr().err


def test_a_new_pipeline_begins_with_nothing_of_one_before(checkout, monkeypatch, capsys):
    root = checkout()
    monkeypatch.setattr("pipelines.new.data_of", lambda name: root / "data" / name)
    (root / "data" / "orders" / "inbox").mkdir(parents=True)
    must_be_nobodys("orders")  # as this command leaves it when it is killed
    (root / "data" / "orders" / "models").mkdir()
    with pytest.raises(SystemExit):
        must_be_nobodys("orders")
    assert "data/orders: has models of a pipeline before" in capsys.readouterr().err


def test_a_page_that_cannot_be_written_stops_nothing(monkeypatch, capsys):
    def refused():
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pipelines.reports.write_index", refused)
    refresh_index()
    assert "data/index.html: cannot be written, so it stays as it is: Permission denied" in capsys.readouterr().err


def test_nothing_starts_while_a_migration_is_half_done():
    [finding] = judge_files(Machine((3, 13), has_venv=True, free_disk=0, migrating="churn"))
    assert (finding.lacks, finding.remedy) == (True, "make migrate")


def test_the_page_over_all_pipelines_leads_to_the_newest_of_each(checkout):
    root = checkout("churn", "orders")
    for day in ("2026-01-01", "2026-01-02"):
        folder = root / "data" / "churn" / "reports" / "predict" / day
        folder.mkdir(parents=True)
        (folder / "manifest.json").touch()
        (folder / f"report-{day}.html").touch()
    (root / "data" / "churn" / "reports" / "index.html").touch()
    page = write_index(root)
    text = page.read_text()
    assert page == root / "data" / "index.html"
    assert '<a href="churn/reports/index.html">churn</a>' in text
    assert '<a href="churn/reports/predict/2026-01-02/report-2026-01-02.html">2026-01-02</a>' in text
    assert "2026-01-01" not in text
    assert "<td>orders<td>none yet<td>none yet" in text


def test_a_lone_pipelines_own_page_is_the_only_one(checkout):
    root = checkout()
    assert write_index(root) is None
    assert not (root / "data" / "index.html").exists()
