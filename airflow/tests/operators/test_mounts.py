from functools import partial
from pathlib import Path

import pytest

from microstep_airflow.operators.mounts import is_current, was_replaced

SOURCE = "/srv/microstep/pipeline.toml"
MOUNTED = Path("/config/pipeline.toml")


@pytest.fixture
def current(tmp_path):
    """Whether MOUNTED shows SOURCE, where the kernel lists this root and filesystem for the mount there."""

    def ask(root, filesystem="ext4", source=SOURCE, path=MOUNTED, question=is_current):
        table = tmp_path / "mountinfo"
        lines = ["21 1 0:20 / / rw - overlay overlay rw"]
        if root is not None:
            lines.append(f"22 21 254:0 {root} {path} ro,relatime master:1 - {filesystem} /dev/vda rw,discard")
        table.write_text("\n".join([*lines, ""]))
        return question(path, source, table)

    return ask


def test_a_mount_that_has_its_name_still_is_current(current):
    assert current("/srv/microstep/pipeline.toml")


@pytest.mark.parametrize(
    "root",
    ["/srv/microstep/pipeline.toml//deleted", "/srv/microstep/pipeline.toml~", "/srv/microstep.old/pipeline.toml"],
    ids=["another was renamed over it", "it was renamed", "its folder was renamed"],
)
def test_one_that_was_replaced_on_the_host_is_not(current, root):
    assert not current(root)


@pytest.mark.parametrize("root", ["/microstep/pipeline.toml", "/pipeline.toml", "/@volume/srv/microstep/pipeline.toml"])
def test_the_filesystem_may_begin_elsewhere_than_the_host(current, root):
    assert current(root)


def test_a_name_with_blanks_is_found(current):
    assert current(r"/srv/my\040pipeline/pipeline.toml", source="/srv/my pipeline/pipeline.toml")


@pytest.mark.parametrize("filesystem", ["fuse.grpcfuse", "virtiofs", "nfs4", "fuse"])
def test_where_others_rename_files_unseen_a_file_is_not_certain(current, filesystem):
    assert not current(SOURCE, filesystem)


@pytest.mark.parametrize("filesystem", ["fuse", "fuse.mfs", "nfs4", "ceph"])
def test_a_folder_that_machines_share_is_current_since_its_files_are_found_by_their_names(
    current, filesystem, tmp_path
):
    folder = tmp_path / "pipelines"
    folder.mkdir()
    ask = partial(current, source="/srv/microstep/pipelines", path=folder, filesystem=filesystem)
    assert ask("/microstep/pipelines")
    assert not ask("/microstep/pipelines//deleted"), "it was replaced, and this kernel has learnt of it"
    assert not ask("/microstep.old/pipelines")


def test_of_a_file_system_that_is_not_known_a_folder_is_not_certain_either(current, tmp_path):
    assert not current(str(tmp_path), "virtiofs", source=str(tmp_path), path=tmp_path)


def test_on_the_host_itself_a_file_is_found_by_its_name(current):
    assert current(None, path=Path(SOURCE))


def test_what_is_no_mount_of_its_own_within_a_container_is_not_certain(current):
    assert not current(None)


@pytest.mark.parametrize(
    ("root", "certain"),
    [
        ("/srv/microstep/pipeline.toml//deleted", True),
        ("/srv/microstep/pipeline.toml~", True),
        ("/srv/microstep/pipeline.toml", False),
        ("/etc/microstep.toml", False),
        ("/", False),
        (None, False),
    ],
    ids=["another was renamed over it", "kept as a backup", "in its place", "a link", "a file system", "no mount"],
)
def test_only_what_lost_its_name_was_certainly_replaced(current, root, certain):
    assert current(root, question=was_replaced) is certain


def test_a_data_root_that_is_a_file_system_of_its_own_is_neither_current_nor_replaced(current):
    data = "/srv/microstep/data"
    assert not current("/", source=data)
    assert not current("/", source=data, question=was_replaced)
