"""Whether pipeline.toml can be read, asked before anything starts that would only break over it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from checkout.ending import CONFIGURATION, MISSING
from checkout.settings import ROOT, environment

CHECK = ("-m", "contract.config")


def what_is_wrong(file: Path = ROOT / "pipeline.toml", root: Path = ROOT) -> str:
    """The message that a step would end with; empty when there is none.

    By an environment of a part, which the demo makes. Where there is none yet, only whether it is TOML is known.
    """
    for python in sorted((root / ".venvs").glob("*/bin/python")):
        variables = os.environ | {"PYTHONPATH": str(root / "libs" / "contract")}
        done = subprocess.run([python, *CHECK, file], env=variables, capture_output=True, text=True, check=False)
        if done.returncode in (0, CONFIGURATION, MISSING):
            return done.stderr.strip() if done.returncode else ""
    return _no_toml(file)


def what_is_wrong_in_a_container() -> str:
    """The same by the image of a step, for a machine that has nothing but an engine."""
    command = ["docker", "compose", "run", "--rm", "--no-deps", "-T", "--entrypoint", "python", "generate"]
    command += [*CHECK, "/config/pipeline.toml"]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    # compose has a word of its own before it
    said = done.stderr.strip().rpartition("/config/pipeline.toml: ")[2]
    return f"{ROOT / 'pipeline.toml'}: {said}" if done.returncode in (CONFIGURATION, MISSING) else ""


def _no_toml(file: Path) -> str:
    try:
        import tomllib
    except ImportError:  # Python 3.10, which doctor refuses
        return ""
    try:
        tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return f"{file}: not there; git checkout pipeline.toml brings the shipped one back"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return f"{file}: must be TOML in UTF-8, is not: {error}"
    return ""
