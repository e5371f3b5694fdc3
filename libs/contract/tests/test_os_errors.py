"""A disk that takes no more: the kernel's own limit on the size of a file stands for every one of its errors."""

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from contract.errors import code_for
from contract.os_errors import explain, naming

WRITES = """
import os
import sys
import pyarrow as pa
from pathlib import Path
from contract.atomic import replace_file
from contract.steps.cli import main
from contract.steps.options import Step
from contract.datasets.publish import DatasetWriter

rows = pa.table({"x": [os.urandom(8).hex() for _ in range(50_000)]})

def work(run):
    kind = sys.argv.pop()
    if kind == "pointer":
        replace_file(run.layout.champion, b"x" * 1_000_000)
    with DatasetWriter(run.layout.model(run.day), form="csv" if kind == "csv" else "parquet") as writer:
        if kind in ("csv", "parquet"):
            writer.write(rows)
        else:
            writer.file("model", "model.joblib").write_bytes(b"x" * 1_000_000)

kind = sys.argv.pop()
options = sys.argv[1:]
sys.argv.append(kind)
sys.exit(main(Step("train", Path("."), "", work), options))
"""


def short_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("csv", r"models/2026-01-01/.staging-*/part-00000.csv"),
        ("parquet", r"models/2026-01-01/.staging-*/part-00000.parquet"),
        ("file", r"models/2026-01-01/.staging-*/model.joblib"),
        ("pointer", r"models/champion.json"),
    ],
)
def test_whatever_is_written_the_error_names_the_file_and_what_to_do(tmp_path, config_file, kind, name):
    (tmp_path / "data").mkdir()
    options = ["--day", "2026-01-01", "--data-root", str(tmp_path / "data"), "--config", str(config_file), kind]
    done = subprocess.run(
        [sys.executable, "-c", WRITES, *options],
        capture_output=True, text=True, check=False, preexec_fn=short_files,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    assert done.returncode == 73, done.stderr
    line = done.stderr.splitlines()[-1]
    named = Path(line.partition("ERROR train: ")[2].partition(": File too large: ")[0])
    assert named.match(name), line
    assert "raise the limit on the size of files (ulimit -f)" in line
    assert line.endswith("then run this again: nothing is half-written, and what was there before is kept")
    assert [path.name for path in (tmp_path / "data").rglob("*") if path.is_file() and path.stat().st_size] == []


@pytest.mark.parametrize(
    ("number", "code", "remedy"),
    [
        (errno.ENOSPC, 73, "x.parquet: No space left on device: make room on its disk (df -h {path}; df -i {path})"),
        (errno.EDQUOT, 73, "x.parquet: Disk quota exceeded: user {user} has used up the quota on its disk"),
        (errno.EROFS, 73, "x.parquet: Read-only file system: mount its disk writable"),
        (errno.ENOLCK, 74, "x.parquet: No locks available: its file system gives no locks"),
        (errno.EIO, 74, "x.parquet: Input/output error: its disk may be failing"),
    ],
)
def test_each_error_of_a_disk_says_what_to_do(tmp_path, number, code, remedy):
    with pytest.raises(OSError) as raised, naming(tmp_path / "gone" / "x.parquet"):
        raise OSError(number, "some library's words")
    assert code_for(raised.value) == code
    assert remedy.format(path=tmp_path, user=os.getuid()) in explain(raised.value)


def test_a_name_that_an_error_has_stays_and_a_renames_second_one_is_told(tmp_path):
    error = OSError(errno.ENOSPC, "full", str(tmp_path / ".staging"), None, str(tmp_path / "manifest.json"))
    with pytest.raises(OSError), naming(tmp_path / "other"):
        raise error
    assert explain(error).startswith(f"{tmp_path}/manifest.json: No space left on device: ")


def test_an_error_of_a_network_is_given_no_files_name(tmp_path):
    error = ConnectionRefusedError(errno.ECONNREFUSED, "refused")
    with pytest.raises(ConnectionRefusedError), naming(tmp_path / "model.joblib"):
        raise error
    assert error.filename is None
    assert explain(error) == "[Errno 111] refused"
