import socket
import subprocess
import sys
from pathlib import Path

import doctor
from machine.findings import Finding

SCRIPT = Path(doctor.__file__)


def test_a_lack_is_printed_with_what_to_type():
    text = doctor.lines(Finding("port 5000", "taken", "echo X=1 >> .env"))
    assert text.splitlines() == ["  lacks  port 5000: taken", "         type: echo X=1 >> .env"]


def test_a_note_does_not_look_like_a_lack():
    assert doctor.lines(Finding("memory", "6 GiB", "add some", needed=False)).startswith("  note   memory")
    assert doctor.lines(Finding("memory", "16 GiB")) == "  ok     memory: 16 GiB"


def test_this_checkout_is_known_by_whatever_way_leads_there(tmp_path):
    (tmp_path / "link").symlink_to(doctor.ROOT)
    assert doctor.same_directory(str(tmp_path / "link"))
    assert not doctor.same_directory(str(tmp_path))
    assert not doctor.same_directory("/nowhere")
    assert not doctor.same_directory("")


def test_a_listening_program_is_seen():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert doctor.listens(port)
    assert not doctor.listens(port)


def test_a_file_closed_to_others_is_seen(tmp_path):
    file = tmp_path / "pipeline.toml"
    file.touch(mode=0o644)
    assert doctor.open_to_all(file)
    file.chmod(0o640)
    assert not doctor.open_to_all(file)


def test_without_a_docker_command_it_says_so_and_fails(tmp_path):
    done = subprocess.run(
        [sys.executable, SCRIPT], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "no docker command" in done.stdout
    assert "must be put right first" in done.stderr


def test_the_demo_does_not_ask_for_an_engine(tmp_path):
    command = [sys.executable, SCRIPT, "--only", "demo"]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "engine" not in done.stdout
