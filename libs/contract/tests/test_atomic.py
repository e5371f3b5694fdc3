import os
import stat

import pytest

from contract.atomic import replace_file


def test_a_file_is_replaced_and_readable_by_all(tmp_path):
    replace_file(tmp_path / "new" / "f", b"1")
    replace_file(tmp_path / "new" / "f", b"2")
    assert (tmp_path / "new" / "f").read_bytes() == b"2"
    assert stat.S_IMODE((tmp_path / "new" / "f").stat().st_mode) == 0o644


def test_a_failed_replacement_keeps_the_old_file_and_no_other(tmp_path, monkeypatch):
    replace_file(tmp_path / "f", b"1")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(tmp_path / "f", b"2")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("f", b"1")]
