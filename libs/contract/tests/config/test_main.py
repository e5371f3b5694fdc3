import subprocess
import sys

import pytest

from contract.config.__main__ import main


def test_a_file_that_can_be_read_is_no_more_than_that(config_file, capsys):
    assert main([str(config_file)]) == 0
    assert capsys.readouterr() == ("", "")


def test_of_several_files_each_that_is_wrong_is_told(config_file, tmp_path, capsys):
    (tmp_path / "bad.toml").write_text("[table")
    (tmp_path / "none.toml").write_text("# comments alone\n")
    files = [tmp_path / "bad.toml", config_file, tmp_path / "none.toml"]
    assert main([str(file) for file in files]) == 78
    bad, none = capsys.readouterr().err.splitlines()
    assert bad.startswith(f"{files[0]}: ")
    assert none == (
        f"{files[2]}: must have settings, has none; where pipelines/ has files, name one: MICROSTEP_PIPELINE=name"
    )


@pytest.mark.parametrize(("content", "code"), [(b"[table", 78), (None, 66)])
def test_what_is_wrong_is_told_with_the_code_of_a_step(tmp_path, content, code):
    file = tmp_path / "mine.toml"
    if content is not None:
        file.write_bytes(content)
    done = subprocess.run([sys.executable, "-m", "contract.config", file], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stderr.startswith(f"{file}: ")
