import os
import subprocess
import sys

import pytest

from socket_proxy import privileges

AFTER = """
import os, pathlib, sys
from socket_proxy import privileges
privileges.drop(pathlib.Path(sys.argv[1]))
print(os.getresuid(), os.getresgid(), os.getgroups())
try:
    os.setuid(0)
except PermissionError:
    print("root is gone for good")
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give root up")
def test_of_root_only_the_sockets_group_is_left(tmp_path):
    socket = tmp_path / "engine.sock"
    socket.touch()
    os.chown(socket, 0, 4242)
    output = subprocess.run(
        [sys.executable, "-c", AFTER, socket],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    ).stdout
    assert output.splitlines() == [f"{(65532,) * 3} {(65532,) * 3} [4242]", "root is gone for good"]


def test_a_process_without_root_keeps_what_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setattr(os, "setgroups", lambda _: pytest.fail("tried to change its groups"))
    privileges.drop(tmp_path / "absent.sock")
