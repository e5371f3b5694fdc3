"""The lock that keeps two commands of make apart."""

import errno
import fcntl
import os

import pytest
from checkout import one_at_a_time as module
from checkout.one_at_a_time import one_at_a_time


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    (tmp_path / "Makefile").write_text("all:\n")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return tmp_path


@pytest.fixture
def nfs(monkeypatch):
    """Locks only what is open for writing, as NFS does on Linux."""
    real = fcntl.flock

    def flock(handle, kind):
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        real(handle, kind)

    monkeypatch.setattr(fcntl, "flock", flock)


def refused():
    with pytest.raises(SystemExit) as ended, one_at_a_time():
        pass
    return ended.value.code


def test_the_second_one_is_refused_until_the_first_has_ended(checkout):
    with one_at_a_time():
        assert refused() == 75
    with one_at_a_time():
        pass


def test_so_it_is_where_a_folder_cannot_be_locked(checkout, nfs):
    with one_at_a_time():
        assert refused() == 75
    with one_at_a_time():
        pass
    assert [path.name for path in checkout.iterdir()] == ["Makefile"], "nothing is left"


def test_a_file_system_without_locks_is_told(checkout, monkeypatch):
    def flock(handle, kind):
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(OSError, match="see make check-shared"), one_at_a_time():
        pass
