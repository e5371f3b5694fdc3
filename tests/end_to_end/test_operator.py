"""What an operator does by compose alone, or with another copy of the checkout, leaves the stack at work as it was."""

import os
import shutil
import subprocess
import sys

from stack import ROOT, copy_checkout, run_in

sys.path.append(str(ROOT / "ops" / "tests"))

from world import picture


def test_a_person_who_edits_pipeline_toml_keeps_the_containers_at_work(stack):
    def ids():
        return sorted(stack.run("docker", "compose", "ps", "--quiet").stdout.split())

    before, config = ids(), stack.checkout / "pipeline.toml"
    assert len(before) >= 7
    config.write_text(config.read_text() + "\n# a note\n")
    stack.run("sh", "-c", "echo '# a note' >> .env; touch data/a-file; touch secrets/sql/another")
    stack.run("make", "--no-print-directory", "up")
    stack.run("sh", "-c", "rm data/a-file secrets/sql/another")
    assert ids() == before


def test_a_copied_checkout_does_not_write_into_the_old_one_by_compose_alone(stack, tmp_path):
    copy = copy_checkout(tmp_path / "copy")
    before = picture(tmp_path)
    for home, words in (
        (stack.checkout, "must be this checkout, but"),
        (tmp_path / "nowhere", "bind source path does not exist"),
        ("", "must be the path of this checkout"),
    ):
        variables = {name: value for name, value in os.environ.items() if name != "PWD" or home}
        done = subprocess.run(
            ["docker", "compose", "--project-name=microstep-copy", "up", "--no-deps", "--abort-on-container-exit", "checkout"],
            cwd=copy, env=variables | {"MICROSTEP_HOST_ROOT": str(home)}, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode, home
        assert words in done.stdout + done.stderr
    run_in(copy, "docker", "compose", "--project-name=microstep-copy", "down", "--volumes")
    assert {name: told for name, told in picture(tmp_path).items() if name in before} == before
    assert not (tmp_path / "nowhere").exists()


def test_a_copy_with_its_data_does_not_take_the_first_ones_volumes_by_compose_alone(stack, tmp_path):
    """The id of the stack came along; only the folder tells that this is not the checkout which was moved."""
    copy = copy_checkout(tmp_path / "copy")
    shutil.copy2(stack.data / ".stack", copy / "data" / ".stack")
    mark = ("docker", "compose", "exec", "-T", "postgres", "cat", "/run/microstep/stack")
    before = stack.run(*mark).stdout
    variables = {name: value for name, value in os.environ.items() if not name.startswith("MICROSTEP_")}
    done = subprocess.run(
        ["docker", "compose", "run", "--rm", "--no-deps", "checkout"],
        cwd=copy, env=variables | {"PWD": str(copy)}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 78, done.stderr
    assert "a copy, or moved to another disk" in done.stdout + done.stderr
    assert stack.run(*mark).stdout == before
