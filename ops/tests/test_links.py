"""Links in data/ that a backup cannot follow: named, with a way out that works, before anything is written."""

import contextlib
import re
import subprocess

import pytest
from archives import links


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    root = tmp_path / "checkout"
    (root / "data" / "raw").mkdir(parents=True)
    (root / "data" / "raw" / "rows").write_text("1")
    monkeypatch.setattr(links, "ROOT", root)
    return root


def backup_in(folder):
    folder.mkdir(parents=True)
    (folder / "backup.json").write_text("{}")
    (folder / "files.tar").write_text("")


def troubles(target, capsys):
    with contextlib.suppress(SystemExit):
        links.must_be_copyable(target)
    return capsys.readouterr().err


def link(path, target):
    path.symlink_to(target)


KINDS = {
    "dangling": lambda root: link(root / "data/x", "/nowhere"),
    "to itself": lambda root: link(root / "data/x", "x"),
    "to its folder": lambda root: link(root / "data/x", "."),
    "to a folder above": lambda root: link(root / "data/raw/x", root / "data"),
    "to the checkout": lambda root: link(root / "data/x", root),
    "to the place of the backups": lambda root: link(root / "data/x", root / "backups"),
    "to what holds it": lambda root: link(root / "data/x", root.parent),
    "to a backup": lambda root: link(root / "data/x", root / "backups/monday"),
    "to where older backups are": lambda root: link(root / "data/x", root.parent / "nas"),
    "behind another link": lambda root: (link(root.parent / "disk/y", "/nowhere"), link(root / "data/x", root.parent / "disk")),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_link_that_cannot_be_followed_is_named_and_the_way_out_works(checkout, capsys, kind):
    for folder in (checkout / "backups/monday", checkout.parent / "nas/old/friday"):
        backup_in(folder)
    (checkout.parent / "disk").mkdir()
    target = checkout / "backups" / "new"
    KINDS[kind](checkout)
    words = troubles(target, capsys)
    assert re.search(r"^data/(raw/)?x", words)
    assert words.endswith("no backup was made\n")
    for command in set(re.findall(r"rm \S+", words)):
        subprocess.run(["sh", "-c", command], cwd=checkout, check=True)
    assert troubles(target, capsys) == ""
    assert (checkout / "data/raw/rows").read_text() == "1"
    assert (checkout / "backups/monday/files.tar").exists()


def test_a_backup_that_lies_in_data_is_named_and_the_way_out_works(checkout, capsys):
    backup_in(checkout / "data" / "old copy")
    words = troubles(checkout.parent / "new", capsys)
    command = words.splitlines()[0].partition("move it out: ")[2]
    subprocess.run(["sh", "-c", command], cwd=checkout, check=True)
    assert troubles(checkout.parent / "new", capsys) == ""


def test_data_whose_disk_is_not_mounted_is_no_empty_backup(checkout, capsys):
    (checkout / "data").rename(checkout / "away")
    link(checkout / "data", "/nowhere")
    assert "data: leads to /nowhere, where nothing is" in troubles(checkout.parent / "new", capsys)


def test_links_to_what_can_be_copied_are_followed(checkout, capsys):
    disk = checkout.parent / "disk"
    (disk / "more").mkdir(parents=True)
    (checkout / "data").rename(disk / "data")
    link(checkout / "data", disk / "data")
    link(disk / "data" / "more", disk / "more")
    link(disk / "data" / "again", disk / "more")
    # beside the data, on the same disk
    assert troubles(disk / "backups" / "new", capsys) == ""
