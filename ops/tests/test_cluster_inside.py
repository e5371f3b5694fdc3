"""What runs in a container of its own finds there all that it imports."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cluster import inside

OPS = Path(__file__).parents[1]
STARTS = [*OPS.parent.glob("docker-compose*.yml"), OPS / "cluster/inside.py"]
MODULES = sorted({name for file in STARTS for name in re.findall(r"\bcluster\.[a-z_]+\b", file.read_text())})


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    """/tools, as these containers have it."""
    folder = tmp_path_factory.mktemp("tools")
    for name in inside._TOOLS:
        (shutil.copytree if (OPS / name).is_dir() else shutil.copy)(OPS / name, folder / name)
    return folder


def test_what_is_run_in_a_container_is_found():
    assert {"cluster.keep", "cluster.accept", "cluster.ask_head"} <= {*MODULES}


@pytest.mark.parametrize("module", MODULES)
def test_a_program_in_a_container_needs_nothing_but_its_tools_and_python(tools, module):
    command = [sys.executable, "-S", "-c", f"import {module}"]
    done = subprocess.run(command, cwd=tools, env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_compose_mounts_the_same_tools():
    mounted = re.findall(r"\./ops/(\S+):/tools/", (OPS.parent / "docker-compose.celery.yml").read_text())
    assert sorted(mounted) == sorted(inside._TOOLS)
